import { EPSILON, fastSqrt } from "./_vl_math.ts";

/** How descriptor values are given: as they are, cut to whole numbers, or rounded to whole numbers. */
export type Output = "float" | "truncate" | "round";

/** Where descriptors are written to; bytes hold the whole numbers. */
export type Values = Float32Array | Uint8Array;

/** Largest value of the unit descriptor before it is normalised again. */
const CLAMP = Math.fround(0.2);

/** For [y bin][x bin][orientation from +x], where in a block [x bin][y bin][orientation from +y] [4] the value is. */
const SOURCE = Int32Array.from({ length: 128 }, (_, to) => {
  const y = to >> 5;
  const x = (to >> 3) & 3;
  return ((x * 4 + y) * 8 + ((10 - (to & 7)) & 7)) * 4;
});

/**
 * Normalises blocks of four raw descriptors, [128][4], and writes the first `n` of them: unit length, values above 0.2
 * cut, unit length again, times 512, at most 255. `area` turns the raw sum into the norm that `contrast` is compared to.
 *
 * Divisions are products with a double-precision inverse, which is faster and gives the same single: a quotient of two
 * 24-bit numbers is at least 2^-49 (relative) away from any tie of rounding, the product at most 2^-52 from the quotient.
 */
export function normaliser({ output, contrast, area }: { output: Output; contrast: number; area: number }) {
  const inverses = new Float64Array(4);
  return (block: Float32Array, n: number, first: number, data: Values, norms: Float32Array | undefined) => {
    if (norms) masses(block, n, first, norms, area);
    invertedLengths(block, inverses);
    clampedLengths(block, inverses);
    for (let k = 0; k < n; k++) {
      if (norms && norms[first + k]! < contrast) continue; // data is zero already
      const to = (first + k) * 128;
      if (output === "float") writeFloats(block, k, inverses[k]!, data, to);
      else writeWhole(block, k, inverses[k]!, output === "round" ? 0.5 : 0, data, to);
    }
  };
}

// Four lanes of a block at a time in each pass, as separate functions: one loop each is what the compiler does best.

function masses(block: Float32Array, n: number, first: number, norms: Float32Array, area: number) {
  for (let k = 0; k < n; k++) {
    let mass = 0;
    for (let i = k; i < 512; i += 4) mass = Math.fround(mass + block[i]!);
    norms[first + k] = mass / area;
  }
}

function invertedLengths(block: Float32Array, inverses: Float64Array) {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (let i = 0; i < 512; i += 4) {
    const a = block[i]!, b = block[i + 1]!, c = block[i + 2]!, d = block[i + 3]!;
    s0 = Math.fround(s0 + Math.fround(a * a));
    s1 = Math.fround(s1 + Math.fround(b * b));
    s2 = Math.fround(s2 + Math.fround(c * c));
    s3 = Math.fround(s3 + Math.fround(d * d));
  }
  inverses[0] = 1 / Math.fround(fastSqrt(s0) + EPSILON);
  inverses[1] = 1 / Math.fround(fastSqrt(s1) + EPSILON);
  inverses[2] = 1 / Math.fround(fastSqrt(s2) + EPSILON);
  inverses[3] = 1 / Math.fround(fastSqrt(s3) + EPSILON);
}

function clampedLengths(block: Float32Array, inverses: Float64Array) {
  const n0 = inverses[0]!, n1 = inverses[1]!, n2 = inverses[2]!, n3 = inverses[3]!;
  // Rounding before the comparison or after, by the store, gives the same: the limit is a single.
  for (let i = 0; i < 512; i += 4) {
    block[i] = Math.min(block[i]! * n0, CLAMP);
    block[i + 1] = Math.min(block[i + 1]! * n1, CLAMP);
    block[i + 2] = Math.min(block[i + 2]! * n2, CLAMP);
    block[i + 3] = Math.min(block[i + 3]! * n3, CLAMP);
  }
  invertedLengths(block, inverses);
}

function writeFloats(block: Float32Array, lane: number, inverse: number, data: Values, to: number) {
  for (let v = 0; v < 128; v++) {
    const value = 512 * Math.fround(block[SOURCE[v]! + lane]! * inverse);
    data[to + v] = value > 255 ? 255 : value;
  }
}

function writeWhole(block: Float32Array, lane: number, inverse: number, half: number, data: Values, to: number) {
  for (let v = 0; v < 128; v++) {
    const value = 512 * Math.fround(block[SOURCE[v]! + lane]! * inverse);
    data[to + v] = value > 255 ? 255 : Math.floor(value + half);
  }
}
