/**
 * Every operation that has no file of its own here, and the others once more, at a size that methods use: milliseconds of
 * the fastest round. `deno run -A ffi/bench/each.ts [threads] [part of a name]`
 *
 * @module
 */
import { openOps, type Tensor } from "../mod.ts";
import { noise } from "./against_peak.ts";
import { fastest } from "./fastest.ts";

const [threads = "0", part = ""] = Deno.args;
using ops = await openOps({ ops: "cpu", threads: Number(threads), log: console.log });
console.log(`${ops.description}\n\n| operation | ms |\n|---|---|`);

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const kept: Tensor[] = [];
async function tensor(...shape: number[]): Promise<Tensor> {
  const made = await ops.tensor(noise(count(shape)), shape);
  kept.push(made);
  return made;
}
const array = (...shape: number[]) => ({ data: noise(count(shape)), shape });

async function show(name: string, make: () => Promise<() => Promise<Disposable>>, rounds = 7): Promise<void> {
  if (!name.includes(part)) return;
  const work = await make();
  const ms = await fastest(rounds, async () => (await work())[Symbol.dispose]());
  console.log(`| ${name} | ${ms.toFixed(2)} |`);
  for (const made of kept.splice(0)) made.dispose();
}

for (const [rule, eps] of [["plus", 1e-6], ["max", 1e-12], ["root", 1e-6]] as const) {
  await show(`L2 norm, ${rule}, 3600 x 768`, async () => {
    const x = await tensor(3600, 768);
    return () => ops.l2Normalize(x, { rule, eps });
  });
}
for (const variant of ["nc-net", "nonzero"] as const) {
  await show(`mutual filter, ${variant}, 3600 x 3600`, async () => {
    const x = await tensor(3600, 3600);
    return () => ops.mutual(x, { variant });
  });
}
await show("arg-max of rows, 3600 x 3600", async () => {
  const x = await tensor(3600, 3600);
  return () => ops.argmax(x);
});
const readOuts = {
  "soft-argmax": {},
  "kernel soft-argmax, sigma 7": { sigma: 7 },
  "window soft-argmax, radius 5": { radius: 5, outside: "masked" },
} as const;
for (const [name, options] of Object.entries(readOuts)) {
  await show(`${name}, 3600 rows of 60 x 60`, async () => {
    const x = await tensor(3600, 60, 60);
    return () => ops.softArgmax(x, { temperature: 0.05, ...options });
  });
}
await show("sampling, 60 x 60 x 768 at 3600 points", async () => {
  const map = await tensor(60, 60, 768);
  const points = await ops.tensor(noise(7200).map((v) => (v + 0.5) * 59), [3600, 2]);
  kept.push(points);
  return () => ops.sample(map, points);
});
await show("warping, 64 x 64 x 256 by a flow", async () => {
  const map = await tensor(64, 64, 256);
  const flow = await ops.tensor(noise(2 * 64 * 64).map((v) => v * 8), [64 * 64, 2]);
  kept.push(flow);
  return () => ops.warp(map, { flow, cols: 64 });
});
await show("interpolation, 15^4 to 30^4", async () => {
  const x = await tensor(15, 15, 15, 15, 1);
  return () => ops.interpolate4d(x, { size: [30, 30, 30, 30], convention: "align-corners" });
});
for (const iterations of [1, 10]) {
  await show(`Sinkhorn, 3600 x 3600, ${iterations} iterations`, async () => {
    const cost = await tensor(3600, 3600);
    return () => ops.sinkhorn(cost, { eps: 0.05, iterations });
  }, 4);
}
// CHM's tied weights: scale offsets that share a kernel, by the first of each group.
const psi = [0, 1, 2, 1, 4, 1, 2, 1, 0];
for (const tied of [true, false]) {
  await show(`6-D convolution, 3 x 3 scales, 15^4, 5^4, ${tied ? "psi" : "not tied"}`, async () => {
    const weights = array(3, 3, 5, 5, 5, 5), x = await tensor(3, 3, 15, 15, 15, 15);
    if (tied) psi.forEach((from, to) => weights.data.copyWithin(to * 625, from * 625, from * 625 + 625));
    return () => ops.conv6d(x, { weights });
  });
}
await show("4-D convolution of one channel, 30^4, 5^4", async () => {
  const x = await tensor(30, 30, 30, 30);
  return () => ops.conv6d(x, { weights: array(5, 5, 5, 5) });
});
for (const symmetric of [false, true]) {
  await show(
    `4-D convolutions at 10000 pairs, 50^4, 3^4 twice, 16 channels${symmetric ? ", symmetric" : ""}`,
    async () => {
      const size = [50, 50, 50, 50] as const, x = await tensor(2500, 2500);
      const layers = [[1, 16], [16, 1]].map(([inChannels, outChannels]) => ({
        kernel: [3, 3, 3, 3] as const,
        inChannels: inChannels!,
        outChannels: outChannels!,
        weights: noise(81 * 16),
        bias: noise(outChannels!),
        relu: true,
      }));
      const pairs = { data: Int32Array.from({ length: 20000 }, (_, i) => (i * 7919) % 2500), shape: [10000, 2] };
      return () => ops.conv4dAt(x, pairs, layers, { size, symmetric });
    },
  );
}
for (const [channels, outputs, side, stride] of [[64, 64, 16, 1], [64, 128, 16, 2], [23, 64, 32, 2]] as const) {
  await show(`separable 4-D, ${channels} -> ${outputs}, ${side}^4, 3^4, stride ${stride}`, async () => {
    const x = await tensor(1, channels, side, side, side, side);
    const pair = () => ({
      weights: array(outputs, channels, 3, 3),
      bias: array(outputs),
      stride: [stride, stride] as const,
    });
    return () => ops.separable4d(x, pair(), pair());
  }, 4);
}
await show("group norm and ReLU, 64 channels of 16^4, 4 groups", async () => {
  const x = await tensor(1, 64, 16, 16, 16, 16);
  const norm = { weight: array(64), bias: array(64), groups: 4, eps: 1e-5 };
  return () => ops.groupNorm(x, { norm, activation: "relu" });
});
await show("additive attention, 15^4 tokens, 8 heads of 4", async () => {
  const tokens = 15 ** 4, channels = 16, heads = 8, width = 4, inner = 32;
  const x = await tensor(tokens, channels), cosine = await tensor(tokens, width), sine = await tensor(tokens, width);
  const weights = {
    norm: { weight: array(channels), bias: array(channels) },
    qkv: array(3 * inner, channels),
    queryLogit: array(width),
    keyLogit: array(width / 2),
    resultWeight: array(width, width / 2),
    resultBias: array(width),
    outWeight: array(channels, inner),
    outBias: array(channels),
  };
  return () => ops.additiveAttention(x, weights, { heads, rotation: { cosine, sine } });
});
await show("network of one hidden layer, 15^4 tokens, 16-64-16", async () => {
  const x = await tensor(15 ** 4, 16);
  const weights = {
    norm: { weight: array(16), bias: array(16) },
    weight1: array(64, 16),
    bias1: array(64),
    weight2: array(16, 64),
    bias2: array(16),
  };
  return () => ops.tokenMlp(x, weights);
});
await show("belief propagation on a pyramid (DSP), 3 levels, 27 x 21 states, 50 iterations", async () => {
  const unary = await tensor(21, 27, 21);
  return () => ops.bpPyramid(unary, { levels: 3, stretch: 0.005, bound: 0.25, iterations: 50 });
}, 4);
await show("costs of translations (DSP), 240 x 320 x 128, step 8", async () => {
  const a = await tensor(240, 320, 128), b = await tensor(240, 320, 128);
  return () => ops.translationCosts(a, b, { step: 8, nx: 20, ny: 15, bound: 0.5 });
}, 4);
await show("search in windows (DSP), 60 x 80 x 128, radius 20, step 4", async () => {
  const a = await tensor(60, 80, 128), b = await tensor(60, 80, 128), start = new Int32Array(2 * 60 * 80);
  return async () => {
    const { flow, cost } = await ops.windowMatch(a, b, { radius: 20, step: 4, penalty: 0.005, outside: 0.5, start });
    cost.dispose();
    return flow;
  };
}, 4);
await show("SIFT descriptors from planes, 225 x 300", async () => {
  const planes = await tensor(239, 314, 8), weights = new Float32Array(16).fill(1);
  return () => ops.siftDescriptors(planes, { bin: 4, weights, top: 1, left: 1, step: 1, rows: 225, cols: 300 });
}, 4);
await show("half of a map of bytes, 240 x 320 x 128", async () => {
  const map = await ops.tensor(new Int32Array(240 * 320 * 32).fill(0x01020304), [240, 320, 32]);
  kept.push(map);
  return () => ops.halveBytes(map);
}, 4);
