/** PatchMatch over maps of 64 channels: milliseconds, beside the exact search. `deno run -A ffi/bench/patch_match.ts` */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { fastest } from "./fastest.ts";

using ops = await openOps({ log: console.log });
console.log(ops.description);
const random = new Random(1), channels = 64;
for (const side of [32, 64, 128]) {
  const cells = side * side;
  using a = await ops.tensor(random.floats(cells * channels), [side, side, channels]);
  using b = await ops.tensor(random.floats(cells * channels), [side, side, channels]);
  using flatA = await ops.tensor(await a.read(), [cells, channels]);
  using flatB = await ops.tensor(await b.read(), [cells, channels]);
  const ms = await fastest(5, async () => (await ops.patchMatch(a, b))[Symbol.dispose]());
  const exact = await fastest(3, async () => (await ops.correlateBest(flatA, flatB))[Symbol.dispose]());
  console.log(`${side} x ${side}: 5 rounds ${ms.toFixed(1)} ms, exact ${exact.toFixed(1)} ms`);
}
