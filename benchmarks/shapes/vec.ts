/** Three numbers: a position, a direction or a colour. World axes: x to the object's front, y up, z to its right. */
export type Vec = readonly [number, number, number];

export function add(a: Vec, b: Vec): Vec {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function sub(a: Vec, b: Vec): Vec {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vec, s: number): Vec {
  return [a[0] * s, a[1] * s, a[2] * s];
}

export function dot(a: Vec, b: Vec): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec, b: Vec): Vec {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The direction of `a`; the zero vector stays zero. */
export function unit(a: Vec): Vec {
  const length = Math.sqrt(dot(a, a));
  return length > 0 ? scale(a, 1 / length) : a;
}

/** From `a` (t = 0) to `b` (t = 1). */
export function mixed(a: Vec, b: Vec, t: number): Vec {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/**
 * Rounded to a multiple of 2^-16. Engines may differ in the last bit of sin, cos and pow; everything computed with them
 * passes through here before it is used, so that later arithmetic (exact in IEEE 754) is the same everywhere.
 */
export function settle(value: number): number {
  return Math.round(value * 65536) / 65536;
}

/** sin(angle), settled; `angle` in radians. */
export function sin(angle: number): number {
  return settle(Math.sin(angle));
}

/** cos(angle), settled; `angle` in radians. */
export function cos(angle: number): number {
  return settle(Math.cos(angle));
}

/** Degrees to radians. */
export function radians(degrees: number): number {
  return degrees * Math.PI / 180;
}
