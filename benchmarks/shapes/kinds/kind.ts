import type { MeshBuilder } from "../mesh.ts";
import type { Random } from "../prng.ts";
import type { Material } from "../texture.ts";

/** Where a kind is found; decides background, clutter and shadows. */
export type Setting = "meadow" | "street" | "room" | "table" | "sky" | "water";

/** A parametric category of objects. */
export interface Kind {
  readonly name: string;
  /** Names of the keypoints, in the order they are reported. At least eight. */
  readonly keypoints: readonly string[];
  /** Groups of keypoints that look alike and differ by where they are (left and right, front and back). */
  readonly symmetry: readonly (readonly string[])[];
  readonly settings: readonly Setting[];
  /** The view around which pictures are taken, degrees: azimuth 0 is from the front, 90 from its right. */
  readonly view: { readonly azimuth: number; readonly elevation: readonly [number, number] };
  /**
   * Builds one instance: patches always in the same order with the same tessellation, whatever the random shape, and
   * every keypoint marked. Units are arbitrary; x is front, y up (the ground is y = 0), z right.
   */
  build(mesh: MeshBuilder, random: Random): void;
  /** Materials of one instance, indexed by the slots the patches name. */
  materials(random: Random): readonly Material[];
}
