/**
 * The one primitive everything is made of: a loft of rings, closed at both ends. Capsules, ellipsoids, boxes, lathes,
 * wings and car bodies are lofts with different rings.
 *
 * @module
 */
import type { MeshBuilder, Paint } from "./mesh.ts";
import { add, cos, cross, radians, scale, settle, sin, sub, unit, type Vec } from "./vec.ts";

/** A ring: centre and half-axes. v = 0 lies at centre + right, v = 1/4 at centre + up. */
export interface Section {
  readonly centre: Vec;
  readonly right: Vec;
  readonly up: Vec;
  /** Exponent of the superellipse: 2 an ellipse, 4 a rounded box, Infinity a box. Default: the loft's. */
  readonly power?: number;
}

/** How a loft is cut into vertices. The same for all instances of a kind. */
export interface LoftOptions {
  /** Vertices around; a multiple of 8 puts vertices at the corners of a box (v = 1/8, 3/8, 5/8, 7/8). Default 16. */
  readonly around?: number;
  /** Rings per interval between two sections. Default 1 for linear, 4 for smooth lofts. */
  readonly steps?: number;
  /** Smooth: a Catmull-Rom spline through the sections; else straight. */
  readonly smooth?: boolean;
  readonly power?: number;
  /** How far the ends bulge, as a fraction of their mean radius: 0 flat, 1 hemispherical. */
  readonly startBulge?: number;
  readonly endBulge?: number;
}

/** Adds a loft through two or more sections. u runs along the sections (caps included), v around. */
export function loft(
  mesh: MeshBuilder,
  name: string,
  slot: number | Paint,
  sections: readonly Section[],
  options: LoftOptions = {},
): void {
  const { smooth = false, around = 16, power = 2, startBulge = 0, endBulge = 0 } = options;
  const steps = options.steps ?? (smooth ? 4 : 1);
  const rings: Required<Section>[] = [];
  const at = (i: number): Required<Section> => {
    const s = sections[Math.min(Math.max(i, 0), sections.length - 1)]!;
    return { ...s, power: s.power ?? power };
  };
  for (let i = 0; i + 1 < sections.length; i++) {
    for (let k = 0; k < steps; k++) rings.push(between(at(i - 1), at(i), at(i + 1), at(i + 2), k / steps, smooth));
  }
  rings.push(at(sections.length - 1));
  const first = rings[0]!, last = rings.at(-1)!;
  const all = [
    ...cap(first, unit(sub(first.centre, rings[1]!.centre)), startBulge).reverse(),
    ...rings,
    ...cap(last, unit(sub(last.centre, rings.at(-2)!.centre)), endBulge),
  ];
  mesh.patch(name, slot, all.map((ring) => outline(ring, around)));
}

/** A loft along a line of round or oval rings that stand across it. */
export interface Bead {
  readonly at: Vec;
  /** Half-width across, along the tube's `side`. */
  readonly width: number;
  /** Half-height; the width when left out. */
  readonly height?: number;
  readonly power?: number;
}

/**
 * Adds a tube through beads. Its rings stand perpendicular to the line, their `right` axis as near to `side` as that
 * allows; `up` is side x direction.
 */
export function tube(
  mesh: MeshBuilder,
  name: string,
  slot: number | Paint,
  beads: readonly Bead[],
  options: LoftOptions & { readonly side?: Vec } = {},
): void {
  const side = options.side ?? [0, 0, 1];
  const sections = beads.map((bead, i): Section => {
    const before = beads[Math.max(i - 1, 0)]!, after = beads[Math.min(i + 1, beads.length - 1)]!;
    const along = unit(sub(after.at, before.at));
    const up = unit(cross(side, along));
    const right = cross(along, up);
    const ring = { centre: bead.at, right: scale(right, bead.width), up: scale(up, bead.height ?? bead.width) };
    return bead.power === undefined ? ring : { ...ring, power: bead.power };
  });
  loft(mesh, name, slot, sections, { smooth: true, startBulge: 0.9, endBulge: 0.9, ...options });
}

/** Adds an axis-aligned ellipsoid; its poles (u = 0 and u = 1) lie at -x and +x. */
export function ellipsoid(
  mesh: MeshBuilder,
  name: string,
  slot: number | Paint,
  centre: Vec,
  radii: Vec,
  around = 16,
): void {
  const sections = [-60, -30, 0, 30, 60].map((angle): Section => {
    const c = cos(radians(angle));
    return {
      centre: add(centre, [radii[0] * sin(radians(angle)), 0, 0]),
      right: [0, 0, radii[2] * c],
      up: [0, radii[1] * c, 0],
    };
  });
  const pole = (end: number): Section => ({
    centre: add(centre, [end * radii[0], 0, 0]),
    right: [0, 0, 1e-3 * radii[2]],
    up: [0, 1e-3 * radii[1], 0],
  });
  loft(mesh, name, slot, [pole(-1), ...sections, pole(1)], { around });
}

/** Adds a box from the bottom-centre of one end to that of the other: right and up are its half-sides. */
export function box(
  mesh: MeshBuilder,
  name: string,
  slot: number | Paint,
  ends: { readonly from: Vec; readonly to: Vec; readonly right: Vec; readonly up: Vec },
  power = Infinity,
): void {
  const { from, to, right, up } = ends;
  loft(mesh, name, slot, [{ centre: from, right, up }, { centre: to, right, up }], { around: 8, steps: 2, power });
}

/** Adds a surface of revolution about the vertical through `base`: profile of heights and radii, from below. */
export function lathe(
  mesh: MeshBuilder,
  name: string,
  slot: number | Paint,
  base: Vec,
  profile: readonly { readonly y: number; readonly r: number }[],
  options: LoftOptions = {},
): void {
  const sections = profile.map(({ y, r }): Section => ({
    centre: add(base, [0, y, 0]),
    right: [r, 0, 0],
    up: [0, 0, r],
  }));
  loft(mesh, name, slot, sections, { around: 24, ...options });
}

/** Adds a disc-like wheel: a loft along z (the axle), `half` its half-width, a rim of radius `radius`, a sunken hub. */
export function wheel(mesh: MeshBuilder, name: string, slot: number | Paint, hub: Vec, radius: number, half: number) {
  const ring = (z: number, r: number): Section => ({
    centre: add(hub, [0, 0, z]),
    right: [r, 0, 0],
    up: [0, r, 0],
  });
  const k = radius;
  const profile = [ring(-half * 1.02, 0.12 * k), ring(-half * 0.85, 0.62 * k), ring(-half, 0.68 * k)];
  const outer = [ring(-half * 0.75, 0.97 * k), ring(0, k), ring(half * 0.75, 0.97 * k)];
  const far = [ring(half, 0.68 * k), ring(half * 0.85, 0.62 * k), ring(half * 1.02, 0.12 * k)];
  loft(mesh, name, slot, [...profile, ...outer, ...far], { around: 24 });
}

function between(
  a: Required<Section>,
  b: Required<Section>,
  c: Required<Section>,
  d: Required<Section>,
  t: number,
  smooth: boolean,
): Required<Section> {
  const blend = (p: Vec, q: Vec, r: Vec, s: Vec): Vec =>
    [0, 1, 2].map((i) => {
      const [p0, p1, p2, p3] = [p[i]!, q[i]!, r[i]!, s[i]!];
      if (!smooth) return p1 + (p2 - p1) * t;
      const m1 = (p2 - p0) / 2, m2 = (p3 - p1) / 2;
      const t2 = t * t, t3 = t2 * t;
      return (2 * t3 - 3 * t2 + 1) * p1 + (t3 - 2 * t2 + t) * m1 + (3 * t2 - 2 * t3) * p2 + (t3 - t2) * m2;
    }) as unknown as Vec;
  return {
    centre: blend(a.centre, b.centre, c.centre, d.centre),
    right: blend(a.right, b.right, c.right, d.right),
    up: blend(a.up, b.up, c.up, d.up),
    power: b.power === c.power ? b.power : b.power + (c.power - b.power) * t,
  };
}

/** Rings that close an end, outwards; the last has no radius. */
function cap(ring: Required<Section>, outward: Vec, bulge: number): Required<Section>[] {
  const length = (v: Vec) => Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const reach = bulge * 0.5 * (length(ring.right) + length(ring.up));
  const turns = bulge === 0 ? [90] : [30, 60, 90];
  return turns.map((angle) => {
    const s = sin(radians(angle)), c = angle === 90 ? 0 : cos(radians(angle));
    return {
      ...ring,
      centre: add(ring.centre, scale(outward, reach * s)),
      right: scale(ring.right, c),
      up: scale(ring.up, c),
    };
  });
}

function outline(ring: Required<Section>, around: number): Vec[] {
  return Array.from({ length: around }, (_, j) => {
    const c = cos(2 * Math.PI * j / around), s = sin(2 * Math.PI * j / around);
    const reach = ring.power === 2
      ? 1
      : ring.power === Infinity
      ? 1 / Math.max(Math.abs(c), Math.abs(s))
      : settle(Math.pow(Math.pow(Math.abs(c), ring.power) + Math.pow(Math.abs(s), ring.power), -1 / ring.power));
    return add(ring.centre, add(scale(ring.right, c * reach), scale(ring.up, s * reach)));
  });
}
