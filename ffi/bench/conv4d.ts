/**
 * 4-D convolution by in-range arithmetic (products with the zero padding do not count),
 * `deno run -A ffi/bench/conv4d.ts [threads]`.
 *
 * @module
 */
import { type Conv4dLayer, openOps, type Ops } from "../mod.ts";
import { againstPeak, head, noise, row } from "./against_peak.ts";

/** Products inside one axis of `n` cells with a kernel of `k`. */
function inside(n: number, k: number): number {
  let count = 0;
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < k; a++) if (i + a - (k >> 1) >= 0 && i + a - (k >> 1) < n) count++;
  }
  return count;
}

function net(k: number, channels: readonly number[]): Conv4dLayer[] {
  return channels.slice(1).map((outChannels, i) => ({
    kernel: [k, k, k, k],
    inChannels: channels[i]!,
    outChannels,
    weights: noise(outChannels * channels[i]! * k ** 4),
    bias: noise(outChannels),
    relu: true,
  }));
}

async function measure(ops: Ops, n: number, k: number, channels: readonly number[], symmetric = false): Promise<void> {
  const layers = net(k, channels), count = channels[0]!;
  const products = inside(n, k) ** 4 * layers.reduce((sum, l) => sum + l.inChannels * l.outChannels, 0);
  const gflop = 2 * products * (symmetric ? 2 : 1) / 1e9;
  using x = await ops.tensor(noise(n ** 4 * count), [n, n, n, n, count]);
  const result = await againstPeak(ops, gflop, 4, () => ops.conv4d(x, layers, { symmetric }));
  const name = `${n}^4, ${k}^4, ${channels.join("-")}${symmetric ? ", symmetric" : ""}, ${gflop.toFixed(1)} GFLOP`;
  console.log(row(name, result));
}

if (import.meta.main) {
  const [threads = 0] = Deno.args.map(Number);
  const ncnet = [1, 16, 16, 1];
  for (const conv4d of [undefined, "direct"] as const) {
    using ops = await openOps({ ops: "cpu", threads, log: console.log, ...(conv4d && { conv4d }) });
    const peak = (await ops.fmaPeak(50)).toFixed(0);
    console.log(`\n${ops.description}, ${conv4d ?? "the cheaper"} form, peak ${peak} GFLOP/s\n${head}`);
    for (const n of [16, 25, 30, 32, 40]) await measure(ops, n, 3, ncnet);
    await measure(ops, 25, 3, ncnet, true);
    await measure(ops, 25, 5, ncnet);
    if (conv4d === undefined) {
      for (const n of [16, 30, 32, 40]) await measure(ops, n, 5, ncnet);
      await measure(ops, 25, 5, ncnet, true);
    }
    await measure(ops, 25, 5, [16, 16]);
    await measure(ops, 25, 3, [16, 16]);
    await measure(ops, 25, 3, [1, 10, 10, 1]);
    await measure(ops, 30, 5, [1, 1]);
  }
}
