import { assertEquals, assertRejects } from "@std/assert";
import { readCard } from "../../core/card.ts";
import { InputError } from "../../core/errors.ts";
import { pointsOf, toCells } from "../../core/frame.ts";
import type { Image, OptionsOf } from "../../core/types.ts";
import { defaultsOf } from "../../core/value.ts";
import plugin from "./mod.ts";

type Options = OptionsOf<typeof plugin.defaults>;
const card = await readCard("backbone", import.meta.dirname!, "hog", "");

function build(options: Partial<Options> = {}) {
  return plugin.build({ card, log() {} }, { ...defaultsOf(plugin.defaults) as unknown as Options, ...options });
}

function picture(width: number, height: number): Image {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
  return { width, height, data, sha256: "0".repeat(64), origin: `noise ${width}x${height}` };
}

Deno.test("hog cells keep their side where the picture is no multiple of it", async () => {
  const [map] = await build().extract(picture(68, 43));
  assertEquals([map!.grid.rows, map!.grid.cols, map!.channels], [5, 9, 31]);
  // Cell 0 covers pixels 0..7, centred at 3.5; cell 8 pixels 64..71, though the picture ends at 67.
  assertEquals([...toCells(pointsOf([[3.5, 3.5], [67.5, 11.5]]), map!).xy], [0, 0, 8, 1]);
});

Deno.test("hog has 36 channels as dalal-triggs and 3 n + 4 as uoctti", async () => {
  assertEquals((await build({ variant: "dalal-triggs" }).extract(picture(24, 24)))[0]!.channels, 36);
  assertEquals((await build({ orientations: 6 }).extract(picture(24, 24)))[0]!.channels, 22);
});

Deno.test("hog has another identity for every other setting", () => {
  const changes = [{}, { cell: 4 }, { variant: "dalal-triggs" }, { orientations: 8 }, { range: 1 }];
  assertEquals(new Set(changes.map((options) => build(options).identity)).size, changes.length);
});

Deno.test("hog names a picture below one cell or three pixels, and what it needs", async () => {
  await assertRejects(
    () => build().extract(picture(7, 30)),
    InputError,
    'Cannot describe "noise 7x30" by HOG: it has 7x30 pixels and cells of 8 need 8x8; use a smaller cell',
  );
  await assertRejects(() => build({ cell: 1 }).extract(picture(2, 2)), InputError, "need 3x3");
  assertEquals((await build({ cell: 1 }).extract(picture(3, 3)))[0]!.grid.rows, 3);
});
