import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { orbit, project, type Projection, projectMesh, rayThrough } from "./camera.ts";
import { MeshBuilder } from "./mesh.ts";
import { box, ellipsoid } from "./primitives.ts";
import { rasterise, surfacePoint } from "./raster.ts";
import { add, scale } from "./vec.ts";
import { Visibility } from "./visibility.ts";

const SIZE = { width: 40, height: 30 };

function screen(...points: [number, number, number][]): Projection {
  return {
    x: Float64Array.from(points, ([x]) => x),
    y: Float64Array.from(points, ([, y]) => y),
    w: Float64Array.from(points, ([, , depth]) => 1 / depth),
  };
}

Deno.test("orbit() sees the object's right side on the left of a picture taken from the front", () => {
  const camera = {
    ...orbit([0, 0, 0], { azimuth: 0, elevation: 0, roll: 0, distance: 4 }),
    focal: 100,
    cx: 50,
    cy: 40,
  };
  assertEquals([...camera.eye], [4, 0, 0]);
  const right = project(camera, [0, 0, 1]), up = project(camera, [0, 1, 0]), front = project(camera, [2, 0, 0]);
  assertAlmostEquals(right.x, 25, 1e-9);
  assertAlmostEquals(right.y, 40, 1e-9);
  assertAlmostEquals(up.y, 15, 1e-9);
  assertAlmostEquals(front.depth, 2, 1e-9);
});

Deno.test("rayThrough() and project() are inverse", () => {
  const camera = {
    ...orbit([1, 2, 3], { azimuth: 57, elevation: 21, roll: 5, distance: 7 }),
    focal: 210,
    cx: 60,
    cy: 33,
  };
  const back = project(camera, add(camera.eye, scale(rayThrough(camera, 17.25, 91.5), 6.5)));
  // Sines are rounded to 2^-16, so the axes are a little off orthonormal.
  assertAlmostEquals(back.x, 17.25, 0.01);
  assertAlmostEquals(back.y, 91.5, 0.01);
  assertAlmostEquals(back.depth, 6.5, 1e-3);
});

Deno.test("rasterise() fills the pixels whose centres a triangle covers, and only triangles that face the camera", () => {
  // On screen a facing triangle runs anticlockwise, seen with y down: (0,0), (0,4), (4,0).
  const p = screen([-0.5, -0.5, 1], [-0.5, 3.5, 1], [3.5, -0.5, 1]);
  const front = rasterise(p, Int32Array.of(0, 1, 2), SIZE), back = rasterise(p, Int32Array.of(0, 2, 1), SIZE);
  const filled: string[] = [];
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) if (front.triangle[y * SIZE.width + x] === 0) filled.push(`${x},${y}`);
  }
  // x + y <= 3 with x, y >= 0: the hypotenuse passes exactly through the centres of the outermost four.
  assertEquals(filled.filter((c) => !["3,0", "2,1", "1,2", "0,3"].includes(c)), [
    "0,0",
    "1,0",
    "2,0",
    "0,1",
    "1,1",
    "0,2",
  ]);
  assert(back.triangle.every((t) => t === -1));
});

Deno.test("rasterise() keeps the nearest triangle whatever the order", () => {
  const p = screen([0, 0, 2], [0, 20, 2], [20, 0, 2], [0, 0, 1], [0, 20, 1], [20, 0, 1]);
  for (const order of [[0, 1, 2, 3, 4, 5], [3, 4, 5, 0, 1, 2]]) {
    const buffer = rasterise(p, Int32Array.from(order), SIZE);
    const t = buffer.triangle[5 * SIZE.width + 5]!;
    assertEquals(order[t * 3], 3);
    assertAlmostEquals(buffer.w[5 * SIZE.width + 5]!, 1, 1e-12);
  }
});

Deno.test("surfacePoint() is correct under perspective", () => {
  // An edge from depth 1 to depth 3, from x = 0 to x = 12: in space 0 to 36, so its middle (18 at depth 2) shows at 9.
  const p = screen([0, 0, 1], [0, 12, 2], [12, 0, 3]);
  const bary = new Float64Array(3);
  surfacePoint(p, Int32Array.of(0, 1, 2), 0, 9, 0, bary);
  assertAlmostEquals(bary[0]!, 0.5, 1e-12);
  assertAlmostEquals(bary[1]!, 0, 1e-12);
  assertAlmostEquals(bary[2]!, 0.5, 1e-12);
});

Deno.test("Visibility hides points behind the object, within a tolerance, and behind occluders without one", () => {
  const builder = new MeshBuilder();
  ellipsoid(builder, "ball", 0, [0, 0, 0], [1, 1, 1], 32);
  builder.mark("near", "ball", 1, 0);
  builder.mark("far", "ball", 0, 0);
  const view = { azimuth: 0, elevation: 0, roll: 0, distance: 5 };
  const camera = { ...orbit([0, 0, 0], view), focal: 60, cx: 19.5, cy: 14.5 };
  const see = (name: string) => {
    const mesh = builder.build();
    return new Visibility(mesh, projectMesh(camera, mesh), SIZE, 1).seesKeypoint(builder.marks.get(name)!);
  };
  builder.endObject();
  assertEquals([see("near"), see("far")], [true, false]);
  const mesh = builder.build();
  const visibility = new Visibility(mesh, projectMesh(camera, mesh), SIZE, 1);
  // The surface stands at depth 4 on the axis.
  assertEquals(visibility.hidden(19.5, 14.5, 1 / 4.01, 0.02), false);
  assertEquals(visibility.hidden(19.5, 14.5, 1 / 4.03, 0.02), true);
  box(builder, "plate", 0, { from: [1.001, 0, 0], to: [1.002, 0, 0], right: [0, 0, 0.2], up: [0, 0.2, 0] });
  assertEquals(see("near"), false);
});

Deno.test("Visibility.inFrame() ends at the centres of the outer pixels", () => {
  const builder = new MeshBuilder();
  ellipsoid(builder, "ball", 0, [0, 0, 0], [1, 1, 1]);
  const mesh = builder.build(), camera = orbit([0, 0, 0], { azimuth: 0, elevation: 0, roll: 0, distance: 5 });
  const visibility = new Visibility(mesh, projectMesh(camera, mesh), SIZE, 1);
  assert(visibility.inFrame(0, 0) && visibility.inFrame(39, 29));
  assert(!visibility.inFrame(-0.01, 3) && !visibility.inFrame(39.01, 3) && !visibility.inFrame(3, 29.01));
});
