import { join, toFileUrl } from "@std/path";
import { InputError, messageOf, suggest } from "../errors.ts";
import type { GoldenCheck, GoldenRunner } from "../golden/types.ts";
import { projectRoot } from "../registry.ts";
import type { Invocation } from "./main.ts";
import { textWords } from "./words.ts";

/** Folders searched for `<folder>.golden.ts`. */
const PLACES = ["core", "methods", "backbones", "benchmarks", "ffi"];

/**
 * `deno task golden path=DIR [only=NAME,NAME]`: runs the recorded vectors of a folder, prints the largest error per
 * tensor and `N passed, N failed`, and exits with 1 where anything failed.
 */
export default async function golden(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "golden", ["path", "only"], ["path"]);
  const path = words.path!;
  const folders = await subfolders(path);
  const runners = await findRunners(projectRoot);
  const wanted = words.only?.split(",").map((name) => name.trim()) ?? folders.filter((name) => runners.has(name));
  for (const name of wanted) {
    if (!folders.includes(name)) {
      throw new InputError(`Cannot run only=${name}: "${path}" has no such folder${suggest(name, folders)}`);
    }
    if (!runners.has(name)) {
      throw new InputError(
        `Cannot run only=${name}: nothing here computes it yet${suggest(name, [...runners.keys()])}`,
      );
    }
  }
  const results: { folder: string; checks: GoldenCheck[] }[] = [];
  for (const name of wanted) {
    const started = performance.now();
    const checks: GoldenCheck[] = [];
    try {
      const { default: runner } = await import(toFileUrl(runners.get(name)!).href) as { default: GoldenRunner };
      for await (const check of runner.run(join(path, name))) {
        checks.push(check);
        if (!invocation.flags.json && (!check.pass || !invocation.flags.quiet)) console.log(line(name, check));
      }
    } catch (error) {
      const failed = { name: "-", error: Infinity, tolerance: 0, pass: false, note: messageOf(error) };
      checks.push(failed);
      if (!invocation.flags.json) console.log(line(name, failed));
      if (Deno.env.get("SC_DEBUG") === "1") console.error(error);
    }
    results.push({ folder: name, checks });
    const bad = checks.filter((check) => !check.pass).length;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (!invocation.flags.json) console.log(`${name}: ${checks.length - bad} passed, ${bad} failed (${seconds} s)`);
  }
  const all = results.flatMap((result) => result.checks);
  const failed = all.filter((check) => !check.pass).length;
  if (invocation.flags.json) console.log(JSON.stringify({ results, passed: all.length - failed, failed }, null, 2));
  else {
    const idle = folders.filter((name) => !runners.has(name));
    if (words.only === undefined && idle.length > 0) {
      console.log(`not computed by anything here yet: ${idle.join(", ")}`);
    }
    console.log(`${all.length - failed} passed, ${failed} failed`);
  }
  if (failed > 0 || all.length === 0) Deno.exitCode = 1;
}

function line(folder: string, check: GoldenCheck): string {
  const numbers = `error ${check.error.toPrecision(3)} of ${check.tolerance.toPrecision(3)}`;
  return `${check.pass ? "ok  " : "FAIL"} ${folder}/${check.name}: ${numbers}${
    check.note === undefined ? "" : ` (${check.note})`
  }`;
}

async function subfolders(path: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
  } catch (error) {
    throw new InputError(`Cannot read golden folder "${path}": ${messageOf(error)}`);
  }
}

/** Runner files by the folder they serve. */
async function findRunners(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const suffix = ".golden.ts";
  async function walk(dir: string): Promise<void> {
    for await (const entry of Deno.readDir(dir)) {
      const path = join(dir, entry.name);
      if (entry.isDirectory && entry.name !== "build" && !entry.name.startsWith(".")) await walk(path);
      else if (entry.name.endsWith(suffix)) {
        const folder = entry.name.slice(0, -suffix.length);
        if (found.has(folder)) {
          throw new InputError(`Cannot tell which runs "${folder}": ${found.get(folder)} or ${path}`);
        }
        found.set(folder, path);
      }
    }
  }
  for (const place of PLACES) {
    try {
      await walk(join(root, place));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}
