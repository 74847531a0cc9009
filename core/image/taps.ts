/**
 * One axis of a resize as a table: which input samples make an output sample, and with what weights. All differences
 * between libraries (PIL, torch, MATLAB) are differences of this table; see the builders.
 *
 * @module
 */

/** Output sample i is the sum over k of `weight[i * count + k] * input[index[i * count + k]]`. */
export interface Taps {
  /** Number of input samples. */
  readonly from: number;
  /** Number of output samples. */
  readonly to: number;
  /** Taps per output sample. Where a sample needs fewer, the rest repeat an index already in use with weight 0. */
  readonly count: number;
  /** [to][count], each in 0..from-1. */
  readonly index: Int32Array;
  /** [to][count]. */
  readonly weight: Float64Array;
}

/** An interpolation kernel: symmetric, zero outside +-`support` input samples. */
export interface Kernel {
  readonly support: number;
  readonly at: (x: number) => number;
}

/** Triangle. */
export const LINEAR: Kernel = { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Keys' cubic convolution. `a` is -0.5 in PIL, MATLAB and torch with antialias, -0.75 in torch without. */
export function cubic(a: number): Kernel {
  return {
    support: 2,
    at(x) {
      const d = Math.abs(x);
      if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
      return 0;
    },
  };
}

const sinc = (x: number) => x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);

/** Lanczos with three lobes. */
export const LANCZOS: Kernel = { support: 3, at: (x) => x > -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0 };

/** Collects the taps of one axis; outputs are given in order. */
class TapTable {
  readonly #from: number;
  readonly #rows: { index: number[]; weight: number[] }[] = [];

  constructor(from: number) {
    this.#from = from;
  }

  add(index: number[], weight: number[]): void {
    this.#rows.push({ index, weight });
  }

  /** Adds one output whose weights are scaled to sum to 1. */
  addNormalised(index: number[], weight: number[]): void {
    const sum = weight.reduce((a, b) => a + b, 0);
    this.add(index, sum === 0 ? weight : weight.map((w) => w / sum));
  }

  build(): Taps {
    const to = this.#rows.length;
    const count = Math.max(...this.#rows.map(({ index }) => index.length));
    const index = new Int32Array(to * count);
    const weight = new Float64Array(to * count);
    this.#rows.forEach((row, i) => {
      index.fill(row.index[0]!, i * count, (i + 1) * count);
      index.set(row.index, i * count);
      weight.set(row.weight, i * count);
    });
    return { from: this.#from, to, count, index, weight };
  }
}

/**
 * Antialiased taps that end at the border: the kernel is stretched by `from / to` when shrinking, cut at the border and
 * its weights made to sum to 1. PIL's rule, and torch's with `antialias=True`.
 *
 * @param step input samples per output sample; `from / to` unless a scale factor was given.
 */
export function clippedTaps(from: number, to: number, kernel: Kernel, step: number = from / to): Taps {
  checkSizes(from, to);
  const stretch = Math.max(step, 1);
  const support = kernel.support * stretch;
  const table = new TapTable(from);
  for (let i = 0; i < to; i++) {
    // Positions of sample centres are j + 0.5; sample j takes part when its centre lies within +-support (rounded).
    const centre = (i + 0.5) * step;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const index: number[] = [];
    const weight: number[] = [];
    for (let j = Math.min(first, from - 1); j < Math.max(end, first + 1) && j < from; j++) {
      index.push(j);
      weight.push(kernel.at((j + 0.5 - centre) / stretch));
    }
    table.addNormalised(index, weight);
  }
  return table.build();
}

/** How {@linkcode pointTaps} places output samples on the input axis. */
export interface PointOptions {
  /** Corner centres coincide: source = i * (from - 1) / (to - 1). Default false: source = (i + 0.5) * step - 0.5. */
  readonly alignCorners?: boolean;
  /** Input samples per output sample; `from / to` by default. Without effect when corners are aligned, as in torch. */
  readonly step?: number;
}

/**
 * Taps of point sampling without antialias, borders replicated: torch's `interpolate` with `antialias=False`.
 * Source positions are computed in float32, as torch does: at an exact sample the rounding decides the neighbour.
 */
export function pointTaps(from: number, to: number, kernel: "bilinear" | "bicubic", options: PointOptions = {}): Taps {
  checkSizes(from, to);
  const { alignCorners = false } = options;
  const f = Math.fround;
  const step = alignCorners ? (to > 1 ? f((from - 1) / (to - 1)) : 0) : f(options.step ?? from / to);
  const table = new TapTable(from);
  const { at } = cubic(-0.75);
  for (let i = 0; i < to; i++) {
    const position = alignCorners ? f(step * i) : f(f(step * f(i + 0.5)) - 0.5);
    if (kernel === "bilinear") {
      const inside = Math.max(0, position);
      const left = Math.min(Math.floor(inside), from - 1);
      const t = Math.min(Math.max(f(inside - left), 0), 1);
      table.add([left, Math.min(left + 1, from - 1)], [f(1 - t), t]);
    } else {
      const left = Math.floor(position);
      const t = f(position - left);
      const around = [-1, 0, 1, 2];
      table.add(around.map((k) => clamp(left + k, from)), around.map((k) => f(at(t - k))));
    }
  }
  return table.build();
}

/**
 * Taps of MATLAB's and Octave's `imresize`: the kernel is stretched by `1 / scale` when shrinking, and the input goes on
 * mirrored (the border sample twice) behind its borders.
 *
 * @param scale the scale asked for, which maps coordinates; `to` is usually `Math.ceil(from * scale)`.
 */
export function mirroredTaps(from: number, to: number, kernel: Kernel, scale: number = to / from): Taps {
  checkSizes(from, to);
  const stretch = Math.max(1 / scale, 1);
  const support = kernel.support * stretch;
  const table = new TapTable(from);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) / scale - 0.5;
    const index: number[] = [];
    const weight: number[] = [];
    for (let j = Math.ceil(centre - support); j <= Math.floor(centre + support); j++) {
      const w = kernel.at((j - centre) / stretch);
      if (w === 0) continue;
      index.push(mirror(j, from));
      weight.push(w);
    }
    table.addNormalised(index, weight);
  }
  return table.build();
}

/** True where a pass with these taps would change nothing. */
export function isIdentity({ from, to, count, index, weight }: Taps): boolean {
  if (from !== to) return false;
  for (let i = 0; i < to; i++) {
    for (let k = 0; k < count; k++) {
      const w = weight[i * count + k];
      if (w !== 0 && (w !== 1 || index[i * count + k] !== i)) return false;
    }
  }
  return true;
}

function clamp(i: number, n: number): number {
  return Math.min(Math.max(i, 0), n - 1);
}

// ... 1 0 | 0 1 ... n-1 | n-1 n-2 ...
function mirror(i: number, n: number): number {
  const period = 2 * n;
  const k = ((i % period) + period) % period;
  return k < n ? k : period - 1 - k;
}

function checkSizes(from: number, to: number): void {
  for (const n of [from, to]) {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`Cannot resize ${from} to ${to} samples: sizes must be integers of at least 1`);
    }
  }
}
