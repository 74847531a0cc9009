import type { Box, Size } from "../../core/types.ts";
import { type Backdrop, backdropFor } from "./background.ts";
import { type Camera, orbit, project, type Projection, projectMesh } from "./camera.ts";
import { Extras } from "./extras.ts";
import type { Kind } from "./kinds/kind.ts";
import { type Light, lightFor } from "./light.ts";
import { type Mesh, MeshBuilder } from "./mesh.ts";
import { hashText, Random } from "./prng.ts";
import { type IdBuffer, rasterise } from "./raster.ts";
import { sunFrom } from "./shadow.ts";
import type { Material } from "./texture.ts";
import { dot, mixed, settle, sub, type Vec } from "./vec.ts";
import { Visibility } from "./visibility.ts";

/** How far pictures of a kind differ from each other. */
export type Spread = "easy" | "medium" | "hard";

/** The names of {@linkcode Spread}. */
export const SPREADS: readonly Spread[] = ["easy", "medium", "hard"];

interface Range {
  /** Largest turn away from the kind's usual view, degrees. */
  readonly turn: number;
  /** Share of pictures taken from the other side. */
  readonly otherSide: number;
  /** Size of the object as a share of what fits. */
  readonly fill: readonly [number, number];
  readonly truncated: number;
  readonly occluded: number;
}

const RANGES: Record<Spread, Range> = {
  easy: { turn: 22, otherSide: 0, fill: [0.8, 1], truncated: 0, occluded: 0 },
  medium: { turn: 62, otherSide: 0.22, fill: [0.65, 1], truncated: 0.18, occluded: 0.25 },
  hard: { turn: 110, otherSide: 0.5, fill: [0.4, 1], truncated: 0.4, occluded: 0.5 },
};

/** Everything that decides a picture. */
export interface Recipe {
  readonly kind: Kind;
  readonly seed: number;
  readonly index: number;
  /** Raised when a picture turned out useless (hardly anything of the object to be seen). */
  readonly attempt: number;
  readonly spread: Spread;
  /** Nominal side; each picture has sides of 0.75 to 1.25 times this. */
  readonly side: number;
}

/** A keypoint of a picture. */
export interface Keypoint {
  readonly name: string;
  readonly vertex: number;
  readonly x: number;
  readonly y: number;
  readonly visible: boolean;
}

/** A built scene: geometry, camera and light, not yet rendered. */
export interface Scene {
  readonly size: Size;
  readonly mesh: Mesh;
  readonly camera: Camera;
  readonly projection: Projection;
  readonly visibility: Visibility;
  /** At pixel centres. */
  readonly ids: IdBuffer;
  readonly materials: readonly Material[];
  readonly light: Light;
  readonly backdrop: Backdrop;
  /** Middle of the object. */
  readonly centre: Vec;
  /** Degrees, in [-180, 180). */
  readonly azimuth: number;
  readonly keypoints: readonly Keypoint[];
  /** Tight box of the object's visible pixels, from the centre of the first to the centre of the last; absent if none. */
  readonly box?: Box;
  /** Visible pixels of the object. */
  readonly area: number;
  /** Share of the object's whole box that lies outside the picture, 0..1. */
  readonly cut: number;
  /** Share of the object's pixels in the picture that something covers, 0..1. */
  readonly covered: number;
}

/** Builds the scene of a recipe; the same recipe gives the same scene, byte for byte. */
export function buildScene(recipe: Recipe): Scene {
  const { kind, side } = recipe;
  const stream = (name: string) =>
    new Random(recipe.seed, hashText(kind.name), recipe.index, recipe.attempt, hashText(name));
  const mesh = new MeshBuilder();
  kind.build(mesh, stream("shape"));
  mesh.endObject();
  const materials = [...kind.materials(stream("material"))];
  const { low, high } = mesh.bounds();
  const centre = mixed(low, high, 0.5), diagonal = sub(high, low);
  const radius = 0.5 * Math.sqrt(dot(diagonal, diagonal));

  const random = stream("view"), range = RANGES[recipe.spread];
  const aspect = random.pick([1, 1.333, 1.5, 1.333, 0.75, 1.25, 1.6]);
  const size = sizeOf(side, aspect);
  const shot = aim(kind, mesh.build(), random, range, size, centre, radius);

  const around = stream("surroundings");
  const setting = around.pick(kind.settings);
  const light = lightFor(setting, sunFrom(shot.camera, around.range(-1.6, 1.6), around.range(0.7, 1.8)), around);
  const backdrop = backdropFor(setting, radius, around);
  const extras = new Extras(mesh, materials, around);
  extras.clutter(setting, shot.camera, radius);
  if (around.chance(range.occluded)) {
    const { x1, x2, y1, y2 } = shot.whole;
    const x = around.range(x1 + 0.15 * (x2 - x1), x2 - 0.15 * (x2 - x1));
    const y = around.range(0.5 * (y1 + y2), y2);
    const half = Math.sqrt((x2 - x1) * (y2 - y1)) * around.range(0.1, 0.2);
    extras.occluder(setting, shot.camera, x, y, half, project(shot.camera, centre).depth);
  }
  return observe(kind, mesh, { size, materials, light, backdrop, centre, ...shot }, radius);
}

function sizeOf(side: number, aspect: number): Size {
  const clamp = (value: number) => Math.round(Math.min(Math.max(value, 0.75 * side), 1.25 * side));
  // The square root keeps the area near side^2 whatever the aspect.
  const root = Math.sqrt(aspect);
  return { width: clamp(side * root), height: clamp(side / root) };
}

interface Shot {
  readonly camera: Camera;
  readonly azimuth: number;
  /** Box of all of the object, in and out of the picture. */
  readonly whole: Box;
  readonly cut: number;
}

/** Points the camera: view first, then focal length and principal point so that the object has the wished place. */
function aim(kind: Kind, mesh: Mesh, random: Random, range: Range, size: Size, centre: Vec, radius: number): Shot {
  const mirror = random.chance(range.otherSide) ? -1 : 1;
  const azimuth = mirror * (kind.view.azimuth + random.range(-range.turn, range.turn));
  const camera = orbit(centre, {
    azimuth,
    elevation: random.range(...kind.view.elevation),
    roll: random.range(-4, 4),
    distance: radius * random.range(3.2, 6),
  });
  const bare = boxOf(projectMesh(camera, mesh));
  const width = bare.x2 - bare.x1, height = bare.y2 - bare.y1;
  // The picture ends at the centres of its outer pixels.
  const right = size.width - 1, bottom = size.height - 1;
  const truncated = random.chance(range.truncated);
  const fill = truncated ? random.range(0.9, 1.15) : random.range(...range.fill);
  const focal = settle(0.94 * fill * Math.min(right / width, bottom / height));
  const w = focal * width, h = focal * height;
  let left = random.range(0.1, 0.9) * (right - w), top = random.range(0.2, 0.8) * (bottom - h);
  if (truncated) {
    const out = random.range(0.12, 0.3);
    if (random.chance(0.7)) left = random.chance(0.5) ? -out * w : right - (1 - out) * w;
    else top = bottom - (1 - out) * h;
  }
  const cx = settle(left - focal * bare.x1), cy = settle(top - focal * bare.y1);
  const whole = {
    x1: cx + focal * bare.x1,
    x2: cx + focal * bare.x2,
    y1: cy + focal * bare.y1,
    y2: cy + focal * bare.y2,
  };
  const inside = Math.max(0, Math.min(whole.x2, right) - Math.max(whole.x1, 0)) *
    Math.max(0, Math.min(whole.y2, bottom) - Math.max(whole.y1, 0));
  const turned = azimuth - 360 * Math.floor((azimuth + 180) / 360);
  return { camera: { ...camera, focal, cx, cy }, azimuth: turned, whole, cut: 1 - inside / (w * h) };
}

function boxOf({ x, y }: Projection): Box {
  let x1 = Infinity, x2 = -Infinity, y1 = Infinity, y2 = -Infinity;
  for (let i = 0; i < x.length; i++) {
    x1 = Math.min(x1, x[i]!);
    x2 = Math.max(x2, x[i]!);
    y1 = Math.min(y1, y[i]!);
    y2 = Math.max(y2, y[i]!);
  }
  return { x1, y1, x2, y2 };
}

type Staged = Pick<Scene, "size" | "materials" | "light" | "backdrop" | "centre" | "camera" | "azimuth" | "cut">;

function observe(kind: Kind, builder: MeshBuilder, staged: Staged, radius: number): Scene {
  const mesh = builder.build();
  const { size, camera } = staged;
  const projection = projectMesh(camera, mesh);
  const ids = rasterise(projection, mesh.triangle, size);
  const alone = rasterise(projection, mesh.triangle, size, 1, mesh.objectTriangles);
  let area = 0, whole = 0;
  let x1 = Infinity, y1 = Infinity, x2 = -Infinity, y2 = -Infinity;
  for (let y = 0, i = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, i++) {
      if (alone.triangle[i]! >= 0) whole++;
      const t = ids.triangle[i]!;
      if (t < 0 || t >= mesh.objectTriangles) continue;
      area++;
      x1 = Math.min(x1, x);
      x2 = Math.max(x2, x);
      y1 = Math.min(y1, y);
      y2 = Math.max(y2, y);
    }
  }
  const visibility = new Visibility(mesh, projection, size, radius);
  const keypoints = kind.keypoints.map((name): Keypoint => {
    const vertex = builder.marks.get(name);
    if (vertex === undefined) throw new RangeError(`Cannot build a ${kind.name}: keypoint "${name}" is not marked`);
    return {
      name,
      vertex,
      x: projection.x[vertex]!,
      y: projection.y[vertex]!,
      visible: visibility.seesKeypoint(vertex),
    };
  });
  return {
    ...staged,
    mesh,
    projection,
    visibility,
    ids,
    keypoints,
    area,
    covered: whole > 0 ? 1 - area / whole : 0,
    ...(area > 0 ? { box: { x1, y1, x2, y2 } } : {}),
  };
}
