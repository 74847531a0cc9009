import { greyPlane } from "../../../core/descriptor/grey.ts";
import { SteeredSift } from "../../../core/descriptor/steered_sift.ts";
import type { FeatureMap, Image } from "../../../core/types.ts";
import type { Changes } from "./changes.ts";

/** Side of a spatial bin of the source's descriptors in pixels. */
const BIN = 4;

/** Descriptors of the target as a changed source would meet them. */
export interface Field {
  readonly cols: number;
  readonly rows: number;
  readonly channels: number;
  /** Whether a change alters descriptors, or only where they are looked for. */
  readonly steers: boolean;
  /** Writes the descriptor at cell (x, y), whole numbers inside, under a change. */
  write(change: number, x: number, y: number, out: Float32Array, to: number): void;
}

/** Whether dense SIFT of this size of bins can be computed exactly: its sides must be whole pixels. */
export const isBin = (scale: number) => Number.isInteger(scale * BIN) && scale * BIN >= 1;

/** Any backbone's map: descriptors stay as they are, only the cells are transformed. */
export function mapField(map: FeatureMap): Field {
  const { channels, data, grid: { cols, rows } } = map;
  return {
    cols,
    rows,
    channels,
    steers: false,
    write(_change, x, y, out, to) {
      const from = (y * cols + x) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = data[from + c]!;
    },
  };
}

/** SIFT that is scaled and turned with the cells: one descriptor per pixel, made when asked for. */
export function siftField(image: Image, { scales, rotations }: Changes): Field {
  const steered = new SteeredSift(greyPlane(image), scales.map((s) => s * BIN), rotations);
  const n = rotations.length;
  return {
    cols: image.width,
    rows: image.height,
    channels: 128,
    steers: true,
    write: (change, x, y, out, to) => steered.write(Math.floor(change / n), change % n, x, y, out, to),
  };
}
