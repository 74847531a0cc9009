/**
 * The dense SIFT of the SIFT Flow package (2010), number by number.
 *
 * @module
 */
import type { Image } from "../../core/types.ts";

/** What {@linkcode siftFlowDescriptor} computes. */
export interface DescriptorOptions {
  /** Side of one of the 4x4 spatial cells in pixels. The authors' demo uses 3. */
  readonly cell: number;
  /**
   * `package`: what the released code executes. One tap of its cell filter is written twice, so the filter has a light
   * tap of 1/4 at its left (top) end only and is not centred. `symmetric`: [1/4, 1, .., 1, 1/4], as evidently meant.
   */
  readonly filter: "package" | "symmetric";
}

/** Orientations per cell. */
const BINS = 8;
/** Cells per descriptor. */
const CELLS = 16;
/** Channels of a descriptor. */
export const CHANNELS = BINS * CELLS;

/**
 * Taps of the cell filter at offsets -cell .. +cell.
 *
 * For cell 3, `package` is [1/4, 0, 1, 1, 1, 0, 0] and `symmetric` [0, 1/4, 1, 1, 1, 1/4, 0]: cells of three pixels
 * and half of a half-covered neighbour.
 */
export function cellFilter({ cell, filter }: DescriptorOptions): Float64Array {
  const taps = new Float64Array(2 * cell + 1);
  if (filter === "package") {
    taps[0] = 0.25;
    taps[cell + 1] = 0.25;
    // The loop that follows in the package covers the tap written just before: the origin of the asymmetry.
    for (let i = 1; i <= cell; i++) taps[i + 1] = 1;
  } else {
    const first = cell - Math.floor((cell - 1) / 2);
    for (let i = 0; i < cell; i++) taps[first + i] = 1;
    taps[first - 1] = 0.25;
    if (first + cell <= 2 * cell) taps[first + cell] = 0.25;
  }
  return taps;
}

/**
 * One descriptor per pixel: gradients of the strongest colour channel shared between 8 orientations by the ninth power
 * of the cosine, box-like cells, positions outside clamped to the border, values 255 v / (|v| + 0.01) cut to whole
 * numbers.
 *
 * A picture of any size has descriptors; without gradients they are zero.
 *
 * @returns [height][width][128], within a descriptor [cell y][cell x][orientation]
 */
export function siftFlowDescriptor(
  { width, height, data }: Pick<Image, "width" | "height" | "data">,
  options: DescriptorOptions,
): Uint8Array {
  const out = new Uint8Array(width * height * CHANNELS);
  const taps = cellFilter(options), { cell } = options;
  // Strip by strip: what lies between picture and descriptors is ten times as large as the picture in a few rows only.
  const strip = Math.max(STRIP, 4 * cell);
  // The same memory for every strip: large arrays that are thrown away stay around for a while.
  const rows = (reach: number) => new Float64Array(Math.min(strip + reach, height) * width * BINS);
  const room = [rows(5 * cell), rows(5 * cell), rows(3 * cell)] as const;
  const squares = new Float64Array(room[2].length / BINS);
  for (let top = 0; top < height; top += strip) {
    const bottom = Math.min(top + strip, height);
    const cells = { from: Math.max(top - cell, 0), to: Math.min(bottom + 2 * cell, height) };
    const inner = { from: Math.max(cells.from - cell, 0), to: Math.min(cells.to + cell, height) };
    const bands = orientationBands(data, width, height, inner, room[0]);
    const across = filterCols(bands, width, inner, taps, room[1]);
    const both = filterRows(across, width, height, inner, cells, taps, room[2]);
    gather(both, squares, width, height, cells, cell, top, bottom, out);
  }
  return out;
}

/** Rows described at a time, at least. */
const STRIP = 48;

/** Rows of a picture that an array holds; `to` is excluded. */
interface Rows {
  readonly from: number;
  readonly to: number;
}

/** The beginning of memory that is used again, zeroed. */
function cleared(room: Float64Array, length: number): Float64Array {
  return room.subarray(0, length).fill(0);
}

/** Energy of every pixel's strongest gradient in 8 orientations: [rows][width][8], in `room`. */
function orientationBands(
  rgb: Uint8Array,
  width: number,
  height: number,
  { from, to: end }: Rows,
  room: Float64Array,
): Float64Array {
  const bands = cleared(room, width * (end - from) * BINS);
  const cos = Float64Array.from({ length: BINS }, (_, k) => Math.cos(2 * Math.PI / BINS * k));
  const sin = Float64Array.from({ length: BINS }, (_, k) => Math.sin(2 * Math.PI / BINS * k));
  const unit = Float64Array.from({ length: 256 }, (_, v) => v / 255);
  const stride = width * 3;
  for (let y = from; y < end; y++) {
    const up2 = Math.max(y - 2, 0) * stride, up1 = Math.max(y - 1, 0) * stride;
    const down1 = Math.min(y + 1, height - 1) * stride, down2 = Math.min(y + 2, height - 1) * stride;
    for (let x = 0; x < width; x++) {
      const here = 3 * x, row = y * stride;
      const left2 = row + 3 * Math.max(x - 2, 0), left1 = row + 3 * Math.max(x - 1, 0);
      const right1 = row + 3 * Math.min(x + 1, width - 1), right2 = row + 3 * Math.min(x + 2, width - 1);
      let best = -1, second = -1, gx = 0, gy = 0;
      for (let c = 0; c < 3; c++) {
        const dx = derivative(unit, rgb[left2 + c]!, rgb[left1 + c]!, rgb[right1 + c]!, rgb[right2 + c]!);
        const at = here + c;
        const dy = derivative(unit, rgb[up2 + at]!, rgb[up1 + at]!, rgb[down1 + at]!, rgb[down2 + at]!);
        const square = dx * dx + dy * dy;
        if (square > best) {
          second = best;
          best = square;
          gx = dx;
          gy = dy;
        } else if (square > second) second = square;
      }
      if (best - second <= NEAR * best) {
        for (let c = 0, most = -1; c < 3; c++) {
          const at = here + c;
          const dx = fusedDerivative(unit, rgb[left2 + c]!, rgb[left1 + c]!, rgb[right1 + c]!, rgb[right2 + c]!);
          const dy = fusedDerivative(unit, rgb[up2 + at]!, rgb[up1 + at]!, rgb[down1 + at]!, rgb[down2 + at]!);
          const magnitude = Math.sqrt(fma(dx, dx, dy * dy));
          if (magnitude > most) {
            most = magnitude;
            gx = dx;
            gy = dy;
          }
        }
      }
      best = Math.sqrt(gx * gx + gy * gy);
      if (best === 0) continue;
      gx /= best;
      gy /= best;
      const to = ((y - from) * width + x) * BINS;
      for (let k = 0; k < BINS; k++) {
        const t = gx * cos[k]! + gy * sin[k]!;
        if (t <= 0) continue;
        const t3 = t * t * t;
        bands[to + k] = t3 * t3 * t3 * best;
      }
    }
  }
  return bands;
}

/** Channels whose squared gradients differ by less than this share may be ranked by rounding alone. */
const NEAR = 1e-9;

/** Five-point derivative [1, -8, 0, 8, -1] / 12. */
function derivative(unit: Float64Array, a: number, b: number, c: number, d: number): number {
  return unit[a]! * (1 / 12) + unit[b]! * (-8 / 12) + unit[c]! * (8 / 12) + unit[d]! * (-1 / 12);
}

/**
 * The same with fused multiply-adds, which is how the recorded results were compiled. Colour channels of real pictures
 * often have gradients of equal size, and then the last bit decides which one counts: their directions may differ.
 */
function fusedDerivative(unit: Float64Array, a: number, b: number, c: number, d: number): number {
  return fma(unit[d]!, -1 / 12, fma(unit[c]!, 8 / 12, fma(unit[b]!, -8 / 12, unit[a]! * (1 / 12))));
}

/** a * b + c rounded once, by Dekker's product and Knuth's sum; exact for the magnitudes met here. */
function fma(a: number, b: number, c: number): number {
  const p = a * b;
  const ta = a * 134217729, tb = b * 134217729; // 2^27 + 1 splits 53 bits in halves
  const ah = ta - (ta - a), bh = tb - (tb - b);
  const al = a - ah, bl = b - bh;
  const e = al * bl - (((p - ah * bh) - al * bh) - ah * bl);
  const s = p + c;
  const v = s - p;
  return s + (((p - (s - v)) + (c - v)) + e);
}

/** Filters along x, borders repeated. */
function filterCols(
  bands: Float64Array,
  width: number,
  { from: first, to: end }: Rows,
  taps: Float64Array,
  room: Float64Array,
): Float64Array {
  const out = cleared(room, bands.length);
  const reach = (taps.length - 1) / 2;
  for (let y = 0; y < end - first; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * BINS;
      for (let l = -reach; l <= reach; l++) {
        const w = taps[l + reach]!;
        if (w === 0) continue;
        const from = (y * width + Math.min(Math.max(x + l, 0), width - 1)) * BINS;
        for (let k = 0; k < BINS; k++) out[to + k] = out[to + k]! + bands[from + k]! * w;
      }
    }
  }
  return out;
}

/** Filters along y, borders repeated. */
function filterRows(
  bands: Float64Array,
  width: number,
  height: number,
  inner: Rows,
  rows: Rows,
  taps: Float64Array,
  room: Float64Array,
): Float64Array {
  const stride = width * BINS, out = cleared(room, (rows.to - rows.from) * stride);
  const reach = (taps.length - 1) / 2;
  for (let y = rows.from; y < rows.to; y++) {
    const to = (y - rows.from) * stride;
    for (let l = -reach; l <= reach; l++) {
      const w = taps[l + reach]!;
      if (w === 0) continue;
      const from = (Math.min(Math.max(y + l, 0), height - 1) - inner.from) * stride;
      for (let i = 0; i < stride; i++) out[to + i] = out[to + i]! + bands[from + i]! * w;
    }
  }
  return out;
}

/**
 * Joins the 16 cells around each pixel of rows `top`..`bottom` and normalises.
 *
 * @param cells [rows][width][8] @param squares memory for as many pixels
 */
function gather(
  cells: Float64Array,
  squares: Float64Array,
  width: number,
  height: number,
  rows: Rows,
  cell: number,
  top: number,
  bottom: number,
  out: Uint8Array,
): void {
  // Squared length of each cell, so that a descriptor's length takes 16 additions instead of 128.
  for (let p = 0, i = 0; i < cells.length; p++) {
    let sum = 0;
    for (let k = 0; k < BINS; k++, i++) sum += cells[i]! * cells[i]!;
    squares[p] = sum;
  }
  const at = new Int32Array(CELLS);
  for (let y = top, to = top * width * CHANNELS; y < bottom; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let cy = -1, n = 0; cy <= 2; cy++) {
        const row = (Math.min(Math.max(y + cy * cell, 0), height - 1) - rows.from) * width;
        for (let cx = -1; cx <= 2; cx++, n++) {
          const p = row + Math.min(Math.max(x + cx * cell, 0), width - 1);
          at[n] = p * BINS;
          sum += squares[p]!;
        }
      }
      const length = Math.sqrt(sum) + 0.01;
      for (let n = 0; n < CELLS; n++) {
        const from = at[n]!;
        for (let k = 0; k < BINS; k++, to++) out[to] = Math.min(cells[from + k]! / length * 255, 255);
      }
    }
  }
}
