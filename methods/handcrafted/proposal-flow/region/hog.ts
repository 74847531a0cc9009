/**
 * The region descriptor of Proposal Flow: HOG of a box stretched to a fixed size.
 *
 * @module
 */
import { resampleX, resampleY } from "../../../../core/image/_passes.ts";
import { LINEAR, mirroredTaps } from "../../../../core/image/taps.ts";
import type { Image } from "../../../../core/types.ts";
import { octaveResize } from "./_octave_resize.ts";
import type { Boxes } from "../boxes.ts";

/** Side of a cell in pixels, and cells on a side of the descriptor. */
const CELL = 8;
const SIDE = 8;
/** Pixels on a side of the stretched window: the cells and one more around them, for the normalisation. */
const WINDOW = (SIDE + 2) * CELL;
const ORIENTATIONS = 9;
/** 18 signed orientations, 9 unsigned ones, 4 texture energies. */
export const CHANNELS = 3 * ORIENTATIONS + 4;
/** Values of a descriptor: [8 rows][8 columns][31]. */
export const REGION_LENGTH = SIDE * SIDE * CHANNELS;

// The detector's code holds four decimals of each constant; near the border of two orientations that decides.
const round4 = (value: number) => Math.round(value * 1e4) / 1e4;
const COS = Float64Array.from({ length: ORIENTATIONS }, (_, k) => round4(Math.cos(k * Math.PI / ORIENTATIONS)));
const SIN = Float64Array.from({ length: ORIENTATIONS }, (_, k) => round4(Math.sin(k * Math.PI / ORIENTATIONS)));
const TEXTURE = 0.2357;

/**
 * Whose `imresize` stretches a window. `matlab`: weights that sum to one, as where the authors ran their code. `octave`:
 * weights left as they fall, as where the vectors were recorded.
 */
export type WindowResize = "matlab" | "octave";

/**
 * HOG of every box: the box and a cell's width (an eighth of the box) around it, repeated beyond the picture's border,
 * resized to 80x80 pixels by an antialiased triangle, 10x10 cells of 8 pixels, of which the inner 8x8 count
 * (Felzenszwalb et al., TPAMI 2010: 31 channels).
 *
 * @param resize default `matlab`.
 * @returns [boxes.n][8][8][31]
 */
export function regionHog(
  image: Pick<Image, "width" | "height" | "data">,
  boxes: Boxes,
  resize: WindowResize = "matlab",
): Float32Array {
  const out = new Float32Array(boxes.n * REGION_LENGTH);
  for (let i = 0; i < boxes.n; i++) {
    const window = stretch(image, boxes.xyxy.subarray(4 * i, 4 * i + 4), resize);
    windowHog(window, out.subarray(i * REGION_LENGTH, (i + 1) * REGION_LENGTH));
  }
  return out;
}

/** The padded box as [80][80][3]. */
function stretch(
  { width, height, data }: Pick<Image, "width" | "height" | "data">,
  box: Float64Array,
  resize: WindowResize,
): Float32Array {
  const [x1, y1, x2, y2] = box as unknown as [number, number, number, number];
  const padX = (x2 - x1 + 1) / SIDE, padY = (y2 - y1 + 1) / SIDE;
  const left = roundOneBased(x1 - padX), right = roundOneBased(x2 + padX);
  const top = roundOneBased(y1 - padY), bottom = roundOneBased(y2 + padY);
  const cols = right - left + 1, rows = bottom - top + 1;
  const crop = new Float32Array(rows * cols * 3);
  for (let y = 0, to = 0; y < rows; y++) {
    const line = Math.min(Math.max(top + y, 0), height - 1) * width;
    for (let x = 0; x < cols; x++, to += 3) {
      const from = (line + Math.min(Math.max(left + x, 0), width - 1)) * 3;
      crop[to] = data[from]!;
      crop[to + 1] = data[from + 1]!;
      crop[to + 2] = data[from + 2]!;
    }
  }
  if (resize === "octave") return octaveResize(crop, rows, cols, WINDOW);
  const wide = resampleX(crop, rows, 3, mirroredTaps(cols, WINDOW, LINEAR));
  const small = resampleY(wide, WINDOW * 3, mirroredTaps(rows, WINDOW, LINEAR));
  // The picture is of bytes, and so is its resized window.
  for (let i = 0; i < small.length; i++) small[i] = Math.floor(small[i]! + 0.5);
  return small;
}

/** MATLAB's rounding, halves away from zero, of a coordinate whose origin there is 1. */
function roundOneBased(value: number): number {
  const v = value + 1;
  return Math.sign(v) * Math.floor(Math.abs(v) + 0.5) - 1;
}

const CELLS = SIDE + 2;

/** @param window [80][80][3] @param out [8][8][31] */
function windowHog(window: Float32Array, out: Float32Array): void {
  const histograms = new Float64Array(CELLS * CELLS * 2 * ORIENTATIONS);
  const bins = 2 * ORIENTATIONS;
  const row3 = WINDOW * 3;
  for (let y = 1; y < WINDOW - 1; y++) {
    const cy = (y + 0.5) / CELL - 0.5, row = Math.floor(cy), down = cy - row;
    for (let x = 1; x < WINDOW - 1; x++) {
      let dx = 0, dy = 0, square = -1;
      for (let p = y * row3 + x * 3, end = p + 3; p < end; p++) {
        const gx = window[p + 3]! - window[p - 3]!;
        const gy = window[p + row3]! - window[p - row3]!;
        const g = gx * gx + gy * gy;
        if (g > square) {
          dx = gx;
          dy = gy;
          square = g;
        }
      }
      if (square <= 0) continue;
      let best = 0, bin = 0;
      for (let k = 0; k < ORIENTATIONS; k++) {
        const score = COS[k]! * dx + SIN[k]! * dy;
        if (score > best) {
          best = score;
          bin = k;
        } else if (-score > best) {
          best = -score;
          bin = k + ORIENTATIONS;
        }
      }
      const cx = (x + 0.5) / CELL - 0.5, col = Math.floor(cx), right = cx - col;
      const length = Math.sqrt(square);
      const at = (row * CELLS + col) * bins + bin, below = at + CELLS * bins;
      if (row >= 0) {
        if (col >= 0) histograms[at]! += (1 - down) * (1 - right) * length;
        if (col + 1 < CELLS) histograms[at + bins]! += (1 - down) * right * length;
      }
      if (row + 1 < CELLS) {
        if (col >= 0) histograms[below]! += down * (1 - right) * length;
        if (col + 1 < CELLS) histograms[below + bins]! += down * right * length;
      }
    }
  }
  normalise(histograms, out);
}

/** Cuts at 0.2 under the four 2x2 blocks around each inner cell and sums. */
function normalise(histograms: Float64Array, out: Float32Array): void {
  const n = ORIENTATIONS, bins = 2 * n;
  const energy = new Float64Array(CELLS * CELLS);
  for (let cell = 0; cell < energy.length; cell++) {
    for (let k = 0; k < n; k++) {
      const h = histograms[cell * bins + k]! + histograms[cell * bins + n + k]!;
      energy[cell]! += h * h;
    }
  }
  const block = (row: number, col: number) => {
    const at = row * CELLS + col;
    return 1 / Math.sqrt(energy[at]! + energy[at + 1]! + energy[at + CELLS]! + energy[at + CELLS + 1]! + 1e-4);
  };
  const factors = new Float64Array(4);
  const sums = new Float64Array(4);
  for (let row = 1; row <= SIDE; row++) {
    for (let col = 1; col <= SIDE; col++) {
      factors[0] = block(row, col);
      factors[1] = block(row - 1, col);
      factors[2] = block(row, col - 1);
      factors[3] = block(row - 1, col - 1);
      sums.fill(0);
      const from = (row * CELLS + col) * bins;
      const to = ((row - 1) * SIDE + col - 1) * CHANNELS;
      for (let k = 0; k < n; k++) {
        const one = histograms[from + k]!, opposite = histograms[from + n + k]!;
        let a = 0, b = 0, c = 0;
        for (let f = 0; f < 4; f++) {
          const factor = factors[f]!;
          const first = Math.min(one * factor, 0.2), second = Math.min(opposite * factor, 0.2);
          a += first;
          b += second;
          sums[f]! += first + second;
          c += Math.min((one + opposite) * factor, 0.2);
        }
        out[to + k] = 0.5 * a;
        out[to + n + k] = 0.5 * b;
        out[to + 2 * n + k] = 0.5 * c;
      }
      for (let f = 0; f < 4; f++) out[to + 3 * n + f] = TEXTURE * sums[f]!;
    }
  }
}
