import type { MeshBuilder } from "../mesh.ts";
import { loft, type Section, tube } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material } from "../texture.ts";
import { add, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const HULL = 0, LIVERY = 1, GLASS = 2, WING = 3, ENGINE = 4, DARK = 5;

/** Airliners and business jets in the air. */
export const aeroplane: Kind = {
  name: "aeroplane",
  keypoints: [
    "nose",
    "cockpit",
    "left wing tip",
    "right wing tip",
    "left wing root",
    "right wing root",
    "left engine",
    "right engine",
    "left tailplane tip",
    "right tailplane tip",
    "fin tip",
    "fin root",
    "tail end",
  ],
  symmetry: [
    ["left wing tip", "right wing tip"],
    ["left wing root", "right wing root"],
    ["left engine", "right engine"],
    ["left tailplane tip", "right tailplane tip"],
  ],
  settings: ["sky"],
  view: { azimuth: 48, elevation: [-24, 30] },
  build,
  materials(random) {
    const liveries: Vec[] = [
      [0.75, 0.12, 0.16],
      [0.1, 0.25, 0.58],
      [0.95, 0.7, 0.12],
      [0.1, 0.48, 0.42],
      [0.9, 0.45, 0.1],
      [0.35, 0.2, 0.5],
    ];
    const hull = random.pick<Vec>([[0.93, 0.93, 0.92], [0.8, 0.82, 0.85], [0.9, 0.86, 0.76], [0.6, 0.64, 0.68]]);
    const colour = random.pick(liveries), second = random.pick(liveries);
    return [
      material(hull, { gloss: 0.7 }),
      material(colour, {
        second,
        pattern: random.pick(["plain", "bands", "spots"]),
        scale: random.range(1.5, 2.5),
        gloss: 0.6,
      }),
      material([0.12, 0.16, 0.2], { gloss: 1 }),
      material([hull[0] * 0.88, hull[1] * 0.9, hull[2] * 0.92], { gloss: 0.5 }),
      material(random.pick<Vec>([colour, hull, [0.4, 0.42, 0.45]]), { gloss: 0.6 }),
      material([0.1, 0.1, 0.11]),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const long = random.about(1.55, 0.14), r = random.about(0.2, 0.18), droop = random.range(0.02, 0.09);
  const stripe = random.range(0.46, 0.54), half = random.below(2) === 0;
  const livery = (u: number, v: number): number => {
    // v: 0 right, 1/4 top, 1/2 left, 3/4 bottom. Height of the skin from -1 (keel) to 1 (back).
    const side = v < 0.25 ? v : v > 0.75 ? v - 1 : 0.5 - v;
    if (u > 0.855 && u < 0.905 && side > 0.075 && side < 0.17) return GLASS;
    if (u > 0.28 && u < 0.8 && side > 0.018 && side < 0.058 && u * 60 - Math.floor(u * 60) < 0.55) return GLASS;
    if (u < 0.24) return LIVERY;
    return half ? side < -0.09 ? LIVERY : HULL : Math.abs(side + 0.02 - (stripe - 0.5) * 0.3) < 0.025 ? LIVERY : HULL;
  };
  tube(mesh, "fuselage", livery, [
    { at: [-long, r * 0.55, 0], width: r * 0.12, height: r * 0.14 },
    { at: [-long * 0.72, r * 0.36, 0], width: r * 0.55, height: r * 0.58 },
    { at: [-long * 0.4, r * 0.06, 0], width: r * 0.97, height: r },
    { at: [0, 0, 0], width: r, height: r },
    { at: [long * 0.4, 0, 0], width: r, height: r },
    { at: [long * 0.7, 0, 0], width: r * 0.98, height: r * 0.98 },
    { at: [long * 0.9, -r * 0.12, 0], width: r * 0.66, height: r * 0.64 },
    { at: [long, -r * (0.2 + droop), 0], width: r * 0.18, height: r * 0.18 },
  ], { around: 32, steps: 5 });
  mesh.mark("nose", "fuselage", 1, 0);
  mesh.mark("tail end", "fuselage", 0, 0);
  mesh.mark("cockpit", "fuselage", 0.89, 0.25);

  const span = random.about(1.5, 0.18), sweep = random.range(0.15, 0.85), chord = random.about(0.36, 0.2);
  const dihedral = random.range(0.02, 0.22), taper = random.range(0.22, 0.5), seat = long * random.range(-0.02, 0.16);
  const tailSpan = random.about(0.55, 0.2), finTall = random.about(0.55, 0.22), finSweep = random.range(0.2, 0.55);
  const winglet = random.range(0, 0.16);
  for (const [side, s] of [["left", -1], ["right", 1]] as const) {
    aerofoil(mesh, `${side} wing`, WING, [
      { at: [seat, -r * 0.45, s * r * 0.5], chord: chord, thick: 0.055 },
      {
        at: [seat - sweep * 0.35, -r * 0.45 + dihedral * 0.35, s * (r + span * 0.33)],
        chord: chord * 0.78,
        thick: 0.04,
      },
      { at: [seat - sweep, -r * 0.45 + dihedral, s * (r + span * 0.96)], chord: chord * taper, thick: 0.025 },
      {
        at: [seat - sweep - 0.06, -r * 0.45 + dihedral + winglet, s * (r + span)],
        chord: chord * taper * 0.5,
        thick: 0.018,
      },
    ], [0, 1, 0]);
    mesh.mark(`${side} wing tip`, `${side} wing`, 1, 0);
    // Leading edge (v = 0) where the wing leaves the fuselage.
    mesh.mark(`${side} wing root`, `${side} wing`, 0.125, 0);
    const out = r + span * 0.34;
    const pod: Vec = [seat - sweep * 0.35 + chord * 0.55, -r * 0.45 + dihedral * 0.35 - 0.11, s * out];
    const big = random.about(0.085, 0.02);
    tube(mesh, `${side} engine`, (u) => u > 0.93 ? DARK : ENGINE, [
      { at: add(pod, [-0.34, 0.02, 0]), width: big * 0.55 },
      { at: add(pod, [-0.05, 0, 0]), width: big },
      { at: add(pod, [0.1, 0, 0]), width: big * 0.95 },
    ], { around: 20, startBulge: 0.3, endBulge: 0 });
    mesh.mark(`${side} engine`, `${side} engine`, 1, 0);
    aerofoil(mesh, `${side} tailplane`, WING, [
      { at: [-long * 0.82, r * 0.5, s * r * 0.1], chord: chord * 0.55, thick: 0.03 },
      {
        at: [-long * 0.82 - sweep * 0.35, r * 0.5 + dihedral * 0.4, s * (r * 0.3 + tailSpan)],
        chord: chord * 0.26,
        thick: 0.018,
      },
    ], [0, 1, 0]);
    mesh.mark(`${side} tailplane tip`, `${side} tailplane`, 1, 0);
  }
  aerofoil(mesh, "fin", LIVERY, [
    { at: [-long * 0.76, r * 0.45, 0], chord: chord * 0.72, thick: 0.035 },
    { at: [-long * 0.76 - finSweep, r * 0.45 + finTall, 0], chord: chord * 0.34, thick: 0.02 },
  ], [0, 0, 1]);
  mesh.mark("fin tip", "fin", 1, 0);
  mesh.mark("fin root", "fin", 0.25, 0);
}

interface Rib {
  readonly at: Vec;
  /** Half-length along x. */
  readonly chord: number;
  readonly thick: number;
}

/** A wing through ribs; v = 0 is the leading edge. `normal` is its thin direction. */
function aerofoil(mesh: MeshBuilder, name: string, slot: number, ribs: readonly Rib[], normal: Vec): void {
  const sections = ribs.map(({ at, chord, thick }): Section => ({
    centre: at,
    right: [chord, 0, 0],
    up: [normal[0] * thick, normal[1] * thick, normal[2] * thick],
  }));
  loft(mesh, name, slot, sections, { around: 20, steps: 4, endBulge: 0.35 });
}
