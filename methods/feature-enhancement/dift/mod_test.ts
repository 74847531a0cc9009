import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { buildMethod } from "../../../core/build.ts";
import { parseWords, resolveRuns } from "../../../core/config.ts";
import { InputError } from "../../../core/errors.ts";
import { divideGrid, pointsOf, stretchFrame } from "../../../core/frame.ts";
import { resizeHwc } from "../../../core/image/resize.ts";
import { nearest } from "../../../core/localize/nearest.ts";
import { Registry } from "../../../core/registry.ts";
import type { Backbone, FeatureMap, Image, MethodContext } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

const CHANNELS = 6;
const GRID = { rows: 4, cols: 5, channels: CHANNELS };

const picture = (width: number, height: number, seed: number): Image => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
  sha256: String(seed),
  origin: String(seed),
});

/** A map of 5 x 4 cells of 8 pixels, whose values follow the picture's name. */
function mapOf({ width, height, origin }: Image): FeatureMap {
  const network = { width: 40, height: 32 };
  const data = Float32Array.from(
    { length: GRID.rows * GRID.cols * CHANNELS },
    (_, i) => Math.sin(i * 7.31 * Number(origin)),
  );
  const grid = divideGrid(network, GRID.rows, GRID.cols, "half-pixel");
  return { name: "up1", channels: CHANNELS, data, frame: stretchFrame({ width, height }, network), grid };
}

const backbone: Backbone = { identity: "waves", extract: (image) => Promise.resolve([mapOf(image)]) };

const methodOf = async () =>
  await plugin.build(
    { backbone, localizer: nearest.build() } as unknown as MethodContext,
    defaultsOf(plugin.defaults) as Parameters<typeof plugin.build>[1],
  );

/** torch's Upsample to the picture's own size, half-pixel centres. */
const upsampled = (image: Image) =>
  resizeHwc(mapOf(image).data, GRID, { rows: image.height, cols: image.width }, { kernel: "bilinear" });

Deno.test("dift matches a pixel with the most similar pixel of the upsampled target", async () => {
  const [a, b] = [picture(61, 43, 1), picture(50, 57, 1.3)];
  const [fa, fb] = [upsampled(a), upsampled(b)];
  const asked: [number, number][] = [[0, 0], [60, 42], [17, 30], [33, 8]];
  const { xy, score } = await (await methodOf()).correspond(a, b, pointsOf(asked));
  asked.forEach(([x, y], i) => {
    const query = fa.subarray((y * 61 + x) * CHANNELS, (y * 61 + x + 1) * CHANNELS);
    let best = -1, most = -Infinity;
    for (let p = 0; p < 50 * 57; p++) {
      const key = fb.subarray(p * CHANNELS, (p + 1) * CHANNELS);
      const cosine = key.reduce((sum, v, c) => sum + v * query[c]!, 0) / Math.hypot(...key) / Math.hypot(...query);
      if (cosine > most) [best, most] = [p, cosine];
    }
    assertEquals([xy[2 * i], xy[2 * i + 1]], [best % 50, Math.floor(best / 50)]);
    assertAlmostEquals(score[i]!, most, 1e-5);
  });
});

Deno.test("dift takes the nearest pixel of a point between pixels", async () => {
  const [a, b] = [picture(61, 43, 1), picture(50, 57, 1.3)];
  const method = await methodOf();
  const between = await method.correspond(a, b, pointsOf([[16.6, 30.4]]));
  assertEquals(between, await method.correspond(a, b, pointsOf([[17, 30]])));
});

Deno.test("dift without weights says in one line which ones and which prompt are missing, by the options of its part", async () => {
  const registry = await Registry.open();
  const [config] = await resolveRuns(registry, [parseWords(["method=dift"])]);
  const before = Deno.env.get("SC_WEIGHTS");
  const empty = await Deno.makeTempDir();
  Deno.env.set("SC_WEIGHTS", empty);
  try {
    const { message } = await assertRejects(() => buildMethod(registry, config!, () => {}), InputError);
    assert(!message.includes("\n"));
    for (const word of ["sd21_unet", "deno task weights name=sd21", "backbone.sd.unet=PATH", "backbone.sd.prompt"]) {
      assert(message.includes(word), `"${word}" is not in: ${message}`);
    }
  } finally {
    if (before === undefined) Deno.env.delete("SC_WEIGHTS");
    else Deno.env.set("SC_WEIGHTS", before);
    await Deno.remove(empty);
  }
});
