import { sampledGrid, stretchFrame } from "../frame.ts";
import { vectors } from "../golden/vectors.ts";
import { cosine } from "../match/cosine.ts";
import type { Cells, CostVolume, FeatureMap } from "../types.ts";
import { nearest } from "./nearest.ts";
import { softArgmax } from "./soft_argmax.ts";
import { windowSoftArgmax } from "./window_soft_argmax.ts";

const TEMPERATURE = 0.02;

/** GeoAware-SC's window soft-argmax and its way from key points to patches and back. */
export default vectors("geoaware_window_softargmax", async (c) => {
  const side = c.config["P"] as number;
  const picture = c.config["ANNO_SIZE"] as number;
  const windows = c.config["windows"] as number[];
  const maps = { source: mapOf(c.input("desc1").data, side), target: mapOf(c.input("desc2").data, side) };
  // F.normalize divides by max(norm, 1e-12): with unit-size descriptors an eps of 0 is the same.
  const volume = await cosine({ eps: 0 }).match(maps) as CostVolume;
  const out: Record<string, ArrayLike<number>> = {};

  const every = cellsAt(Array.from({ length: side * side }, (_, i) => i), side);
  for (const window of windows) {
    // The official code takes 0 as "no window".
    const localizer = window === 0
      ? softArgmax.build({ temperature: TEMPERATURE })
      : windowSoftArgmax.build({ temperature: TEMPERATURE, window, outside: "zero" });
    out[`flow_w${window}`] = (await localizer.localize(volume, every)).xy;
  }

  const points = Float32Array.from(c.input("kps_u").data, (v) => (v + 1) / 2 * (picture - 1));
  const patches = patchesOf(points, side, picture);
  out["kps"] = points;
  out["patch_idx"] = patches;
  const queries = cellsAt(patches, side);
  const soft = windowSoftArgmax.build({ temperature: TEMPERATURE, window: windows[1]!, outside: "zero" });
  out["kps_soft"] = patchCentres((await soft.localize(volume, queries)).xy, side, picture);
  out["kps_nn"] = patchCentres((await nearest.build().localize(volume, queries)).xy, side, picture);
  return out;
});

function mapOf(data: Float32Array, side: number): FeatureMap {
  const size = { width: side, height: side };
  return {
    name: "desc",
    channels: data.length / (side * side),
    data,
    frame: stretchFrame(size, size),
    grid: sampledGrid(side, side, { x: 1, y: 1 }, { x: 0, y: 0 }),
  };
}

function cellsAt(indices: readonly number[], side: number): Cells {
  return { n: indices.length, xy: Float64Array.from(indices.flatMap((i) => [i % side, Math.floor(i / side)])) };
}

/** The patch a point falls into, without interpolation: `side * floor(side / picture * y) + floor(side / picture * x)`. */
function patchesOf(points: Float32Array, side: number, picture: number): number[] {
  const patch = (p: number) => Math.floor(side / picture * p);
  return Array.from({ length: points.length / 2 }, (_, i) => side * patch(points[2 * i + 1]!) + patch(points[2 * i]!));
}

/** Patch positions, clamped to the map, to pixels: times the stride plus half of it, rounded down. */
function patchCentres(xy: Float64Array, side: number, picture: number): Float64Array {
  const stride = picture / side;
  return xy.map((v) => Math.min(Math.max(v, 0), side - 1) * stride + Math.floor(stride / 2));
}
