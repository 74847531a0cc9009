import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readCard } from "../../core/card.ts";
import { InputError } from "../../core/errors.ts";
import { pointsOf, toCells } from "../../core/frame.ts";
import { sharedPath, sharedTest } from "../../core/testing/shared.ts";
import type { Image, OptionsOf } from "../../core/types.ts";
import { defaultsOf } from "../../core/value.ts";
import { decodeImage } from "../../core/image/decode.ts";
import plugin from "./mod.ts";

type Options = OptionsOf<typeof plugin.defaults>;
const card = await readCard("backbone", import.meta.dirname!, "dense-sift", "");

function build(options: Partial<Options> = {}) {
  return plugin.build({ card, log() {} }, { ...defaultsOf(plugin.defaults) as unknown as Options, ...options });
}

function picture(width: number, height: number): Image {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
  return { width, height, data, sha256: "0".repeat(64), origin: `noise ${width}x${height}` };
}

Deno.test("dense-sift covers the picture from pixel (0, 0) in steps of 4", async () => {
  const [map, ...others] = await build().extract(picture(30, 21));
  assertEquals(others.length, 0);
  assertEquals([map!.grid.rows, map!.grid.cols, map!.channels, map!.name], [6, 8, 128, "sift-4"]);
  assertEquals(map!.data.length, 6 * 8 * 128);
  assertEquals([...toCells(pointsOf([[0, 0], [8, 20]]), map!).xy], [0, 0, 2, 5]);
});

Deno.test("dense-sift with pad=false and bins of odd size has half-pixel centres", async () => {
  const [map] = await build({ pad: false, bin: 3, step: 2 }).extract(picture(30, 21));
  assertEquals(map!.grid.origin, { x: 4.5, y: 4.5 });
  assertEquals([map!.grid.rows, map!.grid.cols], [6, 11]);
});

Deno.test("dense-sift gives one map per bin size", async () => {
  const maps = await build({ bin: [4, 6, 8] }).extract(picture(32, 32));
  assertEquals(maps.map(({ name }) => name), ["sift-4", "sift-6", "sift-8"]);
});

Deno.test("dense-sift has another identity for every other setting", () => {
  const identities = [
    {},
    { step: 1 },
    { bin: 8 },
    { window: "gaussian" },
    { window_size: 1.5 },
    { pad: false },
    { magnif: 6 },
    { contrast: 1 },
    { quantize: true },
    { quantize: "truncate" as const },
    { rootsift: true },
    { grey: "single" },
  ].map((options) => build(options).identity);
  assertEquals(new Set(identities).size, identities.length);
  // The same size as a list of one is the same backbone.
  assertEquals(build({ bin: [4] }).identity, build({ bin: 4 }).identity);
});

Deno.test("dense-sift with quantize gives whole numbers, with rootsift descriptors of length one", async () => {
  const [whole] = await build({ quantize: true }).extract(picture(24, 24));
  assert(whole!.data.every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
  const [rooted] = await build({ rootsift: true }).extract(picture(24, 24));
  const length = rooted!.data.subarray(0, 128).reduce((sum, value) => sum + value * value, 0);
  assert(Math.abs(length - 1) < 1e-5);
});

Deno.test("dense-sift describes a picture of one pixel, and names one that is too small without padding", async () => {
  const [map] = await build().extract(picture(1, 1));
  assertEquals(map!.data, new Float32Array(128));
  await assertRejects(
    () => build({ pad: false }).extract(picture(12, 40)),
    InputError,
    'Cannot describe "noise 12x40" by dense SIFT: it has 12x40 pixels and bins of 4 need 13x13',
  );
});

Deno.test("dense-sift refuses bins that are no whole numbers", () => {
  for (const bin of [[], [4, 0], [2.5], ["a"]]) assertThrows(() => build({ bin }), InputError, "as bin of dense-sift");
});

sharedTest(
  "dense-sift with step=1 quantize=true finds a recorded nearest neighbour",
  ["golden/nn_dsift", "data/PF-WILLOW"],
  async () => {
    const pair = JSON.parse(await Deno.readTextFile(sharedPath("golden/nn_dsift/pairs.json"))).pairs[0];
    const backbone = build({ step: 1, quantize: true });
    const [source, target] = await Promise.all([pair.A, pair.B].map(async (name: string) => {
      const path = sharedPath(`data/PF-WILLOW/${name}`);
      return (await backbone.extract(await decodeImage(path, { orientation: "ignore" })))[0]!;
    }));
    const at = (map: typeof source, x: number, y: number) => {
      const cell = (y - 1) * map!.grid.cols + x - 1; // recorded pixels count from 1
      return map!.data.subarray(cell * 128, cell * 128 + 128);
    };
    for (let i = 0; i < 10; i++) {
      const query = at(source, Math.floor(pair.src_xy[i][0] + 0.5), Math.floor(pair.src_xy[i][1] + 0.5));
      const found = at(target, pair.pred_xy[i][0], pair.pred_xy[i][1]);
      assertEquals(query.reduce((sum, value, v) => sum + (value - found[v]!) ** 2, 0), pair.min_sq_dist[i]);
    }
  },
);

Deno.test("dense-sift gives whole numbers as bytes too, the same ones, and fractions never", async () => {
  const image = picture(41, 33);
  for (const options of [{ quantize: true, step: 1 }, { quantize: "truncate" as const, bin: [4, 6], contrast: 0.5 }]) {
    const backbone = build(options);
    const maps = await backbone.extract(image), bytes = await backbone.extractBytes!(image);
    assertEquals(bytes.map(({ data }) => Float32Array.from(data)), maps.map(({ data }) => data));
    assertEquals(bytes.map(({ grid, name }) => [grid, name]), maps.map(({ grid, name }) => [grid, name]));
  }
  for (const options of [{}, { quantize: true, rootsift: true }]) assertEquals(build(options).extractBytes, undefined);
});

Deno.test("dense-sift gives parts on the lattice of its maps, for the settings whose descriptors they make", async () => {
  for (const options of [{ step: 1 }, { pad: false, bin: [4, 8] }]) {
    const backbone = build(options), image = picture(40, 30);
    const maps = await backbone.extract(image), parts = await backbone.extractParts!(image);
    assertEquals(
      parts.map(({ name, channels, frame, grid }) => ({ name, channels, frame, grid })),
      maps.map(({ name, channels, frame, grid }) => ({ name, channels, frame, grid })),
    );
  }
  for (const options of [{ quantize: true }, { window: "gaussian" }, { contrast: 1 }, { rootsift: true }]) {
    assertEquals("extractParts" in build(options), false);
  }
});
