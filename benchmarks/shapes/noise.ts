/**
 * Procedural noise from integer hashes: sums, products and one division, so the same on every engine.
 *
 * @module
 */

/** Hash of a lattice point to [0, 1). */
export function lattice(x: number, y: number, z: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x1b873593) ^ seed;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** Value noise in space, smooth, in [0, 1). */
export function noise3(x: number, y: number, z: number, seed: number): number {
  const ix = Math.floor(x), iy = Math.floor(y), iz = Math.floor(z);
  const fx = x - ix, fy = y - iy, fz = z - iz;
  const u = fx * fx * (3 - 2 * fx), v = fy * fy * (3 - 2 * fy), w = fz * fz * (3 - 2 * fz);
  const a = lattice(ix, iy, iz, seed), b = lattice(ix + 1, iy, iz, seed);
  const c = lattice(ix, iy + 1, iz, seed), d = lattice(ix + 1, iy + 1, iz, seed);
  const e = lattice(ix, iy, iz + 1, seed), f = lattice(ix + 1, iy, iz + 1, seed);
  const g = lattice(ix, iy + 1, iz + 1, seed), h = lattice(ix + 1, iy + 1, iz + 1, seed);
  const near = a + (b - a) * u + (c + (d - c) * u - a - (b - a) * u) * v;
  const far = e + (f - e) * u + (g + (h - g) * u - e - (f - e) * u) * v;
  return near + (far - near) * w;
}

/** Value noise in the plane, smooth, in [0, 1). */
export function noise2(x: number, y: number, seed: number): number {
  const ix = Math.floor(x), iy = Math.floor(y);
  const fx = x - ix, fy = y - iy;
  const u = fx * fx * (3 - 2 * fx), v = fy * fy * (3 - 2 * fy);
  const a = lattice(ix, iy, 0, seed), b = lattice(ix + 1, iy, 0, seed);
  const c = lattice(ix, iy + 1, 0, seed), d = lattice(ix + 1, iy + 1, 0, seed);
  return a + (b - a) * u + (c + (d - c) * u - a - (b - a) * u) * v;
}

/** Three octaves of {@linkcode noise2}, in [0, 1). */
export function cloud2(x: number, y: number, seed: number): number {
  return (4 * noise2(x, y, seed) + 2 * noise2(2 * x, 2 * y, seed + 1) + noise2(4 * x, 4 * y, seed + 2)) / 7;
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function ramp(low: number, high: number, value: number): number {
  const t = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}
