import type { Mesh } from "./mesh.ts";
import { add, cos, cross, dot, radians, scale, sin, sub, unit, type Vec } from "./vec.ts";

/** A pinhole camera without distortion. */
export interface Camera {
  readonly eye: Vec;
  /** Unit axes of the picture in the world: to the right, up, and into the scene. */
  readonly right: Vec;
  readonly up: Vec;
  readonly forward: Vec;
  /** Pixels per unit of (offset / depth). */
  readonly focal: number;
  /** Principal point in pixels; may lie off the centre, as in a cropped photograph. */
  readonly cx: number;
  readonly cy: number;
}

/**
 * A camera that looks at `centre` from `distance`. Azimuth 0 faces the object's front, 90 its right side; elevation is
 * up; roll turns the picture. Degrees.
 */
export function orbit(
  centre: Vec,
  view: { readonly azimuth: number; readonly elevation: number; readonly roll: number; readonly distance: number },
): Camera {
  const a = radians(view.azimuth), e = radians(view.elevation), r = radians(view.roll);
  const out: Vec = [cos(e) * cos(a), sin(e), cos(e) * sin(a)];
  const forward = unit(scale(out, -1));
  const level = unit(cross(forward, [0, 1, 0]));
  const upright = cross(level, forward);
  const right = add(scale(level, cos(r)), scale(upright, sin(r)));
  const up = sub(scale(upright, cos(r)), scale(level, sin(r)));
  return { eye: add(centre, scale(out, view.distance)), right, up, forward, focal: 1, cx: 0, cy: 0 };
}

/** Vertices on the picture: x, y in pixels (centre of the top-left pixel is 0, 0), w = 1 / depth (linear on screen). */
export interface Projection {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly w: Float64Array;
}

/** Where a world point falls: x, y in pixels and its depth along the optical axis. */
export function project(camera: Camera, p: Vec): { readonly x: number; readonly y: number; readonly depth: number } {
  const d = sub(p, camera.eye);
  const depth = dot(d, camera.forward);
  return {
    x: camera.cx + camera.focal * dot(d, camera.right) / depth,
    y: camera.cy - camera.focal * dot(d, camera.up) / depth,
    depth,
  };
}

/** Projects all vertices of a mesh. */
export function projectMesh(camera: Camera, { position }: Mesh): Projection {
  const n = position.length / 3;
  const x = new Float64Array(n), y = new Float64Array(n), w = new Float64Array(n);
  const { eye, right, up, forward, focal, cx, cy } = camera;
  for (let i = 0; i < n; i++) {
    const dx = position[i * 3]! - eye[0], dy = position[i * 3 + 1]! - eye[1], dz = position[i * 3 + 2]! - eye[2];
    const inverse = 1 / (dx * forward[0] + dy * forward[1] + dz * forward[2]);
    x[i] = cx + focal * inverse * (dx * right[0] + dy * right[1] + dz * right[2]);
    y[i] = cy - focal * inverse * (dx * up[0] + dy * up[1] + dz * up[2]);
    w[i] = inverse;
  }
  return { x, y, w };
}

/** The world direction (not of unit length; depth 1) through a pixel. */
export function rayThrough(camera: Camera, x: number, y: number): Vec {
  const a = (x - camera.cx) / camera.focal, b = (camera.cy - y) / camera.focal;
  return add(camera.forward, add(scale(camera.right, a), scale(camera.up, b)));
}
