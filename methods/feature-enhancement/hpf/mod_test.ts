import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { openOps } from "../../../core/fuse/_ops.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { divideGrid, pointsOf, stretchFrame } from "../../../core/frame.ts";
import type { Backbone, FeatureMap, Image, MethodContext, Size } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

type Options = Parameters<typeof plugin.build>[1];

const blank = (width: number, height: number, origin: string): Image => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
  sha256: origin,
  origin,
});

/** Layer `name` of a picture the network sees at half its size; a cell's values follow where it looks, plus a shift. */
function layer(image: Image, name: string, stride: number, channels: number, shift: number): FeatureMap {
  const network: Size = { width: image.width / 2, height: image.height / 2 };
  const rows = network.height / stride, cols = network.width / stride;
  const data = new Float32Array(rows * cols * channels);
  for (let i = 0; i < rows * cols; i++) {
    const x = i % cols * stride - shift, y = Math.floor(i / cols) * stride;
    for (let c = 0; c < channels; c++) {
      data[i * channels + c] = Math.sin(0.06 * (c + 1) * x + c * 1.3 + 0.09 * (c % 3) * y);
    }
  }
  return {
    name,
    channels,
    data,
    frame: stretchFrame(image, network),
    grid: divideGrid(network, rows, cols, "half-pixel"),
  };
}

async function withMethod(
  name: string,
  options: Partial<Options>,
  run: (method: Awaited<ReturnType<typeof plugin.build>>) => Promise<void>,
) {
  using ops = await openOps({ ops: "reference" });
  const backbone: Backbone = {
    identity: "waves",
    extract: (image) => {
      const shift = image.origin === "target" ? 12 : 0;
      return Promise.resolve([layer(image, name, 4, 8, shift), layer(image, "7.sum", 8, 5, shift)]);
    },
  };
  const context = { backbone, ops: () => Promise.resolve(ops) } as unknown as MethodContext;
  await run(await plugin.build(context, { ...defaultsOf(plugin.defaults) as Options, ...options }));
}

const [source, target] = [blank(160, 128, "source"), blank(160, 128, "target")];

Deno.test("hpf follows a picture that moved by three cells of its first layer", () =>
  withMethod("2.sum", {}, async (method) => {
    const points = pointsOf([[60, 60], [71.5, 40], [40, 90]]);
    const { xy, score } = await method.correspond(source, target, points);
    // 12 pixels of the network are 24 of the picture.
    points.xy.forEach((value, i) => assertAlmostEquals(xy[i]!, value + (i % 2 === 0 ? 24 : 0), 1e-9));
    assertEquals(score.every((value) => value > 0), true);
  }));

Deno.test("hpf gives no place to a point that no receptive field covers", () =>
  withMethod("0", { receptive_field: 3, jump: 4 }, async (method) => {
    // Fields of one pixel to each side of 0, 4, 8, ... leave pixel 2 of the network alone.
    const { xy } = await method.correspond(source, target, pointsOf([[4, 4], [80, 48]]));
    assertEquals([...xy.subarray(0, 2)], [NaN, NaN]);
    assertEquals(xy.subarray(2).every(Number.isFinite), true);
  }));

Deno.test("hpf knows what bottlenecks of a ResNet see and asks for the rest", async () => {
  const points = pointsOf([[60, 60]]);
  await withMethod("stage2", {}, async (method) => {
    await assertRejects(
      () => method.correspond(source, target, points),
      ConfigError,
      'Cannot tell what cells of layer "stage2" see',
    );
  });
  await withMethod("12.sum", {}, async (method) => {
    await assertRejects(() => method.correspond(source, target, points), ConfigError, "set receptive_field and jump");
  });
  await assertRejects(() => withMethod("0", { jump: 4 }, async () => {}), InputError, "together, or neither");
});

Deno.test("hpf refuses a picture that is smaller than what a cell sees", () =>
  withMethod("7", {}, async (method) => {
    await assertRejects(
      () => method.correspond(blank(16, 16, "source"), target, pointsOf([[1, 1]])),
      InputError,
      'Cannot match "source": it is smaller than what one cell sees; set prune=false',
    );
  }));
