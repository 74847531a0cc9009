/** Layers of CATs++ and VAT: against the peak. `deno run -A ffi/bench/separable4d.ts [threads]` */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { againstPeak, head, row } from "./against_peak.ts";

using ops = await openOps({ ops: "cpu", threads: Number(Deno.args[0] ?? 0), log: console.log });
console.log(`${ops.description}\n${head}`);
const random = new Random(1), count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

async function layer(name: string, channels: number, outputs: number, side: number, kernel: number, stride: number) {
  const shape = [1, channels, side, side, side, side];
  const pair = { stride: [stride, stride] as const, bias: { data: random.floats(outputs), shape: [outputs] } };
  const weights = () => {
    const sizes = [outputs, channels, kernel, kernel];
    return { data: random.floats(count(sizes)), shape: sizes };
  };
  using x = await ops.tensor(random.floats(count(shape)), shape);
  const source = { ...pair, weights: weights() }, target = { ...pair, weights: weights() };
  const gflop = 2e-9 * 2 * Math.ceil(side / stride) ** 4 * outputs * channels * kernel ** 2;
  console.log(row(name, await againstPeak(ops, gflop, 5, () => ops.separable4d(x, source, target))));
}

await layer("CATs++ early, 4 -> 4, 32^4, stride 2", 4, 4, 32, 3, 2);
await layer("VAT conv4, 23 -> 64, 32^4, stride 2", 23, 64, 32, 3, 2);
await layer("VAT, 64 -> 128, 16^4, stride 2", 64, 128, 16, 3, 2);
await layer("64 -> 64, 16^4, stride 1", 64, 64, 16, 3, 1);
