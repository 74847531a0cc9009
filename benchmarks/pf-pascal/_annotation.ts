import { matRows, readMat } from "../../core/data/mat.ts";
import { checkBox } from "../../core/data/pairs.ts";
import { InputError } from "../../core/errors.ts";
import type { Box, Pair, Points } from "../../core/types.ts";

/** What the .mat file of a picture tells. */
export interface Annotation {
  readonly path: string;
  /** One entry per keypoint of the class, counted from 0; undefined where the file has NaN: the keypoint is hidden. */
  readonly keypoints: readonly (readonly [x: number, y: number] | undefined)[];
  readonly box: Box;
}

/** Reads `Annotations/{class}/{picture}.mat`: `kps` (N x 2, NaN = absent) and `bbox` (1 x 4), both counted from 1. */
export function readAnnotation(path: string): Annotation {
  const file = readMat(path);
  const kps = file.numeric("kps"), bbox = file.numeric("bbox");
  if (kps.dims.length !== 2 || kps.dims[1] !== 2) {
    throw new InputError(`Cannot read "${path}": "kps" is ${kps.dims.join("x")}, Nx2 is needed`);
  }
  if (bbox.data.length !== 4) {
    throw new InputError(`Cannot read "${path}": "bbox" is ${bbox.dims.join("x")}, 1x4 is needed`);
  }
  const [x1, y1, x2, y2] = Array.from(bbox.data, (value) => value - 1);
  const box = checkBox({ x1: x1!, y1: y1!, x2: x2!, y2: y2! }, `Cannot read "${path}": "bbox"`);
  const keypoints = matRows(kps).map(([x, y]) => {
    if (Number.isNaN(x) || Number.isNaN(y)) return undefined;
    return [x! - 1, y! - 1] as const;
  });
  return { path, keypoints, box };
}

/** The keypoints both pictures show, their indices, and those only one shows. */
export function commonKeypoints(source: Annotation, target: Annotation): {
  points: Pair<Points>;
  keypoints: string[];
  unmatched: Pair<string[]>;
} {
  if (source.keypoints.length !== target.keypoints.length) {
    throw new InputError(
      `${source.path}: "kps" has ${source.keypoints.length} rows, that of "${target.path}" ${target.keypoints.length}`,
    );
  }
  const indices = source.keypoints.map((_, i) => i);
  const common = indices.filter((i) => source.keypoints[i] && target.keypoints[i]);
  const only = (a: Annotation, b: Annotation) => indices.filter((i) => a.keypoints[i] && !b.keypoints[i]).map(String);
  const points = ({ keypoints }: Annotation) => ({
    n: common.length,
    xy: Float64Array.from(common.flatMap((i) => keypoints[i]!)),
  });
  return {
    points: { source: points(source), target: points(target) },
    keypoints: common.map(String),
    unmatched: { source: only(source, target), target: only(target, source) },
  };
}
