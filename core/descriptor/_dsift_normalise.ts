import { EPSILON, fastSqrt } from "./_vl_math.ts";

/** How descriptor values are given: as they are, cut to whole numbers, or rounded to whole numbers. */
export type Output = "float" | "truncate" | "round";

/** Largest value of the unit descriptor before it is normalised again. */
const CLAMP = Math.fround(0.2);

/** Where value `v` of [x bin][y bin][orientation from +y] goes in [y bin][x bin][orientation from +x]. */
const PLACE = Int32Array.from({ length: 128 }, (_, v) => {
  const x = v >> 5;
  const y = (v >> 3) & 3;
  return (y * 4 + x) * 8 + ((10 - (v & 7)) & 7);
});

/**
 * Normalises blocks of four raw descriptors, [128][4], and writes the first `n` of them: unit length, values above 0.2
 * cut, unit length again, times 512, at most 255. `area` turns the raw sum into the norm that `contrast` is compared to.
 */
export function normaliser({ output, contrast, area }: { output: Output; contrast: number; area: number }) {
  const lengths = new Float64Array(4);
  const f = Math.fround;
  return (block: Float32Array, n: number, first: number, data: Float32Array, norms: Float32Array | undefined) => {
    if (norms) {
      for (let k = 0; k < n; k++) {
        let mass = 0;
        for (let i = k; i < 512; i += 4) mass = f(mass + block[i]!);
        norms[first + k] = mass / area;
      }
    }
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let i = 0; i < 512; i += 4) {
      s0 = f(s0 + f(block[i]! * block[i]!));
      s1 = f(s1 + f(block[i + 1]! * block[i + 1]!));
      s2 = f(s2 + f(block[i + 2]! * block[i + 2]!));
      s3 = f(s3 + f(block[i + 3]! * block[i + 3]!));
    }
    const n0 = f(fastSqrt(s0) + EPSILON);
    const n1 = f(fastSqrt(s1) + EPSILON);
    const n2 = f(fastSqrt(s2) + EPSILON);
    const n3 = f(fastSqrt(s3) + EPSILON);
    s0 =
      s1 =
      s2 =
      s3 =
        0;
    for (let i = 0; i < 512; i += 4) {
      const a = Math.min(f(block[i]! / n0), CLAMP);
      const b = Math.min(f(block[i + 1]! / n1), CLAMP);
      const c = Math.min(f(block[i + 2]! / n2), CLAMP);
      const d = Math.min(f(block[i + 3]! / n3), CLAMP);
      s0 = f(s0 + f(a * a));
      s1 = f(s1 + f(b * b));
      s2 = f(s2 + f(c * c));
      s3 = f(s3 + f(d * d));
      block[i] = a;
      block[i + 1] = b;
      block[i + 2] = c;
      block[i + 3] = d;
    }
    lengths[0] = f(fastSqrt(s0) + EPSILON);
    lengths[1] = f(fastSqrt(s1) + EPSILON);
    lengths[2] = f(fastSqrt(s2) + EPSILON);
    lengths[3] = f(fastSqrt(s3) + EPSILON);
    for (let k = 0; k < n; k++) {
      if (norms && norms[first + k]! < contrast) continue; // data is zero already
      const to = (first + k) * 128;
      const length = lengths[k]!;
      if (output === "float") {
        for (let v = 0; v < 128; v++) data[to + PLACE[v]!] = Math.min(512 * f(block[v * 4 + k]! / length), 255);
      } else {
        const half = output === "round" ? 0.5 : 0;
        for (let v = 0; v < 128; v++) {
          data[to + PLACE[v]!] = (Math.min(512 * f(block[v * 4 + k]! / length), 255) + half) | 0;
        }
      }
    }
  };
}
