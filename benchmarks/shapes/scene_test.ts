import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { KINDS } from "./kinds/mod.ts";
import type { Kind } from "./kinds/kind.ts";
import { MeshBuilder } from "./mesh.ts";
import { Random } from "./prng.ts";
import { rasterise } from "./raster.ts";
import { render } from "./render.ts";
import { buildScene, type Scene, type Spread } from "./scene.ts";
import { objectMask } from "./truth.ts";

function scene(kind: Kind, index: number, spread: Spread = "hard", side = 160): Scene {
  return buildScene({ kind, seed: 7, index, attempt: 0, spread, side });
}

function instance(kind: Kind, seed: number) {
  const builder = new MeshBuilder();
  kind.build(builder, new Random(seed));
  return { builder, mesh: builder.build() };
}

for (const kind of KINDS) {
  Deno.test(`${kind.name}: instances differ in shape and share their topology`, () => {
    const first = instance(kind, 1);
    for (const seed of [2, 3, 4, 5]) {
      const other = instance(kind, seed);
      assertEquals(other.mesh.triangle, first.mesh.triangle);
      assertEquals(other.mesh.uv, first.mesh.uv);
      assertEquals(other.mesh.patches.map(({ name }) => name), first.mesh.patches.map(({ name }) => name));
      assertEquals([...other.builder.marks], [...first.builder.marks]);
      assertNotEquals(other.mesh.position, first.mesh.position);
      assert(other.mesh.position.every(Number.isFinite));
    }
  });

  Deno.test(`${kind.name}: at least eight keypoints, all marked at different places, symmetry names them`, () => {
    const { builder, mesh } = instance(kind, 1);
    assert(kind.keypoints.length >= 8);
    assertEquals([...builder.marks.keys()].sort(), [...kind.keypoints].sort());
    const places = new Set([...builder.marks.values()].map((v) => mesh.position.subarray(v * 3, v * 3 + 3).join()));
    assertEquals(places.size, kind.keypoints.length);
    const grouped = kind.symmetry.flat();
    assertEquals(new Set(grouped).size, grouped.length);
    for (const name of grouped) assert(kind.keypoints.includes(name), name);
    for (const group of kind.symmetry) assert(group.length >= 2);
  });

  Deno.test(`${kind.name}: keypoints named left and right lie to the object's left and right`, () => {
    const { builder, mesh } = instance(kind, 3);
    for (const [name, vertex] of builder.marks) {
      const z = mesh.position[vertex * 3 + 2]!;
      if (/\bleft\b/.test(name)) assert(z < 0, `${name}: ${z}`);
      if (/\bright\b/.test(name)) assert(z > 0, `${name}: ${z}`);
      if (!/\b(left|right)\b/.test(name)) continue;
      const twin = name.replace(/\b(left|right)\b/, (side) => side === "left" ? "right" : "left");
      assert(kind.keypoints.includes(twin), `${name} has no ${twin}`);
    }
  });

  Deno.test(`${kind.name}: every keypoint is seen in some pictures, and hardly any in all`, () => {
    const seen = new Map(kind.keypoints.map((name) => [name, 0]));
    const count = 40;
    for (let index = 0; index < count; index++) {
      for (const k of scene(kind, index, "hard", 64).keypoints) if (k.visible) seen.set(k.name, seen.get(k.name)! + 1);
    }
    for (const [name, times] of seen) assert(times >= 3, `${name}: ${times} of ${count}`);
    const always = [...seen.values()].filter((times) => times === count).length;
    assert(always <= 2, `${[...seen]}`);
  });

  Deno.test(`${kind.name}: visible keypoints lie in the picture, within a pixel of the object`, () => {
    for (let index = 0; index < 6; index++) {
      const s = scene(kind, index), { width, height } = s.size;
      // Four samples per pixel and axis: a thin tip may fall between pixel centres.
      const fine = rasterise(s.projection, s.mesh.triangle, s.size, 4);
      for (const { name, x, y, visible } of s.keypoints) {
        if (!visible) continue;
        assert(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1, name);
        let near = false;
        const [col, row] = [Math.round(4 * x + 1.5), Math.round(4 * y + 1.5)];
        for (let v = Math.max(row - 4, 0); v <= Math.min(row + 4, fine.height - 1); v++) {
          for (let u = Math.max(col - 4, 0); u <= Math.min(col + 4, fine.width - 1); u++) {
            const t = fine.triangle[v * fine.width + u]!;
            if (t >= 0 && t < s.mesh.objectTriangles) near = true;
          }
        }
        assert(near, `${kind.name} ${index}: ${name} at ${x}, ${y}`);
      }
    }
  });

  Deno.test(`${kind.name}: the box is tight around the mask`, () => {
    for (let index = 0; index < 4; index++) {
      const s = scene(kind, index), mask = objectMask(s), { width } = s.size;
      const xs = new Set<number>(), ys = new Set<number>();
      mask.forEach((on, i) => {
        if (on === 0) return;
        xs.add(i % width);
        ys.add(Math.floor(i / width));
      });
      if (s.area === 0) assertEquals(s.box, undefined);
      else {
        const [x1, x2, y1, y2] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
        assertEquals(s.box, { x1, y1, x2, y2 });
      }
    }
  });
}

Deno.test("visibility of keypoints agrees with a z-buffer of eight times the resolution", () => {
  let agreed = 0, total = 0;
  for (const kind of KINDS) {
    for (let index = 0; index < 4; index++) {
      const s = scene(kind, index, "hard", 96), fine = 8;
      const buffer = rasterise(s.projection, s.mesh.triangle, s.size, fine);
      const { low, high } = instanceBounds(s);
      const radius = 0.5 * Math.hypot(high[0]! - low[0]!, high[1]! - low[1]!, high[2]! - low[2]!);
      for (const { vertex, x, y, visible } of s.keypoints) {
        if (!s.visibility.inFrame(x, y)) {
          assertEquals(visible, false);
          continue;
        }
        const i = Math.round(y * fine + 3.5) * buffer.width + Math.round(x * fine + 3.5);
        const gap = 1 / s.projection.w[vertex]! - 1 / buffer.w[i]!;
        const tolerance = buffer.triangle[i]! < s.mesh.objectTriangles ? 0.03 * radius : 0;
        total++;
        if (visible === (buffer.triangle[i]! < 0 || gap <= tolerance + 1e-9)) agreed++;
      }
    }
  }
  // The buffer answers for the nearest of 64 samples per pixel: on steep surfaces it may differ.
  assert(total > 200 && agreed / total > 0.97, `${agreed} of ${total}`);
});

Deno.test("supersampling leaves geometry alone and changes edges only a little", () => {
  const s = scene(KINDS[0]!, 1, "medium", 64);
  const plain = render(s, 1), fine = render(s, 3);
  let sum = 0;
  for (let i = 0; i < plain.length; i++) sum += Math.abs(plain[i]! - fine[i]!);
  const mean = sum / plain.length;
  assert(mean > 0 && mean < 6, `${mean}`);
});

Deno.test("the camera puts the object where it was asked to: uncut objects lie inside the picture", () => {
  for (const kind of KINDS) {
    for (let index = 0; index < 8; index++) {
      const s = scene(kind, index, "easy", 64);
      assertAlmostEquals(s.cut, 0, 1e-9);
      assertEquals(s.covered, 0);
      for (let v = 0; v < s.mesh.objectVertices; v++) {
        assert(s.visibility.inFrame(s.projection.x[v]!, s.projection.y[v]!));
      }
    }
  }
});

function instanceBounds({ mesh }: Scene): { low: number[]; high: number[] } {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < mesh.objectVertices * 3; i++) {
    low[i % 3] = Math.min(low[i % 3]!, mesh.position[i]!);
    high[i % 3] = Math.max(high[i % 3]!, mesh.position[i]!);
  }
  return { low, high };
}
