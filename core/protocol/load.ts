import { fromFileUrl, join } from "@std/path";
import { parse as parseYaml } from "@std/yaml";
import { InputError, messageOf, suggest } from "../errors.ts";
import { parseFamily, type ProtocolFamily } from "./parse.ts";
import { type AnyProtocol, isDense, type Protocol } from "./types.ts";

/** The folder of the protocols that come with this project. */
export function protocolFolder(): string {
  return fromFileUrl(new URL("../../benchmarks/_protocols", import.meta.url));
}

/** One line of {@linkcode listProtocols}. */
export interface ProtocolEntry {
  readonly name: string;
  readonly title: string;
  readonly family: string;
  /** The family's name stands for this protocol. */
  readonly isDefault: boolean;
  readonly protocol: AnyProtocol;
}

const families = new Map<string, Promise<ProtocolFamily>>();

function loadFamily(folder: string, name: string): Promise<ProtocolFamily> {
  const path = join(folder, `${name}.yaml`);
  const known = families.get(path);
  if (known) return known;
  const loading = (async () => {
    const text = await Deno.readTextFile(path);
    let value: unknown;
    try {
      value = parseYaml(text);
    } catch (error) {
      throw new InputError(`Cannot read protocol file ${path}: ${messageOf(error)}`);
    }
    return parseFamily(value, name);
  })();
  families.set(path, loading);
  return loading;
}

async function familyNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.endsWith(".yaml")) names.push(entry.name.slice(0, -".yaml".length));
    }
  } catch (error) {
    throw new InputError(`Cannot read the protocol folder ${folder}: ${messageOf(error)}`);
  }
  return names.sort();
}

/**
 * Every protocol, families in alphabetical order, variants in file order.
 *
 * @throws InputError where a file is broken: file, protocol, key and reason
 */
export async function listProtocols(folder: string = protocolFolder()): Promise<ProtocolEntry[]> {
  const all = await Promise.all((await familyNames(folder)).map((name) => loadFamily(folder, name)));
  return all.flatMap((family) =>
    family.protocols.map((protocol) => ({
      name: protocol.name,
      title: protocol.title,
      family: family.name,
      isDefault: protocol.name === family.default,
      protocol,
    }))
  );
}

/**
 * A protocol by name (`geoaware-840-point`) or by family (`geoaware`: the family's default). The result carries the
 * canonical name.
 *
 * @throws InputError for an unknown name, with the nearest one, and for a broken file
 */
export async function loadAnyProtocol(name: string, folder: string = protocolFolder()): Promise<AnyProtocol> {
  const names = await familyNames(folder);
  // A name nearly always begins with its family's: looking there first parses one file, not all of them.
  const likely = names.filter((family) => name === family || name.startsWith(`${family}-`))
    .sort((a, b) => b.length - a.length);
  const others = names.filter((family) => !likely.includes(family));
  const seen: string[] = [];
  for (const familyName of [...likely, ...others]) {
    const family = await loadFamily(folder, familyName);
    const wanted = name === familyName ? family.default : name;
    const found = family.protocols.find((protocol) => protocol.name === wanted);
    if (found) return found;
    seen.push(familyName, ...family.protocols.map((protocol) => protocol.name));
  }
  throw new InputError(`Cannot find protocol "${name}"${suggest(name, [...new Set(seen)])}`);
}

/**
 * {@linkcode loadAnyProtocol} for callers that judge keypoints.
 *
 * @throws InputError also for a protocol of dense predictions
 */
export async function loadProtocol(name: string, folder: string = protocolFolder()): Promise<Protocol> {
  const protocol = await loadAnyProtocol(name, folder);
  if (!isDense(protocol)) return protocol;
  throw new InputError(`Cannot judge keypoints under "${protocol.name}": it judges dense predictions`);
}
