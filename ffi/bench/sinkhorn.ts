/** Sinkhorn over square costs: milliseconds, and nanoseconds per cost and iteration. `deno run -A ffi/bench/sinkhorn.ts` */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { fastest } from "./fastest.ts";

using ops = await openOps({ log: console.log });
console.log(ops.description);
const random = new Random(1);
for (const side of [256, 1024, 3600]) {
  using cost = await ops.tensor(random.floats(side * side).map((value) => 1 - Math.max(0, value)), [side, side]);
  for (const iterations of [1, 10]) {
    const ms = await fastest(5, async () => (await ops.sinkhorn(cost, { eps: 0.05, iterations })).dispose());
    const each = ms * 1e6 / (side * side * iterations);
    console.log(`${side} x ${side}, ${iterations} iterations: ${ms.toFixed(1)} ms, ${each.toFixed(2)} ns`);
  }
}
