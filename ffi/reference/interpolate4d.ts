import type { Size4 } from "./conv4d.ts";

/** Where output position `i` of `to` lies among `from` cells: two cells and the share of the second. */
export function axisAt(i: number, from: number, to: number, alignCorners: boolean): [number, number, number] {
  const at = alignCorners ? (to > 1 ? i * (from - 1) / (to - 1) : 0) : Math.max(0, (i + 0.5) * from / to - 0.5);
  const low = Math.min(from - 1, Math.floor(at));
  return [low, Math.min(from - 1, low + 1), Math.min(1, at - low)];
}

/** Resizes one axis: x is [before][from][after], the result [before][to][after]. */
function resizeAxis(x: Float64Array, before: number, from: number, to: number, after: number, alignCorners: boolean) {
  const out = new Float64Array(before * to * after);
  for (let b = 0; b < before; b++) {
    for (let i = 0; i < to; i++) {
      const [low, high, share] = axisAt(i, from, to, alignCorners);
      for (let a = 0; a < after; a++) {
        const first = x[(b * from + low) * after + a]!, second = x[(b * from + high) * after + a]!;
        // A neighbour with weight 0 takes no part, even where it is NaN.
        out[(b * to + i) * after + a] = share === 0
          ? first
          : share === 1
          ? second
          : first * (1 - share) + second * share;
      }
    }
  }
  return out;
}

/** Bilinear along I and J, then along K and L. @param x [I][J][K][L][channels] */
export function interpolate4d(
  x: Float32Array,
  from: Size4,
  to: Size4,
  channels: number,
  alignCorners: boolean,
): Float32Array {
  let values = Float64Array.from(x);
  const size: number[] = [...from];
  for (let axis = 0; axis < 4; axis++) {
    const before = size.slice(0, axis).reduce((a, b) => a * b, 1);
    const after = size.slice(axis + 1).reduce((a, b) => a * b, channels);
    values = resizeAxis(values, before, size[axis]!, to[axis]!, after, alignCorners);
    size[axis] = to[axis]!;
  }
  return Float32Array.from(values);
}
