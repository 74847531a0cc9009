import type { Camera } from "./camera.ts";
import { rayThrough } from "./camera.ts";
import type { Setting } from "./kinds/kind.ts";
import type { MeshBuilder } from "./mesh.ts";
import { box, ellipsoid, lathe, tube } from "./primitives.ts";
import type { Random } from "./prng.ts";
import { type Material, material } from "./texture.ts";
import { add, cos, scale, sin, type Vec } from "./vec.ts";

const COLOURS: readonly Vec[] = [
  [0.75, 0.25, 0.2],
  [0.2, 0.42, 0.62],
  [0.85, 0.7, 0.3],
  [0.3, 0.5, 0.3],
  [0.55, 0.4, 0.28],
  [0.72, 0.72, 0.7],
  [0.5, 0.3, 0.5],
];

const OCCLUDERS: Record<Setting, readonly ("bush" | "post" | "crate" | "pot")[]> = {
  meadow: ["bush", "post", "bush"],
  street: ["crate", "post", "bush"],
  room: ["crate", "pot", "pot"],
  table: ["crate", "pot"],
  sky: ["bush"],
  water: ["post"],
};

/** Adds things that are not the object, with materials of their own behind the object's. */
export class Extras {
  readonly #mesh: MeshBuilder;
  readonly #materials: Material[];
  readonly #random: Random;

  constructor(mesh: MeshBuilder, materials: Material[], random: Random) {
    this.#mesh = mesh;
    this.#materials = materials;
    this.#random = random;
  }

  /** Things that stand behind and beside the object, about as high as it is. */
  clutter(setting: Setting, camera: Camera, size: number): void {
    const random = this.#random;
    if (setting === "sky" || setting === "water") return;
    const ahead: Vec = [camera.forward[0], 0, camera.forward[2]], across: Vec = [camera.right[0], 0, camera.right[2]];
    for (let k = random.below(4); k > 0; k--) {
      const beside = random.range(0.9, 2.2) * (random.chance(0.5) ? 1 : -1);
      const at = add(scale(ahead, size * random.range(0.9, 2.4)), scale(across, size * beside));
      this.#thing(setting, at, size * random.range(0.25, 0.6));
    }
  }

  /**
   * One thing between the camera and a point of the picture, standing on the floor (or hanging on where there is none).
   *
   * @param x pixel it should cover
   * @param pixels its half-width on the picture
   * @param depth of the object
   */
  occluder(setting: Setting, camera: Camera, x: number, y: number, pixels: number, depth: number): void {
    const random = this.#random;
    const near = depth * random.range(0.55, 0.72);
    const at = add(camera.eye, scale(rayThrough(camera, x, y), near));
    const half = pixels * near / camera.focal;
    const grounded = setting !== "sky";
    if (!grounded) {
      const slot = this.#slot(
        material([0.95, 0.96, 0.98], { second: [0.8, 0.84, 0.9], pattern: "mottled", scale: 1 / half }),
      );
      for (let k = 0; k < 5; k++) this.#ball(slot, add(at, this.#jitter(half)), half * random.range(0.5, 0.8));
      return;
    }
    const foot: Vec = [at[0], 0, at[2]], top = Math.max(at[1] + half * random.range(0.4, 1.4), half);
    const form = random.pick(OCCLUDERS[setting]);
    if (form === "post") {
      const slot = this.#slot(this.#wood());
      this.#tubeUp(slot, foot, half * 0.45, top * 3 + half * 4);
    } else if (form === "crate") this.#crate(foot, half, top);
    else if (form === "pot") this.#pot(foot, half, top);
    else this.#bush(foot, half, top);
  }

  #thing(setting: Setting, at: Vec, half: number): void {
    const random = this.#random;
    const forms = {
      meadow: ["bush", "rock", "bush", "post"],
      street: ["crate", "post", "bush", "cone"],
      room: ["crate", "pot", "ball"],
      table: ["ball", "crate", "pot"],
      sky: ["ball"],
      water: ["ball"],
    } as const;
    switch (random.pick<string>(forms[setting])) {
      case "bush":
        return this.#bush(at, half, half * random.range(1, 2));
      case "post":
        return this.#tubeUp(this.#slot(this.#wood()), at, half * 0.16, half * random.range(2, 5));
      case "crate":
        return this.#crate(at, half * 0.7, half * random.range(0.7, 2));
      case "pot":
        return this.#pot(at, half * 0.6, half * 1.2);
      case "cone":
        return lathe(
          this.#mesh,
          "cone",
          this.#slot(material([0.9, 0.42, 0.12], { second: [0.95, 0.95, 0.92], pattern: "bands", scale: 2 / half })),
          at,
          [
            { y: 0, r: half * 0.5 },
            { y: half * 0.08, r: half * 0.5 },
            { y: half * 0.1, r: half * 0.32 },
            { y: half * 1.1, r: half * 0.06 },
          ],
          { around: 12 },
        );
      default: {
        const colour = random.pick(COLOURS), second = random.pick(COLOURS);
        const rock = setting === "meadow";
        const slot = this.#slot(
          rock
            ? material([0.5, 0.48, 0.45], { second: [0.36, 0.35, 0.33], pattern: "mottled", scale: 2 / half })
            : material(colour, { second, pattern: random.pick(["stripes", "spots"]), scale: 1.4 / half, gloss: 0.5 }),
        );
        const radii: Vec = rock ? [half, half * 0.6, half * 0.8] : [half * 0.6, half * 0.6, half * 0.6];
        ellipsoid(this.#mesh, "ball", slot, add(at, [0, radii[1] * 0.9, 0]), radii);
      }
    }
  }

  #slot(m: Material): number {
    this.#materials.push({ ...m, seed: this.#random.uint32() | 0 });
    return this.#materials.length - 1;
  }

  #wood(): Material {
    return material([0.55, 0.42, 0.3], { second: [0.4, 0.29, 0.2], pattern: "wood", scale: 5 });
  }

  #jitter(size: number): Vec {
    const r = this.#random;
    return [r.range(-size, size), r.range(-size, size), r.range(-size, size)];
  }

  #ball(slot: number, at: Vec, radius: number): void {
    ellipsoid(this.#mesh, "ball", slot, at, [radius, radius, radius], 12);
  }

  #tubeUp(slot: number, foot: Vec, radius: number, height: number): void {
    const top = add(foot, [0, height, 0]);
    tube(this.#mesh, "post", slot, [{ at: foot, width: radius }, { at: top, width: radius }], { around: 12 });
  }

  #crate(foot: Vec, half: number, height: number): void {
    const r = this.#random, turn = r.range(0, 3);
    const slot = this.#slot(
      r.chance(0.5)
        ? material([0.72, 0.55, 0.36], { second: [0.58, 0.42, 0.26], pattern: "bands", scale: 2.2 / half })
        : material(r.pick(COLOURS), {
          second: r.pick(COLOURS),
          pattern: r.pick(["weave", "patches"]),
          scale: 1.5 / half,
        }),
    );
    box(this.#mesh, "crate", slot, {
      from: foot,
      to: add(foot, [0, height, 0]),
      right: [half * cos(turn), 0, half * sin(turn)],
      up: [-half * sin(turn), 0, half * cos(turn)],
    });
  }

  #pot(foot: Vec, half: number, height: number): void {
    const r = this.#random;
    const slot = this.#slot(
      material(r.pick(COLOURS), { second: r.pick(COLOURS), pattern: "bands", scale: 2.5 / half, gloss: 0.4 }),
    );
    lathe(this.#mesh, "pot", slot, foot, [
      { y: 0, r: half * 0.6 },
      { y: height * 0.35, r: half },
      { y: height * 0.75, r: half * 0.75 },
      { y: height, r: half * 0.85 },
    ], { smooth: true, around: 16 });
  }

  #bush(foot: Vec, half: number, height: number): void {
    const r = this.#random, green = r.range(0, 1);
    const slot = this.#slot(material([0.2 + 0.15 * green, 0.36 + 0.1 * green, 0.15], {
      second: [0.42 + 0.2 * green, 0.55, 0.25],
      pattern: "mottled",
      scale: 7 / half,
    }));
    const stack = Math.max(1, Math.round(height / half));
    for (let k = 0; k < 4 + 2 * stack; k++) {
      const at = add(foot, [
        r.range(-0.5, 0.5) * half,
        half * 0.4 + r.range(0, 1) * Math.max(height - half * 0.9, 0.1 * half),
        r.range(-0.5, 0.5) * half,
      ]);
      this.#ball(slot, at, half * r.range(0.4, 0.62));
    }
  }
}
