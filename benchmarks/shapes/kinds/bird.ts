import type { MeshBuilder } from "../mesh.ts";
import { type Bead, ellipsoid, loft, type Section, tube } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material, type Pattern } from "../texture.ts";
import { add, cos, cross, mixed, radians, scale, sin, sub, unit, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const BACK = 0, BREAST = 1, BEAK = 2, EYE = 3, WING = 4, LEG = 5, CAP = 6;

/** Songbirds, crows and waders, standing, with wings folded or raised. */
export const bird: Kind = {
  name: "bird",
  keypoints: [
    "beak tip",
    "left eye",
    "right eye",
    "crown",
    "nape",
    "breast",
    "left wing bend",
    "right wing bend",
    "left wing tip",
    "right wing tip",
    "tail tip",
    "belly",
    "left foot",
    "right foot",
  ],
  symmetry: [
    ["left eye", "right eye"],
    ["left wing bend", "right wing bend"],
    ["left wing tip", "right wing tip"],
    ["left foot", "right foot"],
  ],
  settings: ["meadow", "meadow", "street", "table"],
  view: { azimuth: 55, elevation: [0, 22] },
  build,
  materials(random) {
    const plumage: [Vec, Vec, Vec][] = [
      [[0.36, 0.3, 0.25], [0.85, 0.42, 0.22], [0.5, 0.42, 0.34]],
      [[0.2, 0.42, 0.68], [0.94, 0.83, 0.5], [0.16, 0.3, 0.5]],
      [[0.16, 0.16, 0.19], [0.22, 0.22, 0.26], [0.1, 0.11, 0.16]],
      [[0.62, 0.62, 0.64], [0.93, 0.93, 0.92], [0.42, 0.43, 0.46]],
      [[0.8, 0.2, 0.18], [0.72, 0.26, 0.2], [0.45, 0.12, 0.12]],
      [[0.4, 0.58, 0.25], [0.88, 0.86, 0.4], [0.28, 0.42, 0.2]],
      [[0.55, 0.4, 0.28], [0.9, 0.86, 0.78], [0.38, 0.27, 0.19]],
    ];
    const [back, breast, wing] = random.pick(plumage);
    const seed = random.uint32() | 0;
    const feathers = { scale: random.range(6, 11), seed };
    const darker = (c: Vec): Vec => scale(c, 0.6);
    return [
      material(back, { ...feathers, second: darker(back), pattern: "mottled" }),
      material(breast, {
        ...feathers,
        second: darker(breast),
        pattern: random.pick<Pattern>(["plain", "spots", "mottled"]),
      }),
      material(random.pick<Vec>([[0.95, 0.65, 0.15], [0.25, 0.22, 0.2], [0.8, 0.5, 0.35]]), { gloss: 0.5 }),
      material([0.04, 0.04, 0.04], { gloss: 1 }),
      material(wing, {
        ...feathers,
        second: mixed(wing, [1, 1, 1], 0.45),
        pattern: "stripes",
        scale: random.range(7, 11),
      }),
      material(random.pick<Vec>([[0.85, 0.5, 0.3], [0.3, 0.26, 0.24], [0.75, 0.65, 0.3]])),
      material(random.pick<Vec>([darker(back), breast, back])),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const long = random.about(1, 0.1), girth = random.about(0.27, 0.15), leg = random.about(0.34, 0.45);
  const tilt = radians(random.range(8, 42)), neck = random.range(0.08, 0.42), headSize = random.about(0.19, 0.15);
  const along: Vec = [cos(tilt), sin(tilt), 0], above: Vec = [-sin(tilt), cos(tilt), 0];
  const middle: Vec = [0, leg + girth * 0.9 + long * 0.1 * sin(tilt), 0];
  const on = (k: number, lift = 0): Vec => add(middle, add(scale(along, k * long), scale(above, lift)));

  const feathers = (u: number, v: number) => v > 0.55 && v < 0.95 && u > 0.2 ? BREAST : BACK;
  tube(mesh, "body", feathers, [
    { at: on(-0.52, 0.04), width: girth * 0.22, height: girth * 0.2 },
    { at: on(-0.28, 0.02), width: girth * 0.7, height: girth * 0.7 },
    { at: on(0.02, -0.02), width: girth, height: girth },
    { at: on(0.27, 0), width: girth * 0.86, height: girth * 0.92 },
    { at: on(0.44, 0.06), width: girth * 0.5, height: girth * 0.55 },
  ], { around: 24 });
  mesh.mark("breast", "body", 0.8, 0.75);
  mesh.mark("belly", "body", 0.5, 0.75);

  const root = on(0.34, 0.08);
  const head = add(root, [0.13 + neck * 0.3, 0.16 + neck, random.range(-0.01, 0.01)]);
  tube(mesh, "neck", (_, v) => v > 0.55 && v < 0.95 ? BREAST : BACK, [
    { at: add(root, [-0.06, -0.1, 0]), width: girth * 0.62 },
    { at: mixed(root, head, 0.5), width: headSize * (0.9 - neck * 0.7), height: headSize * (0.95 - neck * 0.7) },
    { at: head, width: headSize * 0.75 },
  ], { around: 16 });
  mesh.mark("nape", "neck", 0.43, 0.25);

  const nod = radians(random.range(-18, 14)), gaze: Vec = [cos(nod), sin(nod), 0], up: Vec = [-sin(nod), cos(nod), 0];
  const face = (k: number, lift = 0, out = 0): Vec => {
    const p = add(head, add(scale(gaze, k * headSize), scale(up, lift * headSize)));
    return add(p, [0, 0, out * headSize]);
  };
  tube(mesh, "head", (_, v) => v > 0.08 && v < 0.42 ? CAP : v > 0.6 && v < 0.9 ? BREAST : BACK, [
    { at: face(-0.7), width: headSize * 0.6, height: headSize * 0.6 },
    { at: face(0), width: headSize * 0.92, height: headSize * 0.95 },
    { at: face(0.62, -0.05), width: headSize * 0.6, height: headSize * 0.6 },
  ], { around: 20 });
  mesh.mark("crown", "head", 0.5, 0.25);
  const beak = headSize * random.about(1.25, 0.75), hook = random.range(-0.3, 0.05), thick = random.about(0.33, 0.3);
  tube(mesh, "beak", BEAK, [
    { at: face(0.8, -0.05), width: headSize * thick, height: headSize * thick },
    {
      at: add(face(0.95, -0.08), scale(gaze, beak * 0.45)),
      width: headSize * thick * 0.6,
      height: headSize * thick * 0.6,
    },
    { at: add(face(0.95, -0.1 + hook), scale(gaze, beak)), width: headSize * 0.05, height: headSize * 0.05 },
  ], { around: 12 });
  mesh.mark("beak tip", "beak", 1, 0);

  const tail = random.about(0.5, 0.4), fan = random.about(0.13, 0.4), cock = radians(random.range(-22, 25));
  const trail: Vec = unit([-cos(tilt + cock), -sin(tilt + cock), 0]);
  const start = on(-0.42, 0.06), end = add(start, scale(trail, tail));
  tube(mesh, "tail", WING, [
    { at: start, width: girth * 0.3, height: 0.05 },
    { at: mixed(start, end, 0.5), width: fan * 0.75, height: 0.035 },
    { at: end, width: fan, height: 0.02 },
  ], { around: 16, endBulge: 0.9 });
  mesh.mark("tail tip", "tail", 1, 0);

  const raised = random.chance(0.3) ? random.range(0.5, 1) : random.range(0, 0.12);
  const wide = random.about(0.2, 0.15), span = random.about(0.86, 0.12) + 0.35 * raised;
  const gap = radians(random.range(-12, 12));
  for (const [side, s] of [["left", -1], ["right", 1]] as const) {
    wingOf(mesh, side, s, { shoulder: on(0.26, 0.08), along, above, girth, raised, wide, span: span * long });
    const eye = face(0.32, 0.14, s * 0.8);
    ellipsoid(mesh, `${side} eye`, EYE, eye, [headSize * 0.19, headSize * 0.19, headSize * 0.14], 12);
    mesh.mark(`${side} eye`, `${side} eye`, 0.5, s > 0 ? 0 : 0.5);
    const z = s * girth * 0.42, x = 0.03 + s * 0.1 * sin(gap);
    legOf(mesh, side, on(-0.02, -girth * 0.6), [x, 0, z], leg);
  }
}

interface Wing {
  readonly shoulder: Vec;
  readonly along: Vec;
  readonly above: Vec;
  readonly girth: number;
  readonly raised: number;
  readonly wide: number;
  readonly span: number;
}

/** A flat loft from shoulder to tip: back along the body when folded, up and out when raised. */
function wingOf(mesh: MeshBuilder, side: string, s: number, w: Wing): void {
  const folded = unit(add(scale(w.along, -1), [0, -0.08, -s * 0.06]));
  const open = unit([-0.25, 0.75, s * 0.9]);
  const reach = unit(mixed(folded, open, w.raised));
  // The chord is the wing's breadth: down the flank when folded, backwards when raised.
  const chord = unit(mixed(scale(w.above, -1), scale(w.along, -1), w.raised));
  const normal = unit(cross(reach, chord));
  const flat = unit(sub(chord, scale(reach, reach[0] * chord[0] + reach[1] * chord[1] + reach[2] * chord[2])));
  const start = add(w.shoulder, [0, 0, s * w.girth * (0.86 - 0.25 * w.raised)]);
  const at = (k: number, lower: number): Vec => add(add(start, scale(reach, k * w.span)), scale(flat, lower * w.wide));
  const ring = (k: number, lower: number, half: number, thick: number): Section => ({
    centre: add(at(k, lower), [0, 0, (1 - w.raised) * s * w.girth * 0.22 * (k < 0.5 ? k : 0.6 - k)]),
    right: scale(normal, thick * w.girth),
    up: scale(flat, half * w.wide),
  });
  loft(mesh, `${side} wing`, WING, [
    ring(-0.04, 0.1, 0.45, 0.16),
    ring(0.2, 0.3, 0.95, 0.22),
    ring(0.5, 0.3, 0.85, 0.17),
    ring(0.8, 0.2, 0.45, 0.07),
    ring(1, 0.05, 0.1, 0.02),
  ], { smooth: true, around: 16, startBulge: 0.6, endBulge: 0.5 });
  mesh.mark(`${side} wing bend`, `${side} wing`, 0.14, 0.75);
  mesh.mark(`${side} wing tip`, `${side} wing`, 1, 0);
}

function legOf(mesh: MeshBuilder, side: string, hip: Vec, foot: Vec, leg: number): void {
  const thin = 0.026;
  const knee: Vec = [foot[0] - 0.07, leg * 0.55, foot[2]];
  const top: Vec = [hip[0], hip[1], foot[2] * 0.8];
  const beads: Bead[] = [
    { at: top, width: 0.08 },
    { at: mixed(top, knee, 0.55), width: 0.055 },
    { at: knee, width: thin },
    { at: [foot[0], thin * 1.2, foot[2]], width: thin },
  ];
  tube(mesh, `${side} leg`, (u) => u < 0.4 ? BREAST : LEG, beads, { around: 10 });
  for (
    const [toe, dx, dz] of [["outer", 0.13, 0.06], ["middle", 0.16, 0], ["inner", 0.13, -0.06], [
      "hind",
      -0.1,
      0,
    ]] as const
  ) {
    const tip: Vec = [foot[0] + dx, thin * 0.6, foot[2] + dz];
    tube(mesh, `${side} ${toe} toe`, LEG, [{ at: [foot[0], thin, foot[2]], width: thin }, {
      at: tip,
      width: thin * 0.5,
    }], {
      around: 8,
      steps: 1,
    });
  }
  mesh.mark(`${side} foot`, `${side} middle toe`, 1, 0);
}
