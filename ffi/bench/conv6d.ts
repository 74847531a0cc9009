/**
 * CHM's layers: the 6-D one at 15^4 with 3 x 3 scales, the 4-D one at 30^4. GFLOP/s count the multiply-adds in range of
 * the plain convolution, so a form with less arithmetic can pass the peak. `deno run -A ffi/bench/conv6d.ts [threads]`
 */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { againstPeak, head, row } from "./against_peak.ts";

/** Pairs of (output, tap) in range along one axis. */
function inRange(size: number, kernel: number): number {
  let pairs = 0;
  for (let i = 0; i < size; i++) {
    for (let t = 0; t < kernel; t++) {
      const p = i + t - (kernel - 1) / 2;
      if (p >= 0 && p < size) pairs++;
    }
  }
  return pairs;
}

using ops = await openOps({ ops: "cpu", threads: Number(Deno.args[0] ?? 0), log: console.log });
console.log(`${ops.description}\n${head}`);
const random = new Random(1), count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

async function layer(name: string, size: readonly number[], kernel: readonly number[], groups?: readonly number[]) {
  const weights = random.floats(count(kernel)), taps = count(kernel.slice(-4));
  groups?.forEach((group, offset) => weights.copyWithin(offset * taps, group * taps, (group + 1) * taps));
  using x = await ops.tensor(random.floats(count(size)), size);
  using w = await ops.tensor(weights, kernel);
  const gflop = 2e-9 * size.reduce((all, side, axis) => all * inRange(side, kernel[axis]!), 1);
  console.log(row(name, await againstPeak(ops, gflop, 7, () => ops.conv6d(x, { weights: w }))));
}

// Scale offsets that share a kernel, by the first of each group: psi ties [4], [0, 8], [2, 6], [1, 3, 5, 7].
const psi = [0, 1, 2, 1, 4, 1, 2, 1, 0];
for (const side of [11, 15, 20]) {
  await layer(`6-D, 3 x 3 scales, ${side}^4, 5^4, psi`, [3, 3, side, side, side, side], [3, 3, 5, 5, 5, 5], psi);
  await layer(`6-D, 3 x 3 scales, ${side}^4, 5^4, not tied`, [3, 3, side, side, side, side], [3, 3, 5, 5, 5, 5]);
}
for (const side of [16, 25, 30, 32, 40]) await layer(`4-D, ${side}^4, 5^4`, [side, side, side, side], [5, 5, 5, 5]);
await layer("4-D, 30^4, 3^4", [30, 30, 30, 30], [3, 3, 3, 3]);
