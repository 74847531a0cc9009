import type { MeshBuilder } from "../mesh.ts";
import { ellipsoid, tube } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material, type Pattern } from "../texture.ts";
import { add, cos, radians, scale, sin, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const COAT = 0, MUZZLE = 1, HOOF = 2, EYE = 3, BELLY = 4;

/** Horses, dogs, cows and cats in one: the proportions decide. */
export const quadruped: Kind = {
  name: "quadruped",
  keypoints: [
    "nose",
    "left eye",
    "right eye",
    "left ear tip",
    "right ear tip",
    "withers",
    "tail base",
    "tail tip",
    "left front paw",
    "right front paw",
    "left back paw",
    "right back paw",
    "left front knee",
    "right front knee",
    "left hock",
    "right hock",
  ],
  symmetry: [
    ["left eye", "right eye"],
    ["left ear tip", "right ear tip"],
    ["left front paw", "right front paw", "left back paw", "right back paw"],
    ["left front knee", "right front knee", "left hock", "right hock"],
  ],
  settings: ["meadow", "meadow", "street", "room"],
  view: { azimuth: 52, elevation: [2, 24] },
  build,
  materials(random) {
    const coats: [Vec, Vec, Pattern[]][] = [
      [[0.62, 0.42, 0.25], [0.42, 0.26, 0.15], ["mottled", "plain"]],
      [[0.93, 0.91, 0.86], [0.16, 0.14, 0.13], ["patches", "spots", "stripes"]],
      [[0.85, 0.58, 0.3], [0.95, 0.88, 0.75], ["patches", "mottled"]],
      [[0.35, 0.33, 0.34], [0.2, 0.19, 0.2], ["mottled"]],
      [[0.87, 0.66, 0.34], [0.24, 0.15, 0.08], ["spots", "stripes"]],
      [[0.8, 0.78, 0.74], [0.55, 0.52, 0.5], ["mottled", "stripes"]],
      [[0.45, 0.24, 0.14], [0.9, 0.85, 0.78], ["patches"]],
    ];
    const [colour, second, patterns] = random.pick(coats);
    const seed = random.uint32();
    const coat = material(colour, {
      second,
      pattern: random.pick(patterns),
      scale: random.range(3.2, 6),
      gloss: random.range(0.05, 0.25),
      seed,
    });
    return [
      coat,
      material(random.pick<Vec>([[0.2, 0.16, 0.15], [0.86, 0.74, 0.66], [0.35, 0.25, 0.2]]), { gloss: 0.25 }),
      material(random.pick<Vec>([[0.16, 0.14, 0.12], [0.9, 0.88, 0.85], [0.4, 0.32, 0.25]])),
      material([0.05, 0.04, 0.04], { gloss: 1 }),
      material([colour[0] * 0.6 + 0.38, colour[1] * 0.6 + 0.37, colour[2] * 0.6 + 0.35], {
        second: colour,
        pattern: "mottled",
        scale: 6,
        seed,
      }),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const length = random.about(1.15, 0.18), girth = random.about(0.27, 0.22), leg = random.about(0.72, 0.3);
  const thin = random.about(0.062, 0.3), neck = random.about(0.42, 0.35), rise = random.range(28, 68);
  const head = random.about(0.2, 0.18), muzzle = random.about(0.26, 0.3), nod = random.range(-5, 42);
  const y = leg + girth * 0.75, front = length / 2, back = -length / 2;
  const sag = random.range(-0.05, 0.05), tuck = random.range(0.72, 1), turn = random.range(-0.14, 0.14);

  const belly = (u: number, v: number) => v > 0.64 && v < 0.86 && u > 0.15 && u < 0.85 ? BELLY : COAT;
  tube(mesh, "body", belly, [
    { at: [back - 0.02, y + 0.03, 0], width: girth * 0.72, height: girth * 0.75 },
    { at: [back * 0.62, y + 0.01, 0], width: girth * 0.98, height: girth },
    { at: [0, y - sag, 0], width: girth * 0.95, height: girth * tuck },
    { at: [front * 0.6, y - 0.01, 0], width: girth * 0.98, height: girth * 1.08 },
    { at: [front * 0.98, y + 0.06, 0], width: girth * 0.66, height: girth * 0.85 },
  ], { around: 24 });

  const tilt = radians(rise);
  const base: Vec = [front * 0.86, y + girth * 0.35, 0];
  const poll = add(base, [neck * cos(tilt), neck * sin(tilt) + 0.06, turn]);
  tube(mesh, "neck", COAT, [
    { at: add(base, [-0.12, -0.16, 0]), width: girth * 0.62, height: girth * 0.85 },
    { at: add(base, [0.04, 0.02, turn * 0.1]), width: girth * 0.5, height: girth * 0.7 },
    { at: add(poll, [-0.02, -0.03, -turn * 0.15]), width: head * 0.52, height: head * 0.68 },
  ], { around: 16 });

  const down = radians(nod), gaze: Vec = [cos(down), -sin(down), turn * 0.8];
  const crown: Vec = [sin(down), cos(down), 0];
  const along = (k: number, lift = 0) => add(add(poll, scale(gaze, k)), scale(crown, lift));
  const snout = (u: number) => u > 0.8 ? MUZZLE : COAT;
  tube(mesh, "head", snout, [
    { at: along(-head * 0.45), width: head * 0.5, height: head * 0.55 },
    { at: along(head * 0.1, head * 0.06), width: head * 0.68, height: head * 0.72 },
    { at: along(head * 0.75), width: head * 0.52, height: head * 0.56 },
    { at: along(head * 0.8 + muzzle * 0.55, -head * 0.08), width: head * 0.36, height: head * 0.38 },
    { at: along(head * 0.8 + muzzle, -head * 0.12), width: head * 0.33, height: head * 0.3 },
  ], { around: 20 });
  ellipsoid(mesh, "nose pad", EYE, along(head * 1.02 + muzzle, -head * 0.02), [head * 0.12, head * 0.12, head * 0.16]);

  const earLong = head * random.about(0.75, 0.5), earWide = head * random.about(0.25, 0.3);
  const flop = random.range(0.15, 0.9), earOut = random.range(0.25, 0.7);
  for (const [side, s] of [["left", -1], ["right", 1]] as const) {
    const eye = add(along(head * 0.55, head * 0.32), [0, 0, s * head * 0.5]);
    ellipsoid(mesh, `${side} eye`, EYE, eye, [head * 0.13, head * 0.13, head * 0.1], 12);
    const root = add(along(-head * 0.12, head * 0.5), [0, 0, s * head * 0.38]);
    const tip = add(add(root, scale(crown, earLong * flop)), [-earLong * 0.25, 0, s * earLong * earOut]);
    const mid = add(scale(add(root, tip), 0.5), [earLong * 0.05, earLong * 0.1, 0]);
    tube(mesh, `${side} ear`, COAT, [
      { at: root, width: earWide * 0.5, height: earWide * 0.9 },
      { at: mid, width: earWide * 0.45, height: earWide },
      { at: tip, width: earWide * 0.1, height: earWide * 0.15 },
    ], { around: 12, side: [0.3, 0, 1] });
    mesh.mark(`${side} eye`, `${side} eye`, 0.5, s > 0 ? 0 : 0.5);
    mesh.mark(`${side} ear tip`, `${side} ear`, 1, 0);
  }

  const tailLong = random.about(0.55, 0.35), lift = random.range(-65, 40), swish = random.range(-0.25, 0.25);
  const tailBase: Vec = [back - girth * 0.42, y + girth * 0.5, 0];
  const angle = radians(lift);
  const tail = (k: number): Vec =>
    add(tailBase, [
      -tailLong * k * (0.35 + 0.65 * cos(angle)),
      tailLong * (k * sin(angle) * 0.9 + 0.1 * k * k),
      swish * k * k,
    ]);
  const bushy = thin * random.about(0.7, 0.4);
  tube(mesh, "tail", COAT, [
    { at: add(tailBase, [0.16, -0.04, 0]), width: bushy },
    { at: tail(0.2), width: bushy * 0.9 },
    { at: tail(0.6), width: bushy },
    { at: tail(1), width: bushy * 0.5 },
  ], { around: 12 });
  mesh.mark("tail tip", "tail", 1, 0);

  for (const [end, x0] of [["front", front * 0.68], ["back", back * 0.78]] as const) {
    for (const [side, s] of [["left", -1], ["right", 1]] as const) {
      legOf(mesh, random, end, side, { x: x0, top: y, z: s * girth * 0.62, leg, thin, girth });
    }
  }
  mesh.mark("nose", "nose pad", 1, 0);
  mesh.mark("withers", "body", 0.73, 0.25);
  mesh.mark("tail base", "body", 0.14, 0.25);
}

interface Hip {
  readonly x: number;
  readonly top: number;
  readonly z: number;
  readonly leg: number;
  readonly thin: number;
  readonly girth: number;
}

function legOf(mesh: MeshBuilder, random: Random, end: "front" | "back", side: string, hip: Hip): void {
  const { x, top, z, leg, thin, girth } = hip;
  const swing = random.range(-0.2, 0.2) * leg;
  const bend = (end === "front" ? 0.05 : -0.16) * leg;
  const name = `${side} ${end} leg`;
  const knee: Vec = [x + swing * 0.5 + bend, leg * 0.48, z];
  const fetlock: Vec = [x + swing * 0.95, leg * 0.14, z];
  tube(mesh, name, (u) => u > 0.88 ? HOOF : COAT, [
    { at: [x, top - girth * 0.1, z * 0.82], width: girth * 0.36, height: girth * (end === "front" ? 0.5 : 0.66) },
    { at: [x + swing * 0.15, leg * 0.84, z], width: thin * 1.5, height: thin * (end === "front" ? 1.9 : 2.5) },
    { at: knee, width: thin, height: thin * 1.15 },
    { at: fetlock, width: thin * 0.78 },
    { at: [x + swing + thin * 0.35, thin * 0.95, z], width: thin * 1.05, height: thin * 1.35 },
  ], { around: 12, side: [0, 0, 1] });
  // On the leg's front (v = 1/4) or back: seen from either side.
  mesh.mark(`${side} ${end} paw`, name, 0.9, 0.25);
  if (end === "front") mesh.mark(`${side} front knee`, name, 0.5, 0.25);
  else mesh.mark(`${side} hock`, name, 0.5, 0.75);
}
