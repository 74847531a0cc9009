import type { MeshBuilder } from "../mesh.ts";
import { box, ellipsoid, tube, wheel } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material } from "../texture.ts";
import { add, cos, mixed, radians, sin, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const PAINT = 0, SEAT = 1, TYRE = 2, RIM = 3, CHROME = 4, LAMP = 5, TAIL = 6, ENGINE = 7, TRIM = 8;

/** Road bikes, cruisers and scramblers. */
export const motorbike: Kind = {
  name: "motorbike",
  keypoints: [
    "left front axle",
    "right front axle",
    "left back axle",
    "right back axle",
    "headlight",
    "taillight",
    "left handle",
    "right handle",
    "left mirror",
    "right mirror",
    "tank top",
    "seat back",
    "exhaust end",
    "front fender",
  ],
  symmetry: [
    ["left front axle", "right front axle", "left back axle", "right back axle"],
    ["left handle", "right handle"],
    ["left mirror", "right mirror"],
  ],
  settings: ["street"],
  view: { azimuth: 62, elevation: [3, 22] },
  build,
  materials(random) {
    const paints: Vec[] = [
      [0.75, 0.1, 0.1],
      [0.12, 0.25, 0.6],
      [0.12, 0.12, 0.14],
      [0.95, 0.68, 0.1],
      [0.1, 0.42, 0.28],
      [0.88, 0.88, 0.86],
      [0.85, 0.38, 0.1],
    ];
    const seed = random.uint32() | 0;
    return [
      material(random.pick(paints), {
        second: random.pick(paints),
        pattern: random.pick(["plain", "stripes", "patches"] as const),
        scale: random.range(2.5, 4),
        gloss: 1,
        seed,
      }),
      material(random.pick<Vec>([[0.12, 0.11, 0.11], [0.42, 0.26, 0.16], [0.5, 0.14, 0.12]]), { gloss: 0.3 }),
      material([0.07, 0.07, 0.07]),
      material(random.pick<Vec>([[0.75, 0.76, 0.78], [0.85, 0.7, 0.3], [0.3, 0.3, 0.32]]), { gloss: 0.8 }),
      material([0.78, 0.79, 0.82], { gloss: 1 }),
      material([0.98, 0.96, 0.85], { gloss: 1 }),
      material([0.78, 0.06, 0.05], { gloss: 1 }),
      material([0.45, 0.46, 0.48], { second: [0.2, 0.2, 0.22], pattern: "bands", scale: 13, gloss: 0.5 }),
      material([0.16, 0.16, 0.17], { gloss: 0.4 }),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const base = random.about(0.78, 0.12), r = random.about(0.33, 0.08), rake = radians(random.range(22, 38));
  const frontR = r * random.range(0.96, 1.1), tank = random.about(0.3, 0.18), saddle = random.about(0.8, 0.08);
  const bars = random.about(0.36, 0.2), rise = random.range(-0.02, 0.22), half = random.about(0.075, 0.2);
  const front: Vec = [base, frontR, 0], back: Vec = [-base, r, 0];
  const spokes = (count: number) => (u: number, v: number) =>
    u > 0.3 && u < 0.7 ? TYRE : u < 0.14 || u > 0.86 || v * count - Math.floor(v * count) < 0.35 ? RIM : TRIM;
  const count = 5 + random.below(4);
  for (const [end, hub, radius] of [["front", front, frontR], ["back", back, r]] as const) {
    wheel(mesh, `${end} wheel`, spokes(count), hub, radius, half);
    tube(mesh, `${end} axle`, CHROME, [{ at: add(hub, [0, 0, -0.13]), width: 0.035 }, {
      at: add(hub, [0, 0, 0.13]),
      width: 0.035,
    }], {
      around: 12,
      steps: 1,
      side: [1, 0, 0],
    });
    mesh.mark(`left ${end} axle`, `${end} axle`, 0, 0);
    mesh.mark(`right ${end} axle`, `${end} axle`, 1, 0);
  }
  // The fork leans back by the rake from the front axle to the steering head.
  const steer = (k: number, z = 0): Vec => [front[0] - k * sin(rake), front[1] + k * cos(rake), z];
  const headAt = 0.78 - frontR * 0.2;
  for (const [side, s] of [["left", -1], ["right", 1]] as const) {
    tube(mesh, `${side} fork`, CHROME, [
      { at: steer(0, s * 0.11), width: 0.032 },
      { at: steer(0.4, s * 0.11), width: 0.036 },
      { at: steer(headAt, s * 0.11), width: 0.03 },
    ], { around: 10 });
    tube(mesh, `${side} swing arm`, TRIM, [{ at: add(back, [0, 0, s * 0.11]), width: 0.035 }, {
      at: [-0.12, 0.42, s * 0.1],
      width: 0.04,
    }], {
      around: 10,
      steps: 2,
    });
    tube(mesh, `${side} shock`, CHROME, [{ at: add(back, [0.08, 0.04, s * 0.13]), width: 0.03 }, {
      at: [-base * 0.5, saddle - 0.12, s * 0.12],
      width: 0.03,
    }], { around: 10, steps: 2 });
    const grip = add(steer(headAt), [-0.16, rise, s * bars]);
    tube(mesh, `${side} handlebar`, (u) => u > 0.6 ? TRIM : CHROME, [
      { at: steer(headAt, s * 0.02), width: 0.02 },
      { at: mixed(steer(headAt), add(grip, [0.1, 0.04, 0]), 0.55), width: 0.02 },
      { at: grip, width: 0.03 },
    ], { around: 10, side: [1, 0, 0] });
    mesh.mark(`${side} handle`, `${side} handlebar`, 1, 0);
    const glass = add(grip, [0.1, 0.2, s * 0.03]);
    tube(mesh, `${side} mirror stem`, CHROME, [{ at: add(grip, [0.06, 0.02, -s * 0.08]), width: 0.012 }, {
      at: glass,
      width: 0.012,
    }], {
      around: 8,
      steps: 1,
    });
    ellipsoid(mesh, `${side} mirror`, TRIM, glass, [0.03, 0.055, 0.08], 12);
    mesh.mark(`${side} mirror`, `${side} mirror`, 1, 0);
  }
  tube(
    mesh,
    "front fender",
    PAINT,
    [-40, -5, 30, 65, 100].map((angle) => {
      const a = radians(angle + 20);
      return {
        at: add(front, [frontR * 1.09 * sin(-a) * -1, frontR * 1.09 * cos(a), 0]),
        width: half * 1.25,
        height: 0.022,
      };
    }).reverse(),
    { around: 16, endBulge: 0.2, startBulge: 0.2 },
  );
  mesh.mark("front fender", "front fender", 0.5, 0.75);
  tube(
    mesh,
    "back fender",
    PAINT,
    [-70, -35, 0, 35].map((angle) => {
      const a = radians(angle - 10);
      return { at: add(back, [r * 1.14 * sin(a), r * 1.14 * cos(a), 0]), width: half * 1.4, height: 0.024 };
    }),
    { around: 16, endBulge: 0.2, startBulge: 0.2 },
  );

  const neck = steer(headAt - 0.1);
  tube(mesh, "frame", TRIM, [
    { at: neck, width: 0.045 },
    { at: [0.28, saddle - 0.13, 0], width: 0.05 },
    { at: [-base * 0.75, saddle - 0.1, 0], width: 0.04 },
  ], { around: 10 });
  tube(mesh, "down tube", TRIM, [
    { at: neck, width: 0.04 },
    { at: [0.36, 0.32, 0], width: 0.04 },
    { at: [-0.2, 0.24, 0], width: 0.04 },
  ], { around: 10 });
  const tankAt = saddle + tank * 0.25;
  tube(mesh, "tank", PAINT, [
    { at: [-0.1, saddle - 0.01, 0], width: 0.09, height: 0.07 },
    { at: [0.1, tankAt - 0.03, 0], width: 0.17, height: tank * 0.4 },
    { at: [0.32, tankAt, 0], width: 0.19, height: tank * 0.5 },
    { at: mixed(neck, [0.42, tankAt, 0], 0.75), width: 0.12, height: tank * 0.34 },
  ], { around: 20 });
  mesh.mark("tank top", "tank", 0.62, 0.25);
  const long = random.about(0.62, 0.15), hump = random.range(0, 0.14);
  tube(mesh, "seat", SEAT, [
    { at: [0, saddle, 0], width: 0.1, height: 0.05 },
    { at: [-long * 0.45, saddle - 0.01, 0], width: 0.15, height: 0.065 },
    { at: [-long, saddle + hump, 0], width: 0.1, height: 0.055 },
  ], { around: 20, power: 3 });
  mesh.mark("seat back", "seat", 0.85, 0.75);
  const lamp = add(steer(headAt - 0.06), [0.13, 0.03, 0]), big = random.about(0.105, 0.15);
  tube(mesh, "headlight", (u) => u > 0.7 ? LAMP : PAINT, [
    { at: add(lamp, [-0.1, 0, 0]), width: big * 0.55 },
    { at: lamp, width: big },
    { at: add(lamp, [0.05, 0, 0]), width: big },
  ], { around: 16, endBulge: 0.35 });
  mesh.mark("headlight", "headlight", 1, 0);
  ellipsoid(mesh, "taillight", TAIL, [-long - 0.14, saddle + hump - 0.05, 0], [0.06, 0.05, 0.08]);
  mesh.mark("taillight", "taillight", 0, 0);

  // The engine: a crankcase and two finned cylinders.
  box(
    mesh,
    "crankcase",
    TRIM,
    { from: [-0.24, 0.36, 0], to: [0.26, 0.36, 0], right: [0, 0, 0.15], up: [0, 0.13, 0] },
    4,
  );
  for (const [name, lean] of [["front", 0.16], ["back", -0.1]] as const) {
    tube(mesh, `${name} cylinder`, ENGINE, [
      { at: [0.04 + lean * 0.4, 0.42, 0], width: 0.12 },
      { at: [0.04 + lean, saddle - 0.15, 0], width: 0.11 },
    ], { around: 16, steps: 2, endBulge: 0.3 });
  }
  const up = random.range(0, 0.18), out: Vec = [-base * random.range(0.85, 1.2), 0.26 + up, 0.21];
  const bend: Vec = [0.3, 0.24, 0.17];
  tube(mesh, "exhaust", (u) => u > 0.97 ? TRIM : CHROME, [
    { at: [0.2, 0.5, 0.08], width: 0.032 },
    { at: add(bend, [0.02, 0.06, 0]), width: 0.034 },
    { at: [0.1, 0.21, 0.19], width: 0.036 },
    { at: mixed([0.1, 0.21, 0.19], out, 0.5), width: 0.05 },
    { at: out, width: 0.065 },
  ], { around: 12, endBulge: 0 });
  mesh.mark("exhaust end", "exhaust", 1, 0);
  tube(mesh, "stand", TRIM, [{ at: [0, 0.28, -0.12], width: 0.02 }, { at: [-0.06, 0.01, -0.3], width: 0.02 }], {
    around: 8,
    steps: 1,
  });
}
