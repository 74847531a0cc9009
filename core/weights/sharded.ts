/**
 * Checkpoints in several files: `model.safetensors.index.json` or `pytorch_model.bin.index.json` names the file of each
 * tensor in its `weight_map`.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import { sha256 } from "../sha256.ts";
import { RandomFile } from "./file.ts";
import { hashFile } from "./hash.ts";
import type { WeightTensor } from "./tensor.ts";

/** Indexes beyond this are none: the largest published ones have a few hundred kilobytes. */
const MAX_INDEX = 64e6;

/** Whether a path names the index of a checkpoint in several files. */
export function isShardIndex(path: string): boolean {
  return path.endsWith(".json");
}

interface ShardIndex {
  /** File by tensor. */
  readonly places: ReadonlyMap<string, string>;
  /** Paths by file name, in order of first mention. */
  readonly paths: ReadonlyMap<string, string>;
}

/** @throws InputError where it is no index, names files elsewhere, or names files that are not there. */
function readIndex(path: string): ShardIndex {
  const refuse = (why: string): never => {
    throw new InputError(`Cannot read weights "${path}": ${why}`);
  };
  const file = new RandomFile(path);
  if (file.size > MAX_INDEX) refuse(`an index of ${file.size} bytes is none`);
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.read(0, file.size, "the index")));
  } catch (error) {
    refuse(`it is not JSON (${messageOf(error)})`);
  }
  const map = typeof index === "object" && index !== null && "weight_map" in index ? index.weight_map : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    return refuse("it is no index of a checkpoint in several files: it has no weight_map");
  }
  const places = new Map<string, string>(), paths = new Map<string, string>();
  for (const [tensor, name] of Object.entries(map)) {
    // An index may come from anywhere; the files it names lie beside it.
    if (typeof name !== "string" || !/^[\w.+-]+$/.test(name) || name.startsWith(".")) {
      refuse(`tensor "${tensor}" lies in ${JSON.stringify(name)}, and a plain file name is needed`);
    }
    places.set(tensor, name);
    paths.set(name, join(dirname(path), name));
  }
  const absent = [...paths].filter(([, place]) => !isFile(place)).map(([name]) => name);
  if (absent.length > 0) {
    refuse(`${absent.length} of its ${paths.size} files are not beside it: ${absent.join(", ")}; fetch them too`);
  }
  return { places, paths };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * The tensors of a checkpoint in several files, in the order of its index.
 *
 * @param open opens one of the files.
 * @throws InputError also where index and files do not name the same tensors.
 */
export function readSharded(
  path: string,
  open: (path: string) => Map<string, WeightTensor>,
): Map<string, WeightTensor> {
  const { places, paths } = readIndex(path);
  const shards = new Map([...paths].map(([name, place]) => [name, open(place)]));
  const tensors = new Map<string, WeightTensor>();
  for (const [tensor, name] of places) {
    const found = shards.get(name)!.get(tensor);
    if (found === undefined) throw new InputError(`Cannot read weights "${path}": "${name}" holds no "${tensor}"`);
    tensors.set(tensor, found);
  }
  for (const [name, shard] of shards) {
    const unnamed = [...shard.keys()].find((tensor) => places.get(tensor) !== name);
    if (unnamed !== undefined) {
      throw new InputError(
        `Cannot read weights "${path}": "${name}" holds "${unnamed}", which the index does not name`,
      );
    }
  }
  return tensors;
}

/**
 * Lower-case hex sha256 of a checkpoint: of the file, or, for an index, of its own hash and those of all its files.
 *
 * @throws InputError where a file cannot be read.
 */
export async function hashWeights(path: string): Promise<string> {
  if (!isShardIndex(path)) return await hashFile(path);
  const hashes = [await hashFile(path)];
  for (const place of readIndex(path).paths.values()) hashes.push(await hashFile(place));
  return await sha256(hashes.join("\n"));
}
