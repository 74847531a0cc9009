import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { divideGrid, paddedFrame, pointsOf } from "../../../core/frame.ts";
import { nearest } from "../../../core/localize/nearest.ts";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import { Registry } from "../../../core/registry.ts";
import type { Backbone, CostVolume, FeatureMap, Image, Lattice, MethodContext } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import { byDistance } from "./distance.ts";
import { fuse } from "./fusion.ts";
import plugin from "./mod.ts";
import golden from "./sd_dino_copca_fusion.golden.ts";
import { holding } from "./whole_cells.ts";

type Options = Parameters<typeof plugin.build>[1];

sharedTest("co-PCA and fusion give the recorded values of SD-DINO", "golden/sd_dino_copca_fusion", async () => {
  let checks = 0;
  for await (const { name, error, tolerance, pass, note } of golden.run(sharedPath("golden/sd_dino_copca_fusion"))) {
    checks++;
    assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
  }
  assertEquals(checks, 5);
});

/** A padded picture of 28 x 14 pixels in 56 x 56: scale 2, 14 pixels above and below. */
const frame = paddedFrame({ width: 28, height: 14 }, { width: 56, height: 28 }, { x: 0, y: 14 }, {
  width: 56,
  height: 56,
});

function mapOf(name: string, side: number, channels: number, seed: number): FeatureMap {
  const data = Float32Array.from({ length: side * side * channels }, (_, i) => Math.sin((i + 1) * 3.7 * seed));
  return { name, channels, data, frame, grid: divideGrid({ width: 56, height: 56 }, side, side, "half-pixel") };
}

Deno.test("holding() rounds positions down to the cell of floor(pixel / stride)", () => {
  const lattice: Lattice = mapOf("dino/t", 4, 1, 1);
  // Cells of 14 pixels centred at 6.5: pixels 13.9 and 14 belong to cells 0 and 1.
  const cells = (x: number, y: number) => ({ n: 1, xy: Float64Array.of((x - 6.5) / 14, (y - 6.5) / 14) });
  for (const [x, y, want] of [[0, 0, 0], [13.9, 0, 0], [14, 13.99, 1], [55, 28, 11], [-3, 70, 12]] as const) {
    assertEquals([...holding(cells(x, y), lattice)], [want], `${x}, ${y}`);
  }
});

Deno.test("fuse() weighs both halves at unit length, diffusion first", () => {
  const parts = (seed: number) => ({
    sd: [mapOf("sd/s3", 4, 5, seed), mapOf("sd/s4", 2, 6, seed)],
    dino: mapOf("dino/t", 4, 7, seed),
  });
  const options = { dims: [3], weights: { levels: [1, 1], sd: 2, dino: 0.5 } };
  const { source } = fuse({ source: parts(1), target: parts(1.7) }, options);
  assertEquals(source.channels, 3 + 3 + 7);
  for (let at = 0; at < source.data.length; at += 13) {
    assertAlmostEquals(Math.hypot(...source.data.subarray(at, at + 6)), 2, 1e-5);
    assertAlmostEquals(Math.hypot(...source.data.subarray(at + 6, at + 13)), 0.5, 1e-5);
  }
});

Deno.test("both distances rank alike: minus the distance of unit vectors is -sqrt(2 - 2 cos)", async () => {
  const maps = { source: mapOf("a", 2, 6, 1), target: mapOf("b", 3, 6, 2) };
  const [l2, cosine] = await Promise.all(
    ["l2", "cosine"].map(async (name) => await (await byDistance(name).match(maps) as CostVolume).dense()),
  );
  // torch adds 1e-6 to every difference.
  l2!.forEach((value, i) => assertAlmostEquals(value, -Math.sqrt(Math.max(0, 2 - 2 * cosine![i]!)), 1e-5));
});

const blank = (origin: string): Image => ({
  width: 28,
  height: 14,
  data: new Uint8Array(3 * 28 * 14),
  sha256: origin,
  origin,
});

const methodOf = (maps: (image: Image) => FeatureMap[], options: Partial<Options> = {}) => {
  const backbone: Backbone = { identity: "parts", extract: (image) => Promise.resolve(maps(image)) };
  return plugin.build(
    { backbone, localizer: nearest.build() } as unknown as MethodContext,
    { ...defaultsOf(plugin.defaults) as Options, ...options },
  );
};

Deno.test("a point goes to the middle of its best patch: patch * 14 + 6.5 in the padded picture", async () => {
  // The tokens decide; the target's are the source's moved one patch to the right.
  const tokens = mapOf("dino/t", 4, 8, 1);
  const moved = { ...tokens, data: tokens.data.slice() };
  for (let r = 0; r < 4; r++) {
    for (let c = 3; c > 0; c--) moved.data.copyWithin((r * 4 + c) * 8, (r * 4 + c - 1) * 8, (r * 4 + c) * 8);
    // The first column is left without a descriptor.
    moved.data.fill(0, r * 4 * 8, (r * 4 + 1) * 8);
  }
  const level = mapOf("sd/s3", 4, 4, 1);
  const method = methodOf(({ origin }) => [level, origin === "a" ? tokens : moved], { sd_weight: 0 });
  const { xy } = await method.correspond(blank("a"), blank("b"), pointsOf([[3, 2], [10, 9]]));
  // (3, 2) is pixel (6, 18) of the padded picture: patch (0, 1), found at (1, 1): pixel (20.5, 20.5) = (10.25, 3.25).
  // (10, 9) is pixel (20, 32): patch (1, 2), found at (2, 2): pixel (34.5, 34.5) = (17.25, 10.25).
  assertEquals([...xy], [10.25, 3.25, 17.25, 10.25]);
});

Deno.test("sd-dino says which parts it needs, and which numbers it takes", async () => {
  await assertRejects(
    () => methodOf(() => [mapOf("hog", 4, 4, 1)]).correspond(blank("a"), blank("b"), pointsOf([[0, 0]])),
    ConfigError,
    "Cannot fuse maps hog: sd-dino needs maps sd/... (levels) and one dino/...",
  );
  assertThrows(() => methodOf(() => [], { pca_dims: [0.5] }), InputError, "whole numbers of at least 1");
});

Deno.test("sd-dino without weights says in one line which ones and which prompt are missing, by the options of its part", async () => {
  const registry = await Registry.open();
  const [config] = await resolveRuns(registry, [parseWords(["method=sd-dino"])]);
  const before = Deno.env.get("SC_WEIGHTS");
  const empty = await Deno.makeTempDir();
  Deno.env.set("SC_WEIGHTS", empty);
  try {
    const { message } = await assertRejects(() => buildMethod(registry, config!, () => {}), InputError);
    assert(!message.includes("\n"));
    for (const word of ["sd15_unet", "deno task weights name=sd15", "backbone.sd.unet=PATH", "backbone.sd.prompt"]) {
      assert(message.includes(word), `"${word}" is not in: ${message}`);
    }
  } finally {
    if (before === undefined) Deno.env.delete("SC_WEIGHTS");
    else Deno.env.set("SC_WEIGHTS", before);
    await Deno.remove(empty);
  }
});
