/**
 * What the tests of benchmark plugins share.
 *
 * @module
 */
import { basename, dirname, fromFileUrl, join } from "@std/path";
import { readCard } from "../../card.ts";
import { InputError } from "../../errors.ts";
import { encodeJpeg, encodePng } from "../../image/encode.ts";
import type {
  Benchmark,
  BenchmarkContext,
  BenchmarkPlugin,
  Card,
  OptionsOf,
  OptionSpecs,
  OptionValue,
} from "../../types.ts";

/** Builds a plugin from its own folder on the data in `root`, with default options save those given. */
export async function openBenchmark<S extends OptionSpecs>(
  plugin: BenchmarkPlugin<S>,
  moduleUrl: string,
  root: string,
  options: { readonly [name: string]: OptionValue } = {},
): Promise<Benchmark> {
  const unknown = Object.keys(options).filter((name) => !(name in plugin.defaults));
  if (unknown.length > 0) throw new TypeError(`no option ${unknown.join(", ")}`);
  const values = Object.fromEntries(
    Object.entries(plugin.defaults).map(([name, spec]) => [name, options[name] ?? spec.value]),
  );
  const context: BenchmarkContext = { card: await cardOf(moduleUrl), root, log: () => {} };
  return await plugin.build(context, values as OptionsOf<S>);
}

/** The card beside a module, checked as the registry checks it. */
export async function cardOf(moduleUrl: string): Promise<Card> {
  const folder = dirname(fromFileUrl(moduleUrl));
  return await readCard("benchmark", folder, basename(folder), "");
}

/** Runs `fn` with a fresh folder that is removed afterwards. */
export async function inTempFolder<T>(fn: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = Deno.makeTempDirSync({ prefix: "sc-data-" });
  try {
    return await fn(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Writes a file and the folders above it. */
export function put(path: string, content: string | Uint8Array): void {
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  if (typeof content === "string") Deno.writeTextFileSync(path, content);
  else Deno.writeFileSync(path, content);
}

/** Writes a picture of one colour. */
export async function putPicture(path: string, width: number, height: number): Promise<void> {
  const data = new Uint8Array(width * height * 3).fill(128);
  put(path, await (path.endsWith(".png") ? encodePng : encodeJpeg)({ width, height, data }));
}

/** The message of the InputError that `fn` must throw. */
export async function inputErrorOf(fn: () => unknown): Promise<string> {
  try {
    await fn();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("no InputError was thrown");
}
