import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Mesh, MeshBuilder } from "./mesh.ts";
import { cornerNormals } from "./normals.ts";
import { box, ellipsoid, lathe, tube } from "./primitives.ts";

function built(add: (mesh: MeshBuilder) => void): { mesh: Mesh; builder: MeshBuilder } {
  const builder = new MeshBuilder();
  add(builder);
  return { mesh: builder.build(), builder };
}

function vertex(mesh: Mesh, i: number): number[] {
  return [...mesh.position.subarray(i * 3, i * 3 + 3)];
}

Deno.test("ellipsoid() puts all vertices on the ellipsoid", () => {
  const { mesh } = built((m) => ellipsoid(m, "egg", 0, [1, 2, 3], [2, 1, 0.5]));
  for (let i = 0; i < mesh.position.length / 3; i++) {
    const [x, y, z] = vertex(mesh, i) as [number, number, number];
    // Positions are rounded to 2^-16; the poles are small flat discs.
    assertAlmostEquals(((x - 1) / 2) ** 2 + (y - 2) ** 2 + ((z - 3) / 0.5) ** 2, 1, 2e-3);
  }
});

Deno.test("box() has its eight corners where they belong, and mark() finds them", () => {
  const { mesh, builder } = built((m) => {
    box(m, "crate", 0, { from: [0, 0, 0], to: [0, 2, 0], right: [1, 0, 0], up: [0, 0, 3] });
    m.mark("corner", "crate", 0.75, 1 / 8);
    m.mark("opposite", "crate", 0.25, 5 / 8);
  });
  assertEquals(vertex(mesh, builder.marks.get("corner")!), [1, 2, 3]);
  assertEquals(vertex(mesh, builder.marks.get("opposite")!), [-1, 0, -3]);
  assertEquals(builder.bounds(), { low: [-1, 0, -3], high: [1, 2, 3] });
});

Deno.test("mark() refuses an unknown patch and a name used twice", () => {
  const mesh = new MeshBuilder();
  ellipsoid(mesh, "egg", 0, [0, 0, 0], [1, 1, 1]);
  mesh.mark("top", "egg", 0.5, 0.25);
  assertThrows(() => mesh.mark("side", "leg", 0, 0), RangeError, 'no patch "leg"');
  assertThrows(() => mesh.mark("top", "egg", 0, 0), RangeError, "twice");
});

Deno.test("triangles of convex solids are wound outwards, however the solid was built", () => {
  const solids: ((m: MeshBuilder) => void)[] = [
    (m) => ellipsoid(m, "egg", 0, [0, 0, 0], [2, 1, 0.5]),
    (m) => box(m, "crate", 0, { from: [0, 0, -1], to: [0, 0, 1], right: [1, 0, 0], up: [0, 1, 0] }),
    (m) => box(m, "mirrored crate", 0, { from: [0, 0, 1], to: [0, 0, -1], right: [1, 0, 0], up: [0, 1, 0] }),
    (m) => lathe(m, "drum", 0, [0, -1, 0], [{ y: 0, r: 1 }, { y: 2, r: 1 }]),
    (m) => tube(m, "capsule", 0, [{ at: [-1, 0, 0], width: 0.5 }, { at: [1, 0, 0], width: 0.5 }]),
  ];
  for (const solid of solids) {
    const { mesh } = built(solid);
    const normals = cornerNormals(mesh);
    for (let t = 0; t < mesh.triangle.length / 3; t++) {
      const a = mesh.triangle[t * 3]! * 3;
      let outwards = 0, length = 0;
      for (let k = 0; k < 3; k++) {
        outwards += normals[t * 9 + k]! * mesh.position[a + k]!;
        length += normals[t * 9 + k]! ** 2;
      }
      // Triangles at a pole have no area and no normal.
      if (length > 0) assert(outwards > 0, `${mesh.patches[0]!.name}, triangle ${t}: ${outwards}`);
    }
  }
});

Deno.test("cornerNormals() is smooth on a ball and keeps the edges of a box", () => {
  const ball = built((m) => ellipsoid(m, "ball", 0, [0, 0, 0], [1, 1, 1], 32)).mesh;
  const smooth = cornerNormals(ball);
  for (let t = 0; t < ball.triangle.length / 3; t++) {
    for (let corner = 0; corner < 3; corner++) {
      const n = smooth.subarray(t * 9 + corner * 3, t * 9 + corner * 3 + 3), v = ball.triangle[t * 3 + corner]!;
      const [x, y, z] = vertex(ball, v) as [number, number, number];
      if (Math.abs(x) > 0.9 || n[0]! ** 2 + n[1]! ** 2 + n[2]! ** 2 === 0) continue;
      // On a unit ball the normal is the position; rings stand 30 degrees apart.
      assert(n[0]! * x + n[1]! * y + n[2]! * z > 0.98);
    }
  }
  const crate =
    built((m) => box(m, "crate", 0, { from: [0, 0, 0], to: [0, 2, 0], right: [1, 0, 0], up: [0, 0, 1] })).mesh;
  const sharp = cornerNormals(crate);
  for (let i = 0; i < sharp.length; i += 3) {
    const parts = [...sharp.subarray(i, i + 3)].map(Math.abs).sort((a, b) => b - a);
    if (parts[0]! > 0) assertAlmostEquals(parts[0]!, 1, 1e-6);
  }
});
