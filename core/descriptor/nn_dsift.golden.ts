import { join } from "@std/path";
import { InputError, messageOf } from "../errors.ts";
import type { GoldenRunner } from "../golden/types.ts";
import { decodeImage } from "../image/decode.ts";
import { denseSift } from "./dense_sift.ts";
import { greyPlane } from "./grey.ts";

interface PairRecord {
  index: number;
  A: string;
  B: string;
  src_xy: [number, number][];
  pred_xy: [number, number][];
  min_sq_dist?: number[];
}

interface Described {
  width: number;
  height: number;
  /** [height][width][128] */
  data: Uint8Array;
}

/**
 * Nearest neighbours of 8-bit dense SIFT between real pictures: every target pixel is compared, the first minimum in
 * row-major order wins. Needs the PF-WILLOW pictures, as `data/PF-WILLOW` beside the
 * folder that holds all recorded vectors; where a picture is absent its checks fail and say so.
 */
export default {
  folder: "nn_dsift",
  async *run(dir) {
    const pairs = await readPairs(dir);
    const root = join(dir, "..", "..", "data", "PF-WILLOW");
    const cache = new Map<string, Promise<Described>>();
    const described = (name: string) => {
      if (!cache.has(name)) cache.set(name, describe(join(root, name)));
      return cache.get(name)!;
    };
    for (const pair of pairs) {
      const name = `${pair.index}/pred_xy`;
      let source: Described, target: Described;
      try {
        [source, target] = [await described(pair.A), await described(pair.B)];
      } catch (error) {
        yield { name, error: Infinity, tolerance: 0, pass: false, note: messageOf(error) };
        continue;
      }
      const matches = pair.src_xy.map(([x, y]) => nearest(source, x, y, target));
      const wrong = matches.filter(({ at }, i) => {
        const [x, y] = pair.pred_xy[i]!;
        return at % target.width + 1 !== x || Math.floor(at / target.width) + 1 !== y;
      });
      const note = `${matches.length - wrong.length} of ${matches.length} points at the recorded pixel`;
      yield { name, error: wrong.length, tolerance: 0, pass: wrong.length === 0, note };
      if (pair.min_sq_dist !== undefined) {
        const error = Math.max(...matches.map(({ distance }, i) => Math.abs(distance - pair.min_sq_dist![i]!)));
        yield { name: `${pair.index}/min_sq_dist`, error, tolerance: 0, pass: error === 0 };
      }
    }
  },
} satisfies GoldenRunner;

/** Pairs of `all_pairs.json` (many, predictions only) and `pairs.json` (few, with distances), each index once. */
async function readPairs(dir: string): Promise<PairRecord[]> {
  const pairs = new Map<number, PairRecord>();
  for (const file of ["all_pairs.json", "pairs.json"]) {
    let text: string;
    try {
      text = await Deno.readTextFile(join(dir, file));
    } catch {
      continue;
    }
    try {
      for (const pair of JSON.parse(text).pairs as PairRecord[]) pairs.set(pair.index, pair);
    } catch (error) {
      throw new InputError(`Cannot read "${join(dir, file)}": ${messageOf(error)}`);
    }
  }
  if (pairs.size === 0) throw new InputError(`Cannot check "${dir}": it has neither all_pairs.json nor pairs.json`);
  return [...pairs.values()];
}

async function describe(path: string): Promise<Described> {
  const image = await decodeImage(path, { orientation: "ignore" });
  const [map] = denseSift(greyPlane(image), { bins: [4], step: 1, window: "flat", pad: true, output: "round" });
  return { width: image.width, height: image.height, data: Uint8Array.from(map!.data) };
}

/** @param x 1-based, as is `y`; the pixel is the nearest one, halves up. */
function nearest(source: Described, x: number, y: number, target: Described): { at: number; distance: number } {
  const col = Math.min(Math.max(Math.floor(x + 0.5), 1), source.width) - 1;
  const row = Math.min(Math.max(Math.floor(y + 0.5), 1), source.height) - 1;
  const query = source.data.subarray((row * source.width + col) * 128).slice(0, 128);
  const { data } = target;
  let at = -1, distance = Infinity;
  for (let base = 0; base < data.length; base += 128) {
    let sum = 0;
    // Most pixels are out after a few bins: a partial sum can only grow.
    for (let from = 0; from < 128 && sum < distance; from += 16) {
      for (let i = from; i < from + 16; i++) {
        const difference = query[i]! - data[base + i]!;
        sum += difference * difference;
      }
    }
    if (sum < distance) {
      distance = sum;
      at = base / 128;
    }
  }
  return { at, distance };
}
