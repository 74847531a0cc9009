import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { KINDS } from "./kinds/mod.ts";
import type { Kind } from "./kinds/kind.ts";
import { buildScene, type Scene } from "./scene.ts";
import { denseTruth, objectMask } from "./truth.ts";

function scene(kind: Kind, index: number): Scene {
  return buildScene({ kind, seed: 3, index, attempt: 0, spread: "medium", side: 160 });
}

for (const kind of KINDS) {
  Deno.test(`${kind.name}: flow from a picture to itself is the identity on the whole mask and nowhere else`, () => {
    const s = scene(kind, 0), { flow, masks, size } = denseTruth(s, s);
    assertEquals(size, s.size);
    assertEquals(masks!.source, objectMask(s));
    for (let i = 0; i < masks!.source.length; i++) {
      const [x, y] = [flow![i * 2]!, flow![i * 2 + 1]!];
      if (masks!.source[i] === 0) {
        assert(Number.isNaN(x) && Number.isNaN(y));
        continue;
      }
      assertAlmostEquals(x, i % size.width, 1e-3);
      assertAlmostEquals(y, Math.floor(i / size.width), 1e-3);
    }
  });
}

Deno.test("flow carries visible keypoints to their partners within one pixel", () => {
  let tested = 0, common = 0;
  for (const kind of KINDS) {
    for (const [a, b] of [[0, 1], [1, 0], [2, 3], [3, 4], [4, 5], [5, 2]] as const) {
      const source = scene(kind, a), target = scene(kind, b), { flow, size } = denseTruth(source, target);
      for (const [i, k] of source.keypoints.entries()) {
        const partner = target.keypoints[i]!;
        if (!k.visible || !partner.visible) continue;
        common++;
        const here = bilinear(flow!, size.width, size.height, k.x, k.y);
        if (here === undefined) continue;
        tested++;
        const away = Math.hypot(here.x - partner.x, here.y - partner.y);
        assert(away <= 1, `${kind.name} ${a}-${b}: ${k.name} is ${away} px off`);
      }
    }
  }
  // Keypoints at tips have no four pixels of one surface around them.
  assert(tested > 40 && tested > 0.25 * common, `${tested} of ${common}`);
});

Deno.test("flow ends inside the target's mask, or within a pixel of it", () => {
  for (const kind of KINDS) {
    const source = scene(kind, 1), target = scene(kind, 2), { flow, masks } = denseTruth(source, target);
    const { width, height } = target.size;
    let inside = 0, total = 0;
    for (let i = 0; i < flow!.length; i += 2) {
      if (Number.isNaN(flow![i]!)) continue;
      const x = Math.round(flow![i]!), y = Math.round(flow![i + 1]!);
      assert(x >= 0 && y >= 0 && x < width && y < height);
      total++;
      let near = 0;
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) near |= masks!.target[v * width + u]!;
      }
      inside += near;
    }
    // Parts thinner than a pixel may show at no pixel's centre.
    if (total > 0) assert(inside / total > 0.98, `${kind.name}: ${inside} of ${total}`);
  }
});

Deno.test("flow there and back returns to the start where both directions see the surface", () => {
  for (const kind of KINDS) {
    const a = scene(kind, 4), b = scene(kind, 5);
    const there = denseTruth(a, b).flow!, back = denseTruth(b, a).flow!;
    let near = 0, total = 0;
    for (let i = 0; i < there.length; i += 2) {
      if (Number.isNaN(there[i]!)) continue;
      const home = bilinear(back, b.size.width, b.size.height, there[i]!, there[i + 1]!);
      if (home === undefined) continue;
      total++;
      const p = i / 2;
      if (Math.hypot(home.x - p % a.size.width, home.y - Math.floor(p / a.size.width)) < 1) near++;
    }
    if (total > 100) assert(near / total > 0.95, `${kind.name}: ${near} of ${total}`);
  }
});

/** Flow between four pixels of one surface; undefined where one is missing or the surface breaks. */
function bilinear(flow: Float32Array, width: number, height: number, x: number, y: number) {
  const x0 = Math.floor(x), y0 = Math.floor(y), fx = x - x0, fy = y - y0;
  if (x0 < 0 || y0 < 0 || x0 + 1 >= width || y0 + 1 >= height) return undefined;
  const at = (dx: number, dy: number) => ((y0 + dy) * width + x0 + dx) * 2;
  const mixAt = (c: number) =>
    (1 - fy) * ((1 - fx) * flow[at(0, 0) + c]! + fx * flow[at(1, 0) + c]!) +
    fy * ((1 - fx) * flow[at(0, 1) + c]! + fx * flow[at(1, 1) + c]!);
  const corners = [at(0, 0), at(1, 0), at(0, 1), at(1, 1)];
  if (corners.some((i) => Number.isNaN(flow[i]!))) return undefined;
  const spread = (c: number) => {
    const values = corners.map((i) => flow[i + c]!);
    return Math.max(...values) - Math.min(...values);
  };
  return spread(0) > 3 || spread(1) > 3 ? undefined : { x: mixAt(0), y: mixAt(1) };
}
