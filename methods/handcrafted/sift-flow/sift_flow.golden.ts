import { createHash } from "node:crypto";
import { join } from "@std/path";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { InputError, messageOf } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { readSafetensors } from "../../../core/golden/safetensors.ts";
import type { GoldenCheck, GoldenRunner } from "../../../core/golden/types.ts";
import { exists } from "../../../core/data/root.ts";
import { picture, pictureRoot } from "../../../core/golden/pictures.ts";
import { Registry } from "../../../core/registry.ts";
import type { Image } from "../../../core/types.ts";
import { type Found, SiftFlow } from "./sift_flow.ts";

/** A pair of `all_pairs.json`, or with more fields of `pairs.json`. */
interface PairRecord {
  index: number;
  A: string;
  B: string;
  src_xy: [number, number][];
  pred_xy: [number, number][];
  energy_final_level1to4: number[];
  energy_first_level1to4?: number[];
  energy_curve_level4?: number[];
  flow_stats_level1to4?: { md5_int16_hwc: string }[];
  sift_stats?: { md5_A_uint8_hwc: string; md5_B_uint8_hwc: string }[];
}

/** Of the pairs with a short record only every sixth runs, unless SC_GOLDEN=all. */
const EVERY = 6;

/**
 * SIFT Flow on real pictures against the authors' program: descriptors, pyramid, flow and energies of every level, and
 * the points moved by the flow. Needs the PF-WILLOW pictures, as `data/PF-WILLOW` beside the folder of recorded vectors.
 */
export default {
  folder: "sift_flow",
  async *run(dir) {
    const full = await readPairs(join(dir, "pairs.json"));
    const short = (await readPairs(join(dir, "all_pairs.json"))).filter(({ index }) => !full.has(index));
    const pairs = [...full.values(), ...short.filter((_, i) => wantsAll() || i % EVERY === 0)];
    const root = pictureRoot(dir);
    const registry = await Registry.open();
    const words = ["method=sift-flow", "run.cache_disk=0"];
    const [config] = await resolveRuns(registry, [parseWords(words)]);
    await using built = await buildMethod(registry, config!, () => {});
    if (!(built.method instanceof SiftFlow)) {
      throw new TypeError("Cannot check sift-flow: the plugin built another method");
    }
    const method = built.method;
    for (const pair of pairs) {
      let pictures: [Image, Image];
      try {
        pictures = [await picture(root, pair.A), await picture(root, pair.B)];
      } catch (error) {
        yield { name: `${pair.index}`, error: Infinity, tolerance: 0, pass: false, note: messageOf(error) };
        continue;
      }
      yield* await method.match(...pictures, (found) => checkLevels(pair, found));
      const points = pointsOf(pair.src_xy.map(([x, y]) => [x - 1, y - 1]));
      const { xy } = await method.correspond(...pictures, points);
      const errors = pair.pred_xy.map(([x, y], i) => Math.hypot(xy[2 * i]! + 1 - x, xy[2 * i + 1]! + 1 - y));
      yield check(`${pair.index}/pred_xy`, Math.max(...errors), 1e-9);
      const path = join(dir, `flow_${pair.index}.safetensors`);
      if (exists(path)) yield await method.match(...pictures, (found) => checkField(path, pair.index, found));
    }
  },
} satisfies GoldenRunner;

async function checkLevels(pair: PairRecord, { levels, pyramids }: Found): Promise<GoldenCheck[]> {
  const checks: GoldenCheck[] = [];
  const add = (name: string, error: number, tolerance = 0) =>
    checks.push(check(`${pair.index}/${name}`, error, tolerance));
  for (const [i, { flow, energies }] of levels.entries()) {
    const name = `level ${i + 1}`;
    add(`energy ${name}`, Math.abs(energies.at(-1)! - pair.energy_final_level1to4[i]!));
    const recorded = pair.flow_stats_level1to4?.[i];
    if (recorded) add(`flow ${name}`, md5(Int16Array.from(flow)) === recorded.md5_int16_hwc ? 0 : 1);
    const sift = pair.sift_stats?.[i];
    if (!sift) continue;
    const maps = [pyramids.source.maps[i]!, pyramids.target.maps[i]!];
    const [a, b] = await Promise.all(maps.map(async (map) => md5(await map.readInts())));
    add(`descriptors A ${name}`, a === sift.md5_A_uint8_hwc ? 0 : 1);
    add(`descriptors B ${name}`, b === sift.md5_B_uint8_hwc ? 0 : 1);
  }
  return checks;
}

/** The one field that is recorded whole. */
async function checkField(path: string, index: number, { levels }: Found): Promise<GoldenCheck> {
  const [recorded] = (await readSafetensors(path)).values();
  const { flow } = levels[0]!;
  const wrong = flow.length === recorded!.data.length
    ? flow.filter((v, i) => v !== recorded!.data[i]).length
    : Infinity;
  return { ...check(`${index}/field`, wrong, 0), note: `${wrong} of ${flow.length} numbers differ` };
}

function check(name: string, error: number, tolerance: number): GoldenCheck {
  return { name, error, tolerance, pass: error <= tolerance };
}

function md5(values: Int16Array | Int32Array): string {
  return createHash("md5").update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).digest("hex");
}

/** SC_GOLDEN=all, where the environment may be read. */
function wantsAll(): boolean {
  try {
    return Deno.env.get("SC_GOLDEN") === "all";
  } catch {
    return false;
  }
}

async function readPairs(path: string): Promise<PairRecord[] & { has(index: number): boolean }> {
  let pairs: PairRecord[];
  try {
    pairs = JSON.parse(await Deno.readTextFile(path)).pairs;
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
  }
  return Object.assign(pairs, { has: (index: number) => pairs.some((pair) => pair.index === index) });
}
