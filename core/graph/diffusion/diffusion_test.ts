import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ConfigError, InputError } from "../../errors.ts";
import type { GoldenRunner } from "../../golden/types.ts";
import { type FilledTensor, readCase } from "../../golden/vectors.ts";
import type { Card, FeatureMap, Image } from "../../types.ts";
import { withCheckpoint } from "../_checkpoint.ts";
import type { AutoencoderConfig } from "./autoencoder.ts";
import { diffusionBackbone } from "./backbone.ts";
import { gaussian, mixAt } from "./noise.ts";
import autoencoderRunner from "./sd_autoencoder.golden.ts";
import unetRunner from "./sd_unet.golden.ts";
import { stepEmbedding, type UnetConfig } from "./unet.ts";

const testdata = fromFileUrl(new URL("testdata/", import.meta.url));

for (const runner of [autoencoderRunner, unetRunner] as GoldenRunner[]) {
  Deno.test(`${runner.folder} is within the recorded tolerance`, async () => {
    let count = 0;
    for await (const { name, error, tolerance, pass, note } of runner.run(`${testdata}${runner.folder}`)) {
      assert(pass, `${name}: ${note ?? `${error} > ${tolerance}`}`);
      count++;
    }
    assert(count > 0);
  });
}

Deno.test("mixAt() follows Stable Diffusion's schedule", () => {
  // Published for the schedule's ends: alpha-bar of the first step is 1 - 0.00085, of the last about 0.00466.
  assert(Math.abs(mixAt(0).signal ** 2 - (1 - 0.00085)) < 1e-12);
  assert(Math.abs(mixAt(999).signal ** 2 - 0.00466) < 1e-5);
  const { signal, noise } = mixAt(261);
  assert(Math.abs(signal ** 2 + noise ** 2 - 1) < 1e-12);
});

Deno.test("gaussian() is normal, and the same for a seed", () => {
  const values = gaussian(40000, 3);
  assertEquals(gaussian(40000, 3), values);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  const within = values.filter((v) => Math.abs(v) < 1).length / values.length;
  // Five standard errors of each.
  assert(
    Math.abs(mean) < 5 / 200 && Math.abs(variance - 1) < 5 * Math.SQRT2 / 200 && Math.abs(within - 0.6827) < 0.012,
  );
  assert(gaussian(10, 4)[0] !== values[0]);
});

Deno.test("stepEmbedding() has cosines first", () => {
  const [c0, c1, s0, s1] = stepEmbedding(2, 4);
  for (const [got, want] of [[c0, Math.cos(2)], [c1, Math.cos(0.02)], [s0, Math.sin(2)], [s1, Math.sin(0.02)]]) {
    assert(Math.abs(got! - want!) < 1e-7);
  }
});

Deno.test("a diffusion backbone averages draws of noise, reads several blocks, and says what is missing", async () => {
  const [u, a] = await Promise.all([readCase(`${testdata}sd_unet`, "sd1"), readCase(`${testdata}sd_autoencoder`, "a")]);
  const family = {
    unet: u.config as unknown as UnetConfig,
    autoencoder: a.config as unknown as AutoencoderConfig,
    size: 64,
  };
  const card = { name: "tiny-diffusion", version: 1, weights: [] as Card["weights"] } as Card;
  const plugin = diffusionBackbone(family);
  const values = Object.fromEntries(Object.entries(plugin.defaults).map(([name, { value }]) => [name, value]));
  type Options = Parameters<typeof plugin.build>[1];
  const parameters = new Map(u.params());
  const prompt: [string, FilledTensor] = ["prompt", { shape: [1, 5, 24], data: gaussian(120, 9) }];
  await withCheckpoint(
    u.params(),
    "F32",
    (unet) =>
      withCheckpoint(a.params(), "F32", (autoencoder) =>
        withCheckpoint([prompt], "F32", async (path) => {
          const build = (own: Record<string, unknown>) =>
            plugin.build(
              { card, log: () => {} },
              { ...values, unet, autoencoder, prompt: path, ...own } as Options,
            );
          const data = new Uint8Array(60 * 40 * 3).map((_, i) => (i * 53) % 256);
          const image: Image = { width: 60, height: 40, data, sha256: "0", origin: "test" };
          const extract = async (own: Record<string, unknown>) => {
            const backbone = await build({ layers: [0, 2], ...own });
            try {
              return await backbone.extract(image);
            } finally {
              await backbone.close!();
            }
          };
          const maps = await extract({ ensemble: 2 });
          assertEquals(maps.map(({ name, channels, grid }) => [name, channels, grid.rows, grid.cols]), [
            ["up0", 64, 2, 2],
            ["up2", 32, 8, 8],
          ]);
          // The mean over two draws lies between, not at, a single draw: noise is really drawn anew.
          const [one] = await extract({ ensemble: 1 });
          assert(one!.data.some((value, i) => Math.abs(value - maps[0]!.data[i]!) > 1e-3));
          assertEquals((await extract({ ensemble: 1 }))[0]!.data, one!.data);
          await assertRejects(async () => await build({ prompt: "" }), ConfigError, "a prompt is needed: set");
          const missing = { ...card, weights: [{ ...card.weights[0], name: "absent_unet", licence: "MIT" }] } as Card;
          const error = await assertRejects(
            async () => await plugin.build({ card: missing, log: () => {} }, { ...values, prompt: "" } as Options),
            InputError,
          );
          for (const advice of ["absent_unet", "deno task weights", "backbone.unet=PATH", "set backbone.prompt to"]) {
            assert(error.message.includes(advice), `"${advice}" is not in: ${error.message}`);
          }
          // Up blocks end with a convolution of the map at twice its size, each pixel taken four times.
          for (const block of [1, 2]) {
            const [before, after] = await extract({ layers: [`up${block}.2`, `up${block}`], ensemble: 2 });
            const [weight, bias] = ["weight", "bias"].map((part) => parameters.get(upsampler(block, part))!.data);
            assertEquals(after!.grid.cols, 2 * before!.grid.cols);
            const want = upsampled(before!, weight!, bias!);
            after!.data.forEach((value, i) => assertAlmostEquals(value, want[i]!, 1e-4));
          }
          await assertRejects(
            async () => await build({ prompt: unet }),
            InputError,
            "one tensor [tokens, 24] is needed",
          );
          await assertRejects(async () => await build({ layers: 4 }), InputError, "the way up has blocks up0 to up3");
          await assertRejects(
            async () => await build({ unet: autoencoder }),
            InputError,
            "as U-Net of tiny-diffusion:",
          );
        })),
  );
});

const upsampler = (block: number, part: string) => `up_blocks.${block}.upsamplers.0.conv.${part}`;

/**
 * The 3 x 3 convolution, one pixel of zeros around, of a map whose pixels are each taken four times.
 *
 * @param weight [channels out][channels in][3][3]
 * @returns [2 rows][2 cols][channels]
 */
function upsampled(
  { data, channels, grid: { rows, cols } }: FeatureMap,
  weight: Float32Array,
  bias: Float32Array,
): Float64Array {
  const out = new Float64Array(4 * rows * cols * channels);
  for (let y = 0, at = 0; y < 2 * rows; y++) {
    for (let x = 0; x < 2 * cols; x++) {
      for (let o = 0; o < channels; o++, at++) {
        out[at] = bias[o]!;
        for (let k = 0; k < 9; k++) {
          const fromY = y + Math.floor(k / 3) - 1, fromX = x + k % 3 - 1;
          if (fromY < 0 || fromX < 0 || fromY >= 2 * rows || fromX >= 2 * cols) continue;
          const from = (Math.floor(fromY / 2) * cols + Math.floor(fromX / 2)) * channels;
          for (let i = 0; i < channels; i++) out[at]! += weight[(o * channels + i) * 9 + k]! * data[from + i]!;
        }
      }
    }
  }
  return out;
}
