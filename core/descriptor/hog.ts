import type { Image } from "../types.ts";

/** What {@linkcode hog} computes. */
export interface HogOptions {
  /** Side of a cell in pixels; an integer of at least 1. */
  readonly cell: number;
  /**
   * `uoctti` (Felzenszwalb et al.): signed and unsigned orientations and texture, 3 n + 4 channels.
   * `dalal-triggs`: unsigned orientations under 4 normalisations, 4 n channels.
   */
  readonly variant: "uoctti" | "dalal-triggs";
  /** Orientations n in [0, pi). Default 9. */
  readonly orientations?: number;
  /** What 255 is taken for: contrasts below about 0.01 of this unit fade into the normalisation's constant. Default 255. */
  readonly range?: 1 | 255;
}

/** HOG cells over a picture; cell (row, col) is centred at pixel ((col + 0.5) cell - 0.5, (row + 0.5) cell - 0.5). */
export interface Hog {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  /**
   * [rows][cols][channels]. uoctti: n orientations, their n opposites, n unsigned ones, texture of the blocks up-left,
   * up-right, down-left, down-right. dalal-triggs: n unsigned orientations for each of these blocks.
   */
  readonly data: Float32Array;
}

/**
 * Histograms of oriented gradients with VLFeat's arithmetic (`vl_hog`): central differences of the colour channel of
 * largest gradient, nearest orientation, bilinear sharing between cells, normalisation by the four 2x2 blocks around a
 * cell, values cut at 0.2. The outermost pixels have no gradient.
 *
 * A side of the picture has round(side / cell) cells, halves up: the last cell lies at least half inside.
 *
 * @throws {RangeError} below 3 pixels or one cell on a side, where cell or orientations are not integers of at least 1.
 */
export function hog(image: Pick<Image, "width" | "height" | "data">, options: HogOptions): Hog {
  const { cell, variant, orientations = 9, range = 255 } = options;
  const { width, height } = image;
  if (!(Number.isInteger(cell) && cell >= 1 && Number.isInteger(orientations) && orientations >= 1)) {
    throw new RangeError(`Cannot compute HOG with cell ${cell} and ${orientations} orientations: integers >= 1 needed`);
  }
  if (Math.min(width, height) < hogMinimum(cell)) {
    throw new RangeError(`Cannot compute HOG of ${width}x${height} pixels: cells of ${cell} need ${hogMinimum(cell)}`);
  }
  const cols = Math.floor((width + (cell >> 1)) / cell);
  const rows = Math.floor((height + (cell >> 1)) / cell);
  const histograms = accumulate(image, { cell, orientations, range, rows, cols });
  const channels = variant === "uoctti" ? 3 * orientations + 4 : 4 * orientations;
  return { rows, cols, channels, data: normalise(histograms, { rows, cols, orientations, variant, channels }) };
}

/** Smallest side in pixels of a picture. */
export function hogMinimum(cell: number): number {
  return Math.max(3, cell);
}

/** Histograms of 2 n signed orientations: [rows][cols][2 n]. */
function accumulate(
  { width, height, data }: Pick<Image, "width" | "height" | "data">,
  shape: { cell: number; orientations: number; range: number; rows: number; cols: number },
): Float32Array {
  const { cell, orientations, rows, cols } = shape;
  const f = Math.fround;
  const values = Float32Array.from({ length: 256 }, (_, v) => v * shape.range / 255);
  const cosines = Float32Array.from({ length: orientations }, (_, k) => Math.cos(k * Math.PI / orientations));
  const sines = Float32Array.from({ length: orientations }, (_, k) => Math.sin(k * Math.PI / orientations));
  const bins = 2 * orientations;
  const histograms = new Float32Array(rows * cols * bins);
  const row3 = width * 3;
  // Columns outermost: the order of VLFeat's sums, which see the picture transposed.
  for (let x = 1; x < width - 1; x++) {
    const cx = f((x + 0.5) / cell - 0.5);
    const col = Math.floor(cx);
    const right = f(cx - col);
    const left = f(1 - right);
    for (let y = 1; y < height - 1; y++) {
      let dx = 0, dy = 0, square = 0;
      for (let p = y * row3 + x * 3, end = p + 3; p < end; p++) {
        const gx = f(values[data[p + 3]!]! - values[data[p - 3]!]!);
        const gy = f(values[data[p + row3]!]! - values[data[p - row3]!]!);
        const g = f(f(gx * gx) + f(gy * gy));
        if (g > square) {
          dx = gx;
          dy = gy;
          square = g;
        }
      }
      if (square === 0) continue;
      const length = f(Math.sqrt(square));
      dx = f(dx / Math.max(length, 1e-10));
      dy = f(dy / Math.max(length, 1e-10));
      let best = 0, bin = -1;
      for (let k = 0; k < orientations; k++) {
        const score = f(f(dx * cosines[k]!) + f(dy * sines[k]!));
        if (Math.abs(score) > best) {
          best = Math.abs(score);
          bin = score < 0 ? k + orientations : k;
        }
      }
      const cy = f((y + 0.5) / cell - 0.5);
      const row = Math.floor(cy);
      const down = f(cy - row);
      const upper = f(length * f(1 - down));
      const lower = f(length * down);
      const at = (row * cols + col) * bins + bin;
      const below = at + cols * bins;
      if (row >= 0) {
        if (col >= 0) histograms[at] = histograms[at]! + f(upper * left);
        if (col < cols - 1) histograms[at + bins] = histograms[at + bins]! + f(upper * right);
      }
      if (row < rows - 1) {
        if (col >= 0) histograms[below] = histograms[below]! + f(lower * left);
        if (col < cols - 1) histograms[below + bins] = histograms[below + bins]! + f(lower * right);
      }
    }
  }
  return histograms;
}

function normalise(
  histograms: Float32Array,
  shape: { rows: number; cols: number; orientations: number; variant: HogOptions["variant"]; channels: number },
): Float32Array {
  const { rows, cols, orientations: n, variant, channels } = shape;
  const energy = new Float32Array(rows * cols);
  for (let cell = 0; cell < energy.length; cell++) {
    for (let k = 0; k < n; k++) {
      const h = Math.fround(histograms[cell * 2 * n + k]! + histograms[cell * 2 * n + n + k]!);
      energy[cell] = energy[cell]! + Math.fround(h * h);
    }
  }
  const out = new Float32Array(rows * cols * channels);
  const factors = new Float64Array(4);
  const sums = new Float64Array(4);
  const texture = Math.fround(1 / Math.fround(Math.sqrt(18)));
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      for (let block = 0; block < 4; block++) {
        // The cell, its neighbour to one side, and the two above or below; at the border a cell counts for itself.
        const other = Math.min(Math.max(col + (block & 1 ? 1 : -1), 0), cols - 1);
        const beyond = Math.min(Math.max(row + (block & 2 ? 1 : -1), 0), rows - 1);
        const sum = energy[row * cols + col]! + energy[row * cols + other]! + energy[beyond * cols + col]! +
          energy[beyond * cols + other]!;
        factors[block] = 1 / Math.sqrt(sum + 1e-4);
      }
      sums.fill(0);
      const from = (row * cols + col) * 2 * n;
      const to = (row * cols + col) * channels;
      for (let k = 0; k < n; k++) {
        const one = histograms[from + k]!;
        const opposite = histograms[from + n + k]!;
        let a = 0, b = 0, c = 0;
        for (let block = 0; block < 4; block++) {
          const factor = factors[block]!;
          const unsigned = Math.min(0.2, factor * one + factor * opposite);
          if (variant === "dalal-triggs") out[to + block * n + k] = unsigned;
          else {
            a += Math.min(0.2, factor * one);
            b += Math.min(0.2, factor * opposite);
            c += unsigned;
            sums[block] = sums[block]! + unsigned;
          }
        }
        if (variant === "uoctti") {
          out[to + k] = 0.5 * a;
          out[to + n + k] = 0.5 * b;
          out[to + 2 * n + k] = 0.5 * c;
        }
      }
      if (variant === "uoctti") {
        for (let block = 0; block < 4; block++) out[to + 3 * n + block] = texture * sums[block]!;
      }
    }
  }
  return out;
}
