import type { MeshBuilder } from "../mesh.ts";
import { box, loft, type Section, tube } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material, type Pattern } from "../texture.ts";
import { dot, mixed, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const FRAME = 0, CUSHION = 1, BACKREST = 2;

/** Kitchen chairs, stools with a back, upholstered chairs. */
export const chair: Kind = {
  name: "chair",
  keypoints: [
    "left front leg end",
    "right front leg end",
    "left back leg end",
    "right back leg end",
    "left front seat corner",
    "right front seat corner",
    "left back seat corner",
    "right back seat corner",
    "left back top",
    "right back top",
    "top rail middle",
    "seat middle",
  ],
  symmetry: [
    ["left front leg end", "right front leg end", "left back leg end", "right back leg end"],
    ["left front seat corner", "right front seat corner", "left back seat corner", "right back seat corner"],
    ["left back top", "right back top"],
  ],
  settings: ["room", "room", "meadow"],
  view: { azimuth: 42, elevation: [10, 34] },
  build,
  materials(random) {
    const woods: [Vec, Vec][] = [
      [[0.66, 0.45, 0.26], [0.5, 0.32, 0.17]],
      [[0.42, 0.26, 0.16], [0.3, 0.18, 0.11]],
      [[0.85, 0.7, 0.48], [0.72, 0.56, 0.36]],
      [[0.9, 0.9, 0.88], [0.84, 0.84, 0.82]],
      [[0.18, 0.19, 0.2], [0.13, 0.13, 0.14]],
      [[0.25, 0.5, 0.5], [0.2, 0.42, 0.43]],
    ];
    const fabrics: Vec[] = [
      [0.72, 0.22, 0.2],
      [0.2, 0.38, 0.55],
      [0.85, 0.78, 0.62],
      [0.32, 0.45, 0.3],
      [0.85, 0.6, 0.2],
      [0.5, 0.3, 0.42],
    ];
    const [wood, grain] = random.pick(woods), [plainWood, plainGrain] = [wood, grain];
    const fabric = material(random.pick(fabrics), {
      second: random.pick(fabrics),
      pattern: random.pick<Pattern>(["plain", "weave", "spots", "mottled", "bands"]),
      scale: random.range(5, 9),
      seed: random.uint32() | 0,
    });
    const frame = material(wood, { second: grain, pattern: "wood", scale: 5, gloss: 0.35, seed: random.uint32() | 0 });
    const slats = random.chance(0.5) ? fabric : material(plainWood, { ...frame, second: plainGrain });
    return [frame, fabric, slats];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const deep = random.about(0.44, 0.15), wide = random.about(0.45, 0.18), seat = random.about(0.88, 0.2);
  const back = random.about(0.95, 0.3), lean = random.range(0.02, 0.3), splay = random.range(0, 0.14);
  const thick = random.about(0.045, 0.4), flare = random.range(0.82, 1), power = random.pick([2, 3, 8]);
  const slab = random.about(0.045, 0.3), taper = random.range(0.6, 1);

  // The seat is lofted from back to front, so that its corners are vertices of the rings at v = 1/8 and 3/8.
  const ring = (x: number, half: number): Section => ({
    centre: [x, seat, 0],
    right: [0, 0, half],
    up: [0, slab, 0],
    power: Infinity,
  });
  loft(mesh, "seat", FRAME, [ring(-deep, wide * flare), ring(deep, wide)], { around: 8, steps: 2 });
  const plump = random.about(0.05, 0.5), inset = 0.9;
  const pad = (x: number, half: number): Section => ({
    centre: [x, seat + slab, 0],
    right: [0, 0, half],
    up: [0, plump, 0],
    power: 4,
  });
  loft(mesh, "cushion", CUSHION, [
    pad(-deep * inset, wide * flare * inset * 0.97),
    pad(-deep * inset * 0.9, wide * flare * inset),
    pad(deep * inset * 0.9, wide * inset),
    pad(deep * inset, wide * inset * 0.97),
  ], { around: 24, steps: 2, startBulge: 0.12, endBulge: 0.12 });
  mesh.mark("seat middle", "cushion", 0.5, 0.25);

  const top: Vec = [-deep - lean * back, seat + back, 0];
  const spine = (k: number, z: number): Vec => [-deep + thick + (top[0] + deep) * k * k, seat + back * k, z];
  const head = random.range(0.88, 1.08);
  for (const [side, s] of [["left", -1], ["right", 1]] as const) {
    for (
      const [end, x, half] of [["front", deep - thick * 1.3, wide], [
        "back",
        -deep + thick * 1.3,
        wide * flare,
      ]] as const
    ) {
      const foot: Vec = [x + Math.sign(x) * splay, 0, s * (half - thick * 1.3 + splay)];
      const name = `${side} ${end} leg`;
      tube(mesh, name, FRAME, [
        { at: [x, seat, s * (half - thick * 1.3)], width: thick },
        { at: mixed([x, seat, s * (half - thick * 1.3)], foot, 0.5), width: thick * (1 + taper) / 2 },
        { at: foot, width: thick * taper },
      ], { around: 16, steps: 2, power, startBulge: 0, endBulge: 0 });
      mesh.mark(`${side} ${end} leg end`, name, 5 / 6, end === "front" ? 0.25 : 0.75);
      mesh.mark(`${side} ${end} seat corner`, "seat", end === "front" ? 0.75 : 0.25, s > 0 ? 1 / 8 : 3 / 8);
    }
    const z = s * (wide * flare - thick * 1.2);
    const post = `${side} post`;
    tube(mesh, post, FRAME, [
      { at: spine(0, z), width: thick },
      { at: spine(0.5, z * (1 + head) / 2), width: thick },
      { at: spine(1, z * head), width: thick * 0.9 },
    ], { around: 16, power, startBulge: 0, endBulge: 0.4 });
    mesh.mark(`${side} back top`, post, 1, 0);
  }
  // Three rails: slats, or one upholstered panel when they are tall enough to touch.
  const panel = random.chance(0.4);
  const heights = panel ? [0.36, 0.58, 0.8] : [random.range(0.25, 0.4), random.range(0.55, 0.65), 0.88];
  const tall = back * (panel ? 0.125 : random.range(0.035, 0.09));
  for (const [i, k] of heights.entries()) {
    const half = (wide * flare - thick * 1.2) * (1 + (head - 1) * k);
    const at = spine(k, 0), next = spine(k + 0.05, 0);
    const rise: Vec = [next[0] - at[0], next[1] - at[1], 0];
    const length = Math.sqrt(dot(rise, rise));
    const up: Vec = [rise[0] / length * tall, rise[1] / length * tall, 0];
    const right: Vec = [rise[1] / length * thick * 0.55, -rise[0] / length * thick * 0.55, 0];
    box(mesh, `rail ${i}`, BACKREST, { from: [at[0], at[1], -half], to: [at[0], at[1], half], right, up });
  }
  mesh.mark("top rail middle", "rail 2", 0.5, 1 / 8);
}
