/** Hough votes of square maps in 8192 bins: milliseconds, nanoseconds per pair. `deno run -A ffi/bench/hough.ts` */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { fastest } from "./fastest.ts";

using ops = await openOps({ log: console.log });
console.log(ops.description);
const random = new Random(1);
for (const side of [16, 32, 60]) {
  const count = side * side, step = 240 / side;
  // Cell centres of two pictures of 240 x 240 pixels: offsets span 480 x 480.
  const at = (i: number, sign: number) => (sign > 0 ? 0 : 240) + sign * (i + 0.5) * step;
  const places = (sign: number) => ({
    data: Float32Array.from({ length: 2 * count }, (_, i) => at(i % 2 ? (i >> 1) / side | 0 : (i >> 1) % side, sign)),
    shape: [count, 2],
  });
  using votes = await ops.tensor(random.floats(count * count).map((value) => Math.max(0, value) ** 3), [count, count]);
  const cell = Math.sqrt(480 * 480 / 8192), bins = Math.trunc(480 / cell) + 1;
  const filter = { data: new Float32Array(49).fill(1 / 49), shape: [7, 7] };
  const options = { source: places(-1), target: places(1), filter, cell, nx: bins, ny: bins };
  const ms = await fastest(5, async () => (await ops.hough(votes, options))[Symbol.dispose]());
  console.log(`${side}^4 pairs: ${ms.toFixed(1)} ms, ${(ms * 1e6 / count ** 2).toFixed(2)} ns`);
}
