import { assert, assertEquals } from "@std/assert";
import { messageOf } from "../../core/errors.ts";
import { type Conv4dLayer, openOps, type OpsOptions } from "../mod.ts";
import conv4d from "../parity/conv4d.ts";
import { parityError, Random } from "../parity/parity.ts";

// The cheaper form of the small shapes of the parity test is nearly always the direct one: here the other is forced.
const devices: readonly OpsOptions[] = [{}, { widest: "avx2" }, { widest: "baseline" }].map((options) => ({
  ops: "cpu",
  threads: 2,
  poison: true,
  conv4d: "fft",
  ...options as OpsOptions,
}));

let refusal: string | undefined;
try {
  (await openOps({ ops: "cpu" })).close();
} catch (error) {
  refusal = messageOf(error);
  console.log(`the forms of conv4d are skipped: ${refusal}`);
}
const ignore = refusal !== undefined;

function net(random: Random, kernels: readonly number[], channels: readonly number[]): Conv4dLayer[] {
  return kernels.map((k, i) => ({
    kernel: [k, k, k, k],
    inChannels: channels[i]!,
    outChannels: channels[i + 1]!,
    weights: random.floats(channels[i]! * channels[i + 1]! * k ** 4),
    bias: random.floats(channels[i + 1]!),
    relu: true,
  }));
}

for (const device of devices) {
  Deno.test({
    name: `conv4d by Fourier transforms equals the reference, ${device.widest ?? "widest instructions"}`,
    ignore,
    fn: async () => {
      using ops = await openOps(device);
      using reference = await openOps({ ops: "reference" });
      const random = new Random(5);
      const cases = [...conv4d.fixed!(random), ...Array.from({ length: 10 }, () => conv4d.random(random))];
      for (const { name, run } of cases) {
        const expected = await (await run(reference)).out!.take();
        const { out } = await run(ops);
        out!.assertIntact();
        const error = parityError(expected, await out!.take());
        assert(error <= conv4d.tolerance, `${name}: off by ${error}`);
      }
      assertEquals(ops.live, 0);
    },
  });
}

Deno.test({
  name: "conv4d by Fourier transforms equals the direct form where every radix occurs, symmetric or not",
  ignore,
  fn: async () => {
    using fft = await openOps({ ops: "cpu", conv4d: "fft" });
    using direct = await openOps({ ops: "cpu", conv4d: "direct" });
    const random = new Random(6);
    // Transforms of 2 9, 3 9, 5 5, 6 7, 8 4, 7 5, 10 8, ... points.
    for (const size of [[16, 25, 23, 3], [40, 30, 33, 2], [26, 6, 76, 4], [13, 14, 18, 17], [47, 2, 118, 1]]) {
      const layers = net(random, [5, 3], [1, 16, 2]), shape = [...size, 1];
      const x = { data: random.floats(shape.reduce((a, b) => a * b, 1)), shape };
      for (const symmetric of [false, true]) {
        const expected = await (await direct.conv4d(x, layers, { symmetric })).take();
        const error = parityError(expected, await (await fft.conv4d(x, layers, { symmetric })).take());
        assert(error <= conv4d.tolerance, `[${shape}] symmetric ${symmetric}: off by ${error}`);
      }
    }
  },
});

Deno.test({
  name: "conv4d keeps NaN and infinity where the definition has them, in the form that would spread them",
  ignore,
  fn: async () => {
    using ops = await openOps({ ops: "cpu", conv4d: "fft" });
    using reference = await openOps({ ops: "reference" });
    const random = new Random(7), layers = net(random, [3, 3], [1, 16, 1]), shape = [7, 6, 5, 8, 1];
    for (const bad of [NaN, Infinity, -Infinity]) {
      const data = random.floats(7 * 6 * 5 * 8);
      data[3] = bad;
      const expected = await (await reference.conv4d({ data, shape }, layers, { symmetric: true })).take();
      const actual = await (await ops.conv4d({ data, shape }, layers, { symmetric: true })).take();
      const some = (values: Float32Array) => Array.from(values, (value) => Number.isFinite(value) ? 0 : value);
      assertEquals(some(actual), some(expected), `with ${bad}`);
    }
  },
});
