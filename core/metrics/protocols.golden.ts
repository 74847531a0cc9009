import { basename, join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import type { GoldenCheck, GoldenRunner } from "../golden/types.ts";
import { type RecordedSet, runEach, runGeometryAware, runSet, scored } from "./_golden_keypoints.ts";
import {
  type RecordedCaltech,
  type RecordedKap,
  type RecordedTransfer,
  type RecordedTss,
  runCaltech,
  runKap,
  runTransfer,
  runTss,
} from "./_golden_dense.ts";
import type { JsonMap } from "./_golden_compare.ts";

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new InputError(`Cannot read recorded protocol values ${path}: ${messageOf(error)}`);
  }
}

async function* runFile(dir: string, name: string): AsyncIterable<GoldenCheck> {
  const value = await readJson(join(dir, name)) as { benchmark?: string };
  const file = basename(name, ".json");
  switch (value.benchmark) {
    case "spair":
    case "pfwillow":
    case "pfpascal":
      return yield* runSet(file, value as RecordedSet);
    case "edge":
    case "boundary":
      return yield* runEach(file, value as RecordedSet);
    case "spair-geometry-aware": {
      const recorded = value as unknown as {
        pairs_from: readonly string[];
        subgroups: JsonMap;
        expected: { [name: string]: JsonMap };
      };
      const sets = await Promise.all(recorded.pairs_from.map((path) => readJson(join(dir, basename(path)))));
      const pairs = (sets as RecordedSet[]).flatMap((set) => set.pairs.map(scored));
      return yield* runGeometryAware(file, pairs, recorded.subgroups, recorded.expected);
    }
    case "kap-synthetic":
      return yield* runKap(file, value as unknown as RecordedKap);
    case "tss-synthetic":
      return yield* runTss(file, value as unknown as RecordedTss);
    case "caltech-synthetic":
      return yield* runCaltech(file, value as unknown as RecordedCaltech);
    case "flow-transfer-synthetic":
      return yield* runTransfer(file, value as unknown as RecordedTransfer);
    default:
      yield { name: file, error: Infinity, tolerance: 0, pass: false, note: `unknown benchmark "${value.benchmark}"` };
  }
}

/** Every recorded value of every official evaluator, recomputed through the protocols as data. */
export default {
  folder: "protocols",
  async *run(dir: string) {
    const names: string[] = [];
    try {
      for await (const entry of Deno.readDir(dir)) if (entry.name.endsWith(".json")) names.push(entry.name);
    } catch (error) {
      throw new InputError(`Cannot read recorded protocol values in ${dir}: ${messageOf(error)}`);
    }
    for (const name of names.sort()) yield* runFile(dir, name);
  },
} satisfies GoldenRunner;
