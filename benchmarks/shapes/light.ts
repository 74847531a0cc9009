import { add, mixed, scale, type Vec } from "./vec.ts";
import type { Random } from "./prng.ts";
import type { Setting } from "./kinds/kind.ts";

/** The light of a scene. Colours are linear. */
export interface Light {
  /** Unit vector towards the sun or lamp. */
  readonly sun: Vec;
  readonly sunColour: Vec;
  /** What falls from above and from below on the shaded side. */
  readonly skyColour: Vec;
  readonly groundColour: Vec;
}

/** Draws the light of a scene. */
export function lightFor(setting: Setting, sun: Vec, random: Random): Light {
  const warm = random.range(0, 1), strength = random.range(0.75, 1.15);
  const inside = setting === "room" || setting === "table";
  const sunColour = mixed([1, 0.98, 0.95], [1.08, 0.9, 0.7], warm * 0.8);
  const skyColour: Vec = inside ? [0.5, 0.47, 0.43] : [0.4, 0.46, 0.55];
  const groundColour: Vec = inside ? [0.3, 0.26, 0.22] : [0.24, 0.24, 0.2];
  const dim = random.range(0.85, 1.1);
  return {
    sun,
    sunColour: scale(sunColour, 0.85 * strength),
    skyColour: scale(skyColour, dim),
    groundColour: add(scale(groundColour, dim), [0.03, 0.03, 0.03]),
  };
}

/**
 * Lambert, light from above and below, and a highlight (Blinn, exponent 32).
 *
 * @param colour the surface, as displayed; replaced by the reflected light, linear
 * @param n unit normal
 * @param v unit vector to the eye
 * @param lit share of the sun that is not in shadow
 */
export function shade(
  colour: Float64Array,
  light: Light,
  n: Float64Array,
  v: Float64Array,
  gloss: number,
  lit: number,
): void {
  const { sun, sunColour, skyColour, groundColour } = light;
  const nx = n[0]!, ny = n[1]!, nz = n[2]!;
  const facing = Math.max(0, nx * sun[0] + ny * sun[1] + nz * sun[2]) * lit;
  const hx = sun[0] + v[0]!, hy = sun[1] + v[1]!, hz = sun[2] + v[2]!;
  const h = Math.max(0, nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz + 1e-12);
  const h2 = h * h, h4 = h2 * h2, h8 = h4 * h4, h16 = h8 * h8;
  const edge = 1 - Math.max(0, nx * v[0]! + ny * v[1]! + nz * v[2]!);
  const rim = edge * edge * edge * gloss * 0.35;
  const highlight = gloss * 0.6 * h16 * h16 * lit;
  const up = 0.5 + 0.5 * ny;
  for (let i = 0; i < 3; i++) {
    const albedo = colour[i]! * colour[i]!;
    const ambient = groundColour[i]! + (skyColour[i]! - groundColour[i]!) * up;
    colour[i] = albedo * (ambient + sunColour[i]! * facing) + highlight * sunColour[i]! + rim * skyColour[i]!;
  }
}
