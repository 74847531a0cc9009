import type { Camera } from "./camera.ts";
import type { Setting } from "./kinds/kind.ts";
import type { Light } from "./light.ts";
import { cloud2, lattice, noise2, ramp } from "./noise.ts";
import type { Random } from "./prng.ts";
import type { Shadow } from "./shadow.ts";
import { cross, dot, unit, type Vec } from "./vec.ts";

type Floor = "grass" | "sand" | "snow" | "asphalt" | "paving" | "planks" | "tiles" | "carpet" | "water" | "none";
type Back = "sky" | "wall" | "blur";

/** What lies around the object; drawn from a random stream, painted pixel by pixel. */
export interface Backdrop {
  readonly floor: Floor;
  readonly back: Back;
  /** World units per pattern cell; the object's size. */
  readonly unit: number;
  readonly floorColours: readonly [Vec, Vec];
  readonly backColours: readonly [Vec, Vec];
  /** 0 stripes, 1 bricks, 2 plaster, 3 dots. */
  readonly wallpaper: number;
  /** Distance of the wall behind the object's centre, along the view. */
  readonly wall: number;
  readonly seed: number;
  readonly clouds: number;
  readonly hills: boolean;
}

/** Draws the surroundings of a scene. `size` is the object's half-diagonal. */
export function backdropFor(setting: Setting, size: number, random: Random): Backdrop {
  const colours = (list: readonly (readonly [Vec, Vec])[]) => random.pick(list);
  const greens: [Vec, Vec][] = [
    [[0.36, 0.48, 0.2], [0.5, 0.6, 0.28]],
    [[0.45, 0.46, 0.22], [0.62, 0.58, 0.32]],
    [[0.25, 0.38, 0.18], [0.38, 0.5, 0.24]],
  ];
  const floor = random.pick<Floor>(
    {
      meadow: ["grass", "grass", "grass", "sand", "snow"] as const,
      street: ["asphalt", "paving", "asphalt"] as const,
      room: ["planks", "tiles", "carpet"] as const,
      table: ["planks", "tiles", "carpet"] as const,
      sky: ["none"] as const,
      water: ["water"] as const,
    }[setting],
  );
  const floors: Record<Floor, readonly (readonly [Vec, Vec])[]> = {
    grass: greens,
    sand: [[[0.8, 0.7, 0.5], [0.68, 0.57, 0.4]]],
    snow: [[[0.92, 0.94, 0.97], [0.8, 0.84, 0.9]]],
    asphalt: [[[0.4, 0.4, 0.42], [0.5, 0.5, 0.5]], [[0.32, 0.33, 0.36], [0.42, 0.42, 0.43]]],
    paving: [[[0.66, 0.62, 0.57], [0.5, 0.47, 0.44]], [[0.62, 0.45, 0.38], [0.45, 0.36, 0.33]]],
    planks: [[[0.66, 0.46, 0.28], [0.5, 0.33, 0.19]], [[0.8, 0.66, 0.48], [0.66, 0.52, 0.36]], [
      [0.4, 0.28, 0.2],
      [0.28, 0.19, 0.13],
    ]],
    tiles: [[[0.86, 0.84, 0.8], [0.6, 0.62, 0.64]], [[0.75, 0.45, 0.32], [0.85, 0.8, 0.7]], [
      [0.3, 0.45, 0.5],
      [0.86, 0.87, 0.85],
    ]],
    carpet: [[[0.6, 0.25, 0.24], [0.45, 0.16, 0.2]], [[0.36, 0.42, 0.55], [0.27, 0.31, 0.45]], [
      [0.7, 0.66, 0.58],
      [0.58, 0.53, 0.46],
    ]],
    water: [[[0.16, 0.36, 0.46], [0.4, 0.6, 0.68]], [[0.12, 0.3, 0.36], [0.36, 0.52, 0.52]]],
    none: [[[0, 0, 0], [0, 0, 0]]],
  };
  const indoors: [Vec, Vec][] = [
    [[0.86, 0.83, 0.76], [0.78, 0.74, 0.66]],
    [[0.62, 0.72, 0.74], [0.54, 0.65, 0.68]],
    [[0.8, 0.62, 0.55], [0.72, 0.53, 0.46]],
    [[0.55, 0.62, 0.5], [0.48, 0.55, 0.43]],
    [[0.93, 0.92, 0.9], [0.7, 0.74, 0.8]],
  ];
  const skies: [Vec, Vec][] = [
    [[0.36, 0.56, 0.82], [0.78, 0.86, 0.92]],
    [[0.55, 0.66, 0.78], [0.88, 0.88, 0.86]],
    [[0.42, 0.5, 0.72], [0.95, 0.78, 0.62]],
    [[0.24, 0.45, 0.72], [0.66, 0.78, 0.88]],
  ];
  const streets: [Vec, Vec][] = [
    [[0.6, 0.36, 0.28], [0.7, 0.46, 0.36]],
    [[0.72, 0.68, 0.6], [0.62, 0.58, 0.52]],
    [[0.5, 0.54, 0.55], [0.6, 0.64, 0.64]],
    [[0.82, 0.74, 0.55], [0.72, 0.62, 0.45]],
  ];
  const inside = setting === "room", walled = inside || setting === "street" && random.chance(0.5);
  return {
    floor,
    back: walled ? "wall" : setting === "table" ? "blur" : "sky",
    unit: size,
    floorColours: colours(floors[floor]),
    backColours: colours(inside || setting === "table" ? indoors : walled ? streets : skies),
    wallpaper: inside ? random.below(4) : random.pick([1, 1, 2]),
    wall: size * random.range(1.6, 4),
    seed: random.uint32() | 0,
    clouds: random.range(0.35, 1),
    hills: random.chance(0.7),
  };
}

/** Paints what no mesh covers. */
export class Background {
  readonly #b: Backdrop;
  readonly #camera: Camera;
  readonly #light: Light;
  readonly #shadow: Shadow;
  readonly #ahead: Vec;
  readonly #across: Vec;
  readonly #wallAt: number;

  constructor(backdrop: Backdrop, camera: Camera, centre: Vec, light: Light, shadow: Shadow) {
    this.#b = backdrop;
    this.#camera = camera;
    this.#light = light;
    this.#shadow = shadow;
    this.#ahead = unit([camera.forward[0], 0, camera.forward[2]]);
    this.#across = cross(this.#ahead, [0, 1, 0]);
    this.#wallAt = dot(this.#ahead, [centre[0] - camera.eye[0], 0, centre[2] - camera.eye[2]]) + backdrop.wall;
  }

  /** Light from the direction `d` (depth 1 along the view), linear, into `out`. */
  paint(d: Vec, out: Float64Array): void {
    const { eye } = this.#camera, b = this.#b;
    const ahead = dot(d, this.#ahead);
    const wallHit = b.back === "wall" && ahead > 0 ? this.#wallAt / ahead : Infinity;
    const reach = b.floor === "none" || d[1] >= 0 ? Infinity : -eye[1] / d[1];
    // A table ends; what is beyond it belongs to the backdrop.
    const table = b.back === "blur" ? this.#wallAt : Infinity;
    if (reach < wallHit && reach * ahead < table) this.#floor(d, reach, out);
    else if (wallHit < Infinity) this.#wall(d, wallHit, out);
    else if (b.back === "blur") this.#blur(d, out);
    else this.#sky(d, out);
  }

  #floor(d: Vec, reach: number, out: Float64Array): void {
    const { eye } = this.#camera, b = this.#b, light = this.#light;
    const x = eye[0] + d[0] * reach, z = eye[2] + d[2] * reach;
    const t = floorPattern(b.floor, x / b.unit, z / b.unit, b.seed);
    const lit = this.#shadow.light(x, 0, z);
    // Objects keep light from above off the floor around their feet too; the sun map stands in for that.
    const open = 0.75 + 0.25 * lit;
    const far = b.floor === "none" ? 0 : ramp(6, 40, reach / b.unit);
    for (let i = 0; i < 3; i++) {
      const c = b.floorColours[0][i]! + (b.floorColours[1][i]! - b.floorColours[0][i]!) * t;
      const albedo = c * c;
      const near = albedo * (light.skyColour[i]! * open + light.sunColour[i]! * light.sun[1] * lit);
      const haze = b.backColours[1][i]!;
      out[i] = near + (haze * haze * 0.8 - near) * far * (b.back === "sky" ? 0.8 : 0);
    }
  }

  #wall(d: Vec, reach: number, out: Float64Array): void {
    const { eye } = this.#camera, b = this.#b, light = this.#light;
    const p = [eye[0] + d[0] * reach, eye[1] + d[1] * reach, eye[2] + d[2] * reach] as const;
    const x = dot(this.#across, p) / b.unit, y = p[1] / b.unit;
    const t = wallPattern(b.wallpaper, x, y, b.seed);
    const skirting = b.floor !== "asphalt" && b.floor !== "paving" && y < 0.16;
    const lit = 0.35 + 0.65 * this.#shadow.light(p[0], p[1], p[2]);
    const face = Math.max(0.15, -dot(this.#ahead, light.sun)) * lit;
    for (let i = 0; i < 3; i++) {
      const c = skirting ? 0.9 : b.backColours[0][i]! + (b.backColours[1][i]! - b.backColours[0][i]!) * t;
      out[i] = c * c * (light.skyColour[i]! * 0.9 + light.sunColour[i]! * 0.7 * face);
    }
  }

  #blur(d: Vec, out: Float64Array): void {
    const b = this.#b;
    const x = dot(this.#across, d) * 4, y = d[1] * 4;
    const t = cloud2(x, y, b.seed);
    // A few soft discs of light, as out of focus.
    let glow = 0;
    for (let k = 0; k < 7; k++) {
      const dx = x - (lattice(k, 0, 0, b.seed) - 0.5) * 4, dy = y - (lattice(k, 1, 0, b.seed) - 0.5) * 3;
      glow += 0.28 * (1 - ramp(0.05, 0.09, (dx * dx + dy * dy) * (0.5 + 2 * lattice(k, 2, 0, b.seed))));
    }
    for (let i = 0; i < 3; i++) {
      const c = b.backColours[0][i]! * (0.45 + 0.45 * t) + (b.backColours[1][i]! - b.backColours[0][i]!) * t;
      const warm = 1 - 0.18 * i;
      out[i] = c * c * 0.7 + glow * warm * 0.35 * (0.4 + 0.6 * lattice(i, 3, 0, b.seed));
    }
  }

  #sky(d: Vec, out: Float64Array): void {
    const b = this.#b;
    const length = Math.sqrt(dot(d, d)), up = d[1] / length;
    const bearing = dot(this.#across, d) / length;
    const height = ramp(-0.05, 0.55, b.floor === "none" ? up * 0.6 + 0.3 : up);
    const wisps = cloud2(bearing * 5 + 10, up * 11, b.seed);
    const cloud = ramp(0.46, 0.74, wisps) * b.clouds;
    const ridge = b.hills && b.floor !== "none" ? 0.03 + 0.09 * noise2(bearing * 5 + 31, 3, b.seed) : -2;
    const trees = ridge > 0 && up < ridge + 0.02 * noise2(bearing * 60, 7, b.seed);
    for (let i = 0; i < 3; i++) {
      let c = b.backColours[1][i]! + (b.backColours[0][i]! - b.backColours[1][i]!) * height;
      c += (0.96 - c) * cloud;
      if (trees) c = 0.45 * c + 0.55 * HILL[i]! * (0.85 + 0.3 * noise2(bearing * 80, up * 120, b.seed));
      out[i] = c * c;
    }
  }
}

const HILL: Vec = [0.28, 0.36, 0.24];

function floorPattern(floor: Floor, x: number, z: number, seed: number): number {
  switch (floor) {
    case "grass":
      return 0.5 * noise2(x * 22, z * 22, seed) + 0.25 * noise2(x * 60, z * 60, seed + 3) +
        0.4 * noise2(x * 2, z * 2, seed + 1) - 0.1;
    case "sand":
    case "snow":
      return 0.6 * cloud2(x * 3, z * 3, seed) + 0.3 * noise2(x * 40, z * 40, seed);
    case "asphalt": {
      const line = Math.abs(z - 1.5 - Math.floor((z - 1.5) / 4) * 4 - 0.06) < 0.06;
      const dash = x * 0.6 - Math.floor(x * 0.6) < 0.6;
      return line && dash ? 4 : 0.7 * noise2(x * 45, z * 45, seed) + 0.4 * noise2(x * 2, z * 2, seed);
    }
    case "paving": {
      const row = Math.floor(z * 3), u = x * 2 + (row & 1) * 0.5, v = z * 3;
      const joint = Math.min(edge(u), edge(v)) < 0.04 ? 1.2 : 0;
      return Math.max(joint, 0.7 * lattice(Math.floor(u), row, 0, seed) + 0.2 * noise2(x * 30, z * 30, seed));
    }
    case "planks": {
      const row = Math.floor(z * 4), u = x * 0.8 + 3 * lattice(row, 1, 0, seed);
      const joint = Math.min(edge(z * 4), edge(u) * 6) < 0.03 ? 1.5 : 0;
      return Math.max(joint, 0.5 * lattice(row, Math.floor(u), 0, seed) + 0.5 * noise2(x * 4, z * 50, seed));
    }
    case "tiles":
      return Math.min(edge(x * 2), edge(z * 2)) < 0.03
        ? 0.5
        : (Math.floor(x * 2) + Math.floor(z * 2) & 1) * 0.9 + 0.1 * noise2(x * 9, z * 9, seed);
    case "carpet": {
      const a = Math.abs(x * 2 - Math.floor(x * 2) - 0.5), c = Math.abs(z * 2 - Math.floor(z * 2) - 0.5);
      return (a + c < 0.32 ? 1.3 : 0) + 0.4 * noise2(x * 60, z * 60, seed);
    }
    case "water":
      return ramp(0.4, 0.75, 0.6 * noise2(x * 3, z * 9, seed) + 0.4 * noise2(x * 9, z * 20, seed + 1));
    case "none":
      return 0;
  }
}

function wallPattern(style: number, x: number, y: number, seed: number): number {
  switch (style) {
    case 0:
      return ramp(0.2, 0.24, Math.abs(x * 2 - Math.floor(x * 2) - 0.5));
    case 1: {
      const row = Math.floor(y * 8), u = x * 3.5 + (row & 1) * 0.5;
      return Math.min(edge(u) * 2, edge(y * 8)) < 0.08 ? 2 : 1.2 * lattice(Math.floor(u), row, 0, seed) - 0.3;
    }
    case 2:
      return cloud2(x * 3, y * 3, seed);
    default: {
      const a = x * 2 - Math.floor(x * 2) - 0.5, c = y * 2 - Math.floor(y * 2) - 0.5;
      return 1 - ramp(0.05, 0.07, a * a + c * c) + 0.3 * noise2(x * 20, y * 20, seed);
    }
  }
}

/** Distance to the nearest integer. */
function edge(value: number): number {
  const f = value - Math.floor(value);
  return Math.min(f, 1 - f);
}
