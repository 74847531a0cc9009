import type { MeshBuilder } from "../mesh.ts";
import { box, ellipsoid, loft, type Section, wheel } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material } from "../texture.ts";
import type { Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const PAINT = 0, GLASS = 1, TYRE = 2, RIM = 3, LAMP = 4, TAIL = 5, PLATE = 6, TRIM = 7;

/** Saloons, hatchbacks, vans and pick-ups between each other. */
export const car: Kind = {
  name: "car",
  keypoints: [
    "left front wheel",
    "right front wheel",
    "left back wheel",
    "right back wheel",
    "left headlight",
    "right headlight",
    "left taillight",
    "right taillight",
    "left front roof corner",
    "right front roof corner",
    "left back roof corner",
    "right back roof corner",
    "left mirror",
    "right mirror",
    "front plate",
    "back plate",
  ],
  symmetry: [
    ["left front wheel", "right front wheel", "left back wheel", "right back wheel"],
    ["left headlight", "right headlight"],
    ["left taillight", "right taillight"],
    ["left front roof corner", "right front roof corner", "left back roof corner", "right back roof corner"],
    ["left mirror", "right mirror"],
    ["front plate", "back plate"],
  ],
  settings: ["street"],
  view: { azimuth: 48, elevation: [4, 28] },
  build,
  materials(random) {
    const paints: Vec[] = [
      [0.75, 0.12, 0.1],
      [0.12, 0.25, 0.6],
      [0.9, 0.9, 0.9],
      [0.15, 0.16, 0.18],
      [0.95, 0.72, 0.12],
      [0.1, 0.42, 0.3],
      [0.6, 0.62, 0.65],
      [0.85, 0.4, 0.12],
      [0.45, 0.75, 0.85],
    ];
    const colour = random.pick(paints), second = random.pick(paints);
    const pattern = random.pick(["plain", "plain", "bands", "patches"] as const);
    const seed = random.uint32();
    return [
      material(colour, { second, pattern, gloss: random.range(0.5, 1), scale: random.range(1.2, 2.2), seed }),
      material([0.14, 0.2, 0.26], { gloss: 1 }),
      material([0.07, 0.07, 0.07], { gloss: 0.1 }),
      material(random.pick<Vec>([[0.8, 0.8, 0.82], [0.3, 0.3, 0.32], [0.85, 0.7, 0.4]]), { gloss: 0.8 }),
      material([0.98, 0.96, 0.85], { gloss: 1 }),
      material([0.75, 0.05, 0.05], { gloss: 1 }),
      material(random.pick<Vec>([[0.95, 0.95, 0.9], [0.95, 0.8, 0.2]]), {
        second: [0.1, 0.1, 0.15],
        pattern: "weave",
        scale: 14,
      }),
      material([0.12, 0.12, 0.13], { gloss: 0.4 }),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const long = random.about(2.05, 0.14), wide = random.about(0.86, 0.1), radius = random.about(0.32, 0.12);
  const floor = radius * 0.62, belt = floor + random.about(0.62, 0.14), roof = belt + random.about(0.5, 0.2);
  const bonnet = belt - random.range(0.02, 0.16), boot = belt - random.range(-0.04, 0.12);
  const half = wide * 0.98;
  const ring = (x: number, low: number, high: number, z: number, power: number): Section => ({
    centre: [x, (low + high) / 2, 0],
    right: [0, 0, z],
    up: [0, (high - low) / 2, 0],
    power,
  });
  const sill = (u: number, v: number) => v > 0.66 && v < 0.84 || u < 0.04 || u > 0.97 ? TRIM : PAINT;
  loft(mesh, "body", sill, [
    ring(-long, floor + 0.12, boot - 0.1, half * 0.86, 5),
    ring(-long + 0.08, floor + 0.05, boot - 0.03, half * 0.95, 6),
    ring(-long * 0.55, floor, boot, half, 7),
    ring(-long * 0.2, floor, belt, half, 7),
    ring(long * 0.35, floor, belt, half, 7),
    ring(long * 0.7, floor, bonnet + (belt - bonnet) * 0.45, half * 0.98, 6),
    ring(long - 0.1, floor + 0.04, bonnet, half * 0.93, 5),
    ring(long, floor + 0.1, bonnet - 0.1, half * 0.84, 5),
  ], { around: 32, steps: 3, smooth: true });

  // The cabin is lofted upwards: its rings are rectangles in the horizontal plane, x along `up`.
  const fore = long * random.about(0.4, 0.15), aft = -long * random.range(0.42, 0.9);
  const screen = random.about(0.34, 0.4), rear = random.range(0.04, 0.42);
  const level = (t: number, inset: number): Section => {
    const x0 = aft + rear * t, x1 = fore - screen * t - 0.14 * t;
    return {
      centre: [(x0 + x1) / 2, belt - 0.06 + (roof - belt + 0.06) * t, 0],
      right: [0, 0, half * (0.93 - 0.17 * t) - inset],
      up: [(x1 - x0) / 2 - inset, 0, 0],
      power: 9,
    };
  };
  loft(mesh, "cabin", windows, [level(0, 0), level(0.1, 0), level(0.9, 0), level(1, 0.06)], { around: 48, steps: 3 });

  const axleFront = long * random.range(0.58, 0.66), axleBack = -long * random.range(0.56, 0.66);
  for (const [side, s] of [["left", -1], ["right", 1]] as const) {
    for (const [end, x] of [["front", axleFront], ["back", axleBack]] as const) {
      const name = `${side} ${end} wheel`;
      const spokes = (u: number, v: number) =>
        u > 0.3 && u < 0.7 ? TYRE : u < 0.12 || u > 0.88 || v * 5 - Math.floor(v * 5) < 0.62 ? RIM : TRIM;
      wheel(mesh, name, spokes, [x, radius, s * (half - 0.08)], radius, 0.15);
      mesh.mark(name, name, s > 0 ? 1 : 0, 0);
    }
    const lampY = floor + (bonnet - floor) * 0.66;
    ellipsoid(mesh, `${side} headlight`, LAMP, [long - 0.06, lampY, s * half * 0.66], [0.09, 0.1, 0.16]);
    mesh.mark(`${side} headlight`, `${side} headlight`, 1, 0);
    const tailY = floor + (boot - floor) * 0.68;
    ellipsoid(mesh, `${side} taillight`, TAIL, [-long + 0.05, tailY, s * half * 0.74], [0.08, 0.12, 0.13]);
    mesh.mark(`${side} taillight`, `${side} taillight`, 0, 0);
    ellipsoid(mesh, `${side} mirror`, PAINT, [fore - 0.22, belt + 0.08, s * (half + 0.09)], [0.07, 0.08, 0.12], 12);
    mesh.mark(`${side} mirror`, `${side} mirror`, 0.5, s > 0 ? 0 : 0.5);
    // Corners of the cabin's rings: v = 1/8 is right-front, 3/8 left-front, 5/8 left-back, 7/8 right-back.
    mesh.mark(`${side} front roof corner`, "cabin", 7 / 11, s > 0 ? 1 / 8 : 3 / 8);
    mesh.mark(`${side} back roof corner`, "cabin", 7 / 11, s > 0 ? 7 / 8 : 5 / 8);
  }
  for (const [end, x] of [["front", long], ["back", -long]] as const) {
    const s = Math.sign(x);
    const y = floor + 0.24;
    box(mesh, `${end} plate`, PLATE, {
      from: [x - s * 0.08, y, 0],
      to: [x + s * 0.025, y, 0],
      right: [0, 0, 0.24],
      up: [0, 0.07, 0],
    });
    mesh.mark(`${end} plate`, `${end} plate`, 1, 0);
  }
}

/** Windows between the pillars; v runs right, front, left, back. */
function windows(u: number, v: number): number {
  if (u < 0.24 || u > 0.72) return PAINT;
  const side = Math.min(Math.abs(v - 0.5), Math.abs(v), Math.abs(v - 1));
  if (side < 0.012) return PAINT;
  for (const corner of [1 / 8, 3 / 8, 5 / 8, 7 / 8]) if (Math.abs(v - corner) < 0.014) return PAINT;
  return GLASS;
}
