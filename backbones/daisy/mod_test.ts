import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readCard } from "../../core/card.ts";
import { InputError } from "../../core/errors.ts";
import { pointsOf, toCells } from "../../core/frame.ts";
import type { Image, OptionsOf } from "../../core/types.ts";
import { defaultsOf } from "../../core/value.ts";
import plugin from "./mod.ts";

type Options = OptionsOf<typeof plugin.defaults>;
const card = await readCard("backbone", import.meta.dirname!, "daisy", "");

function build(options: Partial<Options> = {}) {
  return plugin.build({ card, log() {} }, { ...defaultsOf(plugin.defaults) as unknown as Options, ...options });
}

function picture(width: number, height: number): Image {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
  return { width, height, data, sha256: "0".repeat(64), origin: `noise ${width}x${height}` };
}

Deno.test("daisy with pad covers the picture from pixel (0, 0), without it from pixel (radius, radius)", async () => {
  const [padded] = await build({ radius: 6 }).extract(picture(30, 21));
  assertEquals([padded!.grid.rows, padded!.grid.cols, padded!.channels], [6, 8, 200]);
  assertEquals([...toCells(pointsOf([[0, 0], [8, 20]]), padded!).xy], [0, 0, 2, 5]);
  const [inner] = await build({ radius: 6, pad: false }).extract(picture(30, 21));
  assertEquals([inner!.grid.rows, inner!.grid.cols], [3, 5]);
  assertEquals([...toCells(pointsOf([[6, 6], [14, 10]]), inner!).xy], [0, 0, 2, 1]);
});

Deno.test("daisy describes a picture of one pixel evenly, and names one that is too small without padding", async () => {
  const [map] = await build().extract(picture(1, 1));
  assertEquals(map!.data.length, 200);
  map!.data.forEach((value) => assertAlmostEquals(value, 1 / 200, 1e-8));
  await assertRejects(
    () => build({ pad: false }).extract(picture(30, 50)),
    InputError,
    'Cannot describe "noise 30x50" by DAISY: it has 30x50 pixels and a radius of 15 needs 31x31; use pad=true',
  );
});

Deno.test("daisy has another identity for every other setting", () => {
  const changes = [
    {},
    { step: 1 },
    { radius: 8 },
    { rings: 2 },
    { histograms: 6 },
    { orientations: 4 },
    { normalization: "l2" },
    { sigmas: [1, 2, 3, 4] },
    { pad: false },
  ];
  assertEquals(new Set(changes.map((options) => build(options).identity)).size, changes.length);
});

Deno.test("daisy takes rings + 1 positive sigmas, and they matter", async () => {
  for (const sigmas of [[1, 2], [1, 2, 3, -1], "2", [1, 2, 3, "x"]]) {
    assertThrows(() => build({ sigmas }), InputError, "as sigmas of daisy");
  }
  const [usual] = await build().extract(picture(20, 20));
  const [smooth] = await build({ sigmas: [5, 9, 12, 1] }).extract(picture(20, 20));
  assert(usual!.data.some((value, i) => Math.abs(value - smooth!.data[i]!) > 1e-3));
});
