import { lattice, noise3, ramp } from "./noise.ts";
import type { Vec } from "./vec.ts";

/** Patterns of a surface, computed from its position in space, so that they have no seams. */
export type Pattern = "plain" | "mottled" | "patches" | "stripes" | "spots" | "wood" | "weave" | "bands";

/** What one part of an object is painted with. */
export interface Material {
  readonly pattern: Pattern;
  /** Colours as displayed, 0..1 per channel; the second is the pattern's. */
  readonly colour: Vec;
  readonly second: Vec;
  /** Pattern cells per world unit. */
  readonly scale: number;
  /** Strength of the highlight, 0 matt to 1 lacquered. */
  readonly gloss: number;
  readonly seed: number;
}

/** A material; what is left out is matt and plain. */
export function material(colour: Vec, more: Partial<Material> = {}): Material {
  return { pattern: "plain", colour, second: colour, scale: 4, gloss: 0.1, seed: 1, ...more };
}

/** Colour of a material at a point of the surface, as displayed, into `out`. */
export function paintAt(m: Material, x: number, y: number, z: number, out: Float64Array): void {
  const t = weight(m, x * m.scale, y * m.scale, z * m.scale);
  // A little grain everywhere: no surface is a flat colour, and descriptors have something to hold on to.
  const grain = 1 + (0.22 - 0.16 * m.gloss) * (noise3(x * 23, y * 23, z * 23, m.seed ^ 0x5bd1) - 0.5);
  for (let i = 0; i < 3; i++) out[i] = (m.colour[i]! + (m.second[i]! - m.colour[i]!) * t) * grain;
}

function weight(m: Material, x: number, y: number, z: number): number {
  switch (m.pattern) {
    case "plain":
      return 0;
    case "mottled":
      return 0.6 * noise3(x, y, z, m.seed) + 0.4 * noise3(3 * x, 3 * y, 3 * z, m.seed + 1);
    case "patches":
      return ramp(0.5, 0.58, 0.75 * noise3(x, y, z, m.seed) + 0.25 * noise3(3 * x, 3 * y, 3 * z, m.seed + 1));
    case "stripes": {
      const warped = x + 0.35 * y + 0.7 * noise3(x * 0.7, y * 0.7, z * 0.7, m.seed);
      return ramp(0.18, 0.26, Math.abs(warped - Math.floor(warped) - 0.5));
    }
    case "bands": {
      const phase = y - Math.floor(y);
      return ramp(0.3, 0.34, phase) - ramp(0.66, 0.7, phase);
    }
    case "spots":
      return spots(x, y, z, m.seed);
    case "wood": {
      const rings = 2.5 * noise3(x * 0.3, y * 0.3, z * 2, m.seed) + 4 * (x * 0.15 + z);
      const phase = rings - Math.floor(rings);
      return phase * (0.6 + 0.4 * noise3(x, y, z * 4, m.seed + 1));
    }
    case "weave": {
      const bar = (v: number) => ramp(0.2, 0.24, Math.abs(v - Math.floor(v) - 0.5));
      return 0.5 * (bar(x + z) + bar(y - z * 0.5));
    }
  }
}

/** Round spots, at most one per cell, in the nearest of the eight cells around. */
function spots(x: number, y: number, z: number, seed: number): number {
  const bx = Math.floor(x - 0.5), by = Math.floor(y - 0.5), bz = Math.floor(z - 0.5);
  let best = 0;
  for (let k = 0; k < 8; k++) {
    const cx = bx + (k & 1), cy = by + (k >> 1 & 1), cz = bz + (k >> 2);
    const dx = cx + 0.25 + 0.5 * lattice(cx, cy, cz, seed) - x;
    const dy = cy + 0.25 + 0.5 * lattice(cx, cy, cz, seed + 1) - y;
    const dz = cz + 0.25 + 0.5 * lattice(cx, cy, cz, seed + 2) - z;
    best = Math.max(best, 1 - ramp(0.07, 0.12, dx * dx + dy * dy + dz * dz));
  }
  return best;
}
