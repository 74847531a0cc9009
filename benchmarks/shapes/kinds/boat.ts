import type { MeshBuilder } from "../mesh.ts";
import { box, loft, type Section, tube } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material, type Pattern } from "../texture.ts";
import { cos, mixed, sin, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const HULL = 0, DECK = 1, CABIN = 2, SAIL = 3, SPAR = 4, GLASS = 5, STRIPE = 6;

/** Small sailing boats with a cabin, a main sail and a foresail. */
export const boat: Kind = {
  name: "boat",
  keypoints: [
    "bow",
    "left stern corner",
    "right stern corner",
    "mast top",
    "boom end",
    "sail clew",
    "foresail tack",
    "foresail clew",
    "left cabin front",
    "right cabin front",
    "left cabin back",
    "right cabin back",
    "left gunwale middle",
    "right gunwale middle",
  ],
  symmetry: [
    ["left stern corner", "right stern corner"],
    ["left cabin front", "right cabin front", "left cabin back", "right cabin back"],
    ["left gunwale middle", "right gunwale middle"],
  ],
  settings: ["water"],
  view: { azimuth: 58, elevation: [4, 24] },
  build,
  materials(random) {
    const hulls: Vec[] = [
      [0.92, 0.92, 0.9],
      [0.12, 0.2, 0.4],
      [0.65, 0.14, 0.12],
      [0.15, 0.38, 0.34],
      [0.52, 0.34, 0.2],
      [0.9, 0.72, 0.2],
    ];
    const sails: Vec[] = [[0.95, 0.94, 0.9], [0.72, 0.26, 0.2], [0.9, 0.8, 0.55], [0.25, 0.45, 0.6]];
    const hull = random.pick(hulls), sail = random.pick(sails);
    return [
      material(hull, { second: mixed(hull, [0.3, 0.3, 0.3], 0.25), pattern: "mottled", scale: 2, gloss: 0.6 }),
      material([0.72, 0.54, 0.34], { second: [0.58, 0.42, 0.25], pattern: "wood", scale: 5, gloss: 0.3 }),
      material(random.pick<Vec>([[0.95, 0.95, 0.93], [0.85, 0.8, 0.68], [0.6, 0.42, 0.26]]), { gloss: 0.4 }),
      material(sail, {
        second: random.pick([...sails, mixed(sail, [0.5, 0.5, 0.5], 0.2)]),
        pattern: random.pick<Pattern>(["plain", "bands", "bands", "mottled"]),
        scale: random.range(1, 2.2),
      }),
      material(random.pick<Vec>([[0.62, 0.45, 0.28], [0.8, 0.8, 0.82], [0.25, 0.25, 0.27]]), { gloss: 0.5 }),
      material([0.1, 0.15, 0.2], { gloss: 1 }),
      material(random.pick(hulls), { gloss: 0.5 }),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const long = random.about(1.2, 0.15), wide = random.about(0.36, 0.2), side = random.about(0.3, 0.2);
  const sheer = random.range(0.04, 0.2), rake = random.range(0.04, 0.24), mast = random.about(2.1, 0.2);
  // Rings are level outlines of the hull, from the water up to the gunwale and back in over the deck.
  const level = (height: number, fullness: number, inset: number): Vec[] =>
    Array.from({ length: 32 }, (_, j): Vec => {
      const c = cos(2 * Math.PI * j / 32), s = sin(2 * Math.PI * j / 32);
      // Pointed ahead (width falls like 1 - x^2), square astern.
      const blunt = 1 / Math.max(Math.abs(c), Math.abs(s));
      const x = c >= 0 ? c : Math.max(c * blunt, -1) * 0.94,
        z = c >= 0 ? s * Math.sqrt(Math.abs(s)) : s * Math.min(blunt, 1.18) * 0.94;
      const lift = sheer * Math.max(x, 0) * Math.max(x, 0) * height;
      return [x * (long - inset) + rake * height * Math.max(x, 0), side * height + lift, z * (wide * fullness - inset)];
    });
  mesh.patch("hull", (u) => u > 0.88 ? DECK : u > 0.5 && u < 0.62 ? STRIPE : HULL, [
    Array.from({ length: 32 }, (): Vec => [0, -0.01, 0]),
    level(-0.04, 0.68, 0),
    level(0.25, 0.82, 0),
    level(0.5, 0.93, 0),
    level(0.62, 0.96, 0),
    level(0.75, 0.985, 0),
    level(1, 1, 0),
    level(1.06, 1, 0.015),
    level(1.0, 1, 0.035),
    Array.from({ length: 32 }, (): Vec => [0, side * 1.02, 0]),
  ]);
  const gunwale = 7 / 9;
  mesh.mark("bow", "hull", gunwale, 0);
  mesh.mark("right stern corner", "hull", gunwale, 3 / 8);
  mesh.mark("left stern corner", "hull", gunwale, 5 / 8);
  mesh.mark("right gunwale middle", "hull", gunwale, 1 / 4);
  mesh.mark("left gunwale middle", "hull", gunwale, 3 / 4);

  const roof = random.about(0.2, 0.3), aft = -long * random.range(0.3, 0.5), fore = long * random.range(0.12, 0.3);
  const house = (t: number): Section => ({
    centre: [(aft + fore) / 2 - 0.02 * t, side * 0.95 + roof * t, 0],
    right: [0, 0, wide * (0.62 - 0.1 * t)],
    up: [(fore - aft) / 2 - 0.08 * t, 0, 0],
    power: 9,
  });
  // Portholes along both sides; v = 0 is right, 1/2 left, and the sides end at v = 1/8.
  const ports = (u: number, v: number) => {
    const along = Math.abs(v - Math.round(v * 2) / 2) < 0.1 ? v * 16 - Math.floor(v * 16) - 0.5 : 1;
    return u > 0.3 && u < 0.62 && Math.abs(along) < 0.28 ? GLASS : CABIN;
  };
  loft(mesh, "cabin", ports, [house(0), house(1)], { around: 48, steps: 4 });
  for (const [name, s] of [["left", -1], ["right", 1]] as const) {
    mesh.mark(`${name} cabin front`, "cabin", 5 / 6, s > 0 ? 1 / 8 : 3 / 8);
    mesh.mark(`${name} cabin back`, "cabin", 5 / 6, s > 0 ? 7 / 8 : 5 / 8);
  }

  const step = long * random.range(0.14, 0.3), boomY = side + roof + random.range(0.1, 0.2);
  const boomLong = long * random.range(0.75, 1), swing = random.range(-0.32, 0.32), bulge = random.range(0.05, 0.16);
  const top: Vec = [step - 0.03, side + mast, 0];
  tube(mesh, "mast", SPAR, [{ at: [step, side * 0.9, 0], width: 0.03 }, { at: top, width: 0.018 }], { around: 12 });
  mesh.mark("mast top", "mast", 1, 0);
  const clew: Vec = [step - boomLong * cos(swing), boomY + 0.04, boomLong * sin(swing)];
  tube(mesh, "boom", SPAR, [{ at: [step, boomY, 0], width: 0.022 }, {
    at: [clew[0] - 0.06, boomY, clew[2]],
    width: 0.018,
  }], {
    around: 12,
    side: [0, 1, 0],
  });
  mesh.mark("boom end", "boom", 1, 0);
  const belly = bulge * (swing < 0 ? -1 : 1);
  sheet(
    mesh,
    "sail",
    [[step - 0.02, boomY + 0.05, 0], clew, [top[0], side + mast * 0.96, 0]],
    belly,
    random.range(0.05, 0.16),
  );
  mesh.mark("sail clew", "sail", 1 / 8, 0.5);
  const tack: Vec = [long * 0.95, side + sheer + 0.06, 0];
  const foreClew: Vec = [step + 0.06, side + roof + 0.06, (swing < 0 ? -1 : 1) * wide * random.range(0.3, 0.7)];
  sheet(mesh, "foresail", [tack, foreClew, [step, side + mast * random.range(0.72, 0.9), 0]], belly * 0.8, 0);
  mesh.mark("foresail tack", "foresail", 1 / 8, 0);
  mesh.mark("foresail clew", "foresail", 1 / 8, 0.5);
  box(mesh, "rudder", SPAR, {
    from: [-long * 0.93, 0, 0],
    to: [-long * 0.93, side * 1.25, 0],
    right: [0.06, 0, 0],
    up: [0, 0, 0.025],
  });
}

/** A thin triangular cloth, blown to one side: rings from the foot up; v = 0 the luff, v = 1/2 the leech. */
function sheet(mesh: MeshBuilder, name: string, corners: readonly [Vec, Vec, Vec], belly: number, roach: number): void {
  const [tack, clew, head] = corners;
  const rows = 9, cols = 16;
  const at = (t: number, k: number): Vec => {
    const luff = mixed(tack, head, t), leech = mixed(clew, head, t);
    const p = mixed(luff, leech, k * (1 + roach * 4 * t * (1 - t)));
    return [p[0], p[1], p[2] + belly * 4 * k * (1 - k) * (1 - t * 0.7)];
  };
  const grid = Array.from({ length: rows - 2 }, (_, i) => {
    const t = Math.min(i / (rows - 3), 0.985);
    return Array.from({ length: cols }, (_, j): Vec => {
      // Out along one face, back along the other, a hair apart: a closed skin.
      const k = j <= cols / 2 ? j / (cols / 2) : 2 - j / (cols / 2);
      const p = at(t, k), lift = 0.012 * Math.sign(cols / 2 - j) * (j === 0 || j === cols / 2 ? 0 : 1);
      return [p[0], p[1], p[2] + lift];
    });
  });
  const flat = (row: readonly Vec[]): Vec[] => row.map(() => mixed(row[0]!, row[cols / 2]!, 0.5));
  mesh.patch(name, SAIL, [flat(grid[0]!), ...grid, flat(grid.at(-1)!)]);
}
