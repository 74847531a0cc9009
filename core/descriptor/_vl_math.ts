/**
 * The approximations VLFeat uses in place of libm, in single precision: its descriptors differ from exact ones by more
 * than rounding (the angle by up to 0.006 rad), so parity needs the same formulas.
 *
 * @module
 */
const bits = new ArrayBuffer(4);
const asFloat = new Float32Array(bits);
const asInt = new Int32Array(bits);

/** Single-precision epsilon, 2^-23. */
export const EPSILON = 2 ** -23;

/** x * (1 / sqrt x) by a bit-pattern guess and two Newton steps; relative error about 5e-6. Zero below 1e-8. */
export function fastSqrt(x: number): number {
  if (x < 1e-8) return 0;
  const half = Math.fround(0.5 * x);
  asFloat[0] = x;
  asInt[0] = 0x5f3759df - (asInt[0]! >> 1);
  let r = asFloat[0]!;
  r = Math.fround(r * Math.fround(1.5 - Math.fround(Math.fround(half * r) * r)));
  r = Math.fround(r * Math.fround(1.5 - Math.fround(Math.fround(half * r) * r)));
  return Math.fround(x * r);
}

const QUARTER = Math.fround(Math.PI / 4);
const THREE_QUARTERS = Math.fround(3 * Math.PI / 4);
const C1 = Math.fround(0.9675);
const C3 = Math.fround(0.1821);

/** atan2(y, x) by a cubic in (x - |y|) / (x + |y|). */
export function fastAtan2(y: number, x: number): number {
  const a = Math.fround(Math.abs(y) + EPSILON);
  const r = x >= 0
    ? Math.fround(Math.fround(x - a) / Math.fround(x + a))
    : Math.fround(Math.fround(x + a) / Math.fround(a - x));
  const cubic = Math.fround(Math.fround(Math.fround(Math.fround(C3 * r) * r) - C1) * r);
  const angle = Math.fround((x >= 0 ? QUARTER : THREE_QUARTERS) + cubic);
  return y < 0 ? -angle : angle;
}
