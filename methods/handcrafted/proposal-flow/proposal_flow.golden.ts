import { join } from "@std/path";
import { InputError, messageOf } from "../../../core/errors.ts";
import { readSafetensors, type StoredTensor } from "../../../core/golden/safetensors.ts";
import type { GoldenCheck, GoldenRunner } from "../../../core/golden/types.ts";
import { decodeImage } from "../../../core/image/decode.ts";
import type { Size } from "../../../core/types.ts";
import { type Boxes, boxesOf } from "./boxes.ts";
import { denseField } from "./field.ts";
import { bestMatches } from "./match/best.ts";
import { localOffset } from "./match/lom.ts";
import { naiveAppearance } from "./match/nam.ts";
import { probabilisticHough } from "./match/phm.ts";
import type { Regions } from "./match/types.ts";
import { CHANNELS, REGION_LENGTH, regionHog } from "./region/hog.ts";
import { similarities } from "./region/similarity.ts";
import { transferPoints } from "./transfer.ts";

interface MatcherRecord {
  /** Counted from 1. */
  best_B_for_A: number[];
  confidence: number[];
  /** Counted from 1; null where no box covers the keypoint. */
  pred_xy: ([number, number] | null)[];
}

interface PairRecord {
  index: number;
  A: string;
  B: string;
  size_A: [number, number];
  size_B: [number, number];
  src_xy: [number, number][];
  boxes_A_xyxy: number[][];
  boxes_B_xyxy: number[][];
  NAM: MatcherRecord;
  PHM: MatcherRecord;
  LOM: MatcherRecord;
}

const MATCHERS = { NAM: naiveAppearance, PHM: probabilisticHough, LOM: localOffset } as const;

/**
 * Relative to the largest value of a matrix. Descriptors and similarities were stored in single precision; matrices that
 * follow from the recorded similarity differ by that rounding alone.
 */
const TOLERANCE = { descriptor: 1e-6, similarity: 1e-5, matrix: 1e-5, confidence: 2e-5, point: 2e-3 };

/**
 * The released matchers on real pictures: descriptors, similarities, NAM, PHM and LOM, best matches and transferred
 * keypoints. Needs the PF-WILLOW pictures as `data/PF-WILLOW` beside the folder of all recorded vectors; where they are
 * absent the checks of descriptors fail and say so.
 */
export default {
  folder: "proposal_flow",
  async *run(dir) {
    const pairs = await readPairs(dir);
    for (const pair of pairs) {
      const a = oneBased(pair.boxes_A_xyxy), b = oneBased(pair.boxes_B_xyxy);
      const matrices = await recordedMatrices(dir, pair.index);
      if (matrices !== undefined) yield* fromRecordedSimilarity(pair, matrices);
      let similarity: Float64Array;
      try {
        const [first, second] = [await describe(dir, pair.A, a), await describe(dir, pair.B, b)];
        similarity = similarities(first, second, REGION_LENGTH);
        if (matrices !== undefined) {
          const recorded = rowsFirst(tensor(matrices, "hog_first4_A").data);
          const name = `${pair.index}/hog_first4_A`;
          yield compare(name, first.subarray(0, recorded.length), recorded, TOLERANCE.descriptor);
          yield compare(`${pair.index}/sim`, similarity, tensor(matrices, "sim").data, TOLERANCE.similarity);
        }
      } catch (error) {
        const note = messageOf(error);
        yield { name: `${pair.index}/pictures`, error: Infinity, tolerance: 0, pass: false, note };
        continue;
      }
      yield* fromPictures(pair, {
        source: { size: sizeOf(pair.size_A), boxes: a },
        target: { size: sizeOf(pair.size_B), boxes: b },
        similarity,
      });
    }
  },
} satisfies GoldenRunner;

function* fromRecordedSimilarity(pair: PairRecord, matrices: Map<string, StoredTensor>): Iterable<GoldenCheck> {
  const boxes = (name: string): Boxes => {
    const xyxy = Float64Array.from(tensor(matrices, name).data as Float32Array, (value) => value - 1);
    return { n: xyxy.length / 4, xyxy };
  };
  const regions: Regions = {
    source: { size: sizeOf(pair.size_A), boxes: boxes("boxes_A") },
    target: { size: sizeOf(pair.size_B), boxes: boxes("boxes_B") },
    similarity: Float64Array.from(tensor(matrices, "sim").data as Float32Array),
  };
  for (const [name, matcher] of Object.entries(MATCHERS)) {
    yield compare(`${pair.index}/${name}`, matcher(regions), tensor(matrices, name).data, TOLERANCE.matrix);
  }
}

/** From the pictures and the recorded boxes to keypoints, with no recorded value between. */
function* fromPictures(pair: PairRecord, regions: Regions): Iterable<GoldenCheck> {
  const { source, target } = regions;
  for (const name of Object.keys(MATCHERS) as (keyof typeof MATCHERS)[]) {
    const record = pair[name];
    const matches = bestMatches(MATCHERS[name](regions), source.boxes.n, target.boxes.n);
    const label = `${pair.index}/${name}`;
    const wrong = record.best_B_for_A.filter((j, i) => j - 1 !== matches.best[i]).length;
    yield { name: `${label}/best`, error: wrong, tolerance: 0, pass: wrong === 0, note: "boxes with another match" };
    yield compare(`${label}/confidence`, matches.confidence, record.confidence, TOLERANCE.confidence);
    const field = denseField(source, target, matches);
    const xy = Float64Array.from(pair.src_xy.flat(), (value) => value - 1);
    const points = transferPoints(field, source.size, target.size, { n: pair.src_xy.length, xy });
    let error = 0, uncovered = 0;
    record.pred_xy.forEach((point, i) => {
      const x = points.xy[2 * i]!, y = points.xy[2 * i + 1]!;
      if ((point === null) !== (points.covered[i] === 0)) uncovered++;
      else if (point !== null) error = Math.max(error, Math.abs(x + 1 - point[0]), Math.abs(y + 1 - point[1]));
    });
    if (uncovered > 0) error = Infinity;
    yield { name: `${label}/points`, error, tolerance: TOLERANCE.point, pass: error <= TOLERANCE.point };
  }
}

async function readPairs(dir: string): Promise<PairRecord[]> {
  const path = join(dir, "pairs.json");
  try {
    return JSON.parse(await Deno.readTextFile(path)).pairs;
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${messageOf(error)}`);
  }
}

/** The full matrices, which were kept for some pairs only. */
async function recordedMatrices(dir: string, index: number): Promise<Map<string, StoredTensor> | undefined> {
  const path = join(dir, `matrices_${index}.safetensors`);
  try {
    await Deno.stat(path);
  } catch {
    return undefined;
  }
  return await readSafetensors(path);
}

function tensor(matrices: Map<string, StoredTensor>, name: string): StoredTensor {
  const found = matrices.get(name);
  if (found === undefined) throw new InputError(`Cannot check proposal_flow: its matrices have no "${name}"`);
  return found;
}

async function describe(dir: string, name: string, boxes: Boxes): Promise<Float32Array> {
  const path = join(dir, "..", "..", "data", "PF-WILLOW", name);
  return regionHog(await decodeImage(path, { orientation: "ignore" }), boxes, "octave");
}

function oneBased(rows: number[][]): Boxes {
  const boxes = boxesOf(rows);
  return { n: boxes.n, xyxy: boxes.xyxy.map((value) => value - 1) };
}

function sizeOf([width, height]: [number, number]): Size {
  return { width, height };
}

/** From the recorded [channels][columns][rows] of each region to our [rows][columns][channels]. */
function rowsFirst(recorded: StoredTensor["data"]): Float32Array {
  const out = new Float32Array(recorded.length);
  const side = Math.sqrt(REGION_LENGTH / CHANNELS);
  for (let i = 0; i < out.length; i++) {
    const within = i % REGION_LENGTH;
    const row = within % side, col = Math.floor(within / side) % side, channel = Math.floor(within / (side * side));
    out[i - within + (row * side + col) * CHANNELS + channel] = Number(recorded[i]!);
  }
  return out;
}

/** @param tolerance relative to the largest recorded value. */
function compare(
  name: string,
  ours: ArrayLike<number>,
  recorded: ArrayLike<number | bigint>,
  tolerance: number,
): GoldenCheck {
  if (ours.length !== recorded.length) {
    const note = `has ${ours.length} values where ${recorded.length} were recorded`;
    return { name, error: Infinity, tolerance, pass: false, note };
  }
  let error = 0, largest = 0;
  for (let i = 0; i < recorded.length; i++) {
    const difference = Math.abs(ours[i]! - Number(recorded[i]));
    // NaN must not pass for agreement.
    if (!(difference <= error)) error = Number.isNaN(difference) ? Infinity : difference;
    largest = Math.max(largest, Math.abs(Number(recorded[i])));
  }
  return { name, error, tolerance: tolerance * largest, pass: error <= tolerance * largest };
}
