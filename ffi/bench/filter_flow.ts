/** DAISY Filter Flow's search on random pictures: milliseconds per pair. `deno run -A ffi/bench/filter_flow.ts` */
import { openOps } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { fastest } from "./fastest.ts";

const random = new Random(1), width = 300, height = 225, parts = 17, reach = 16, pad = 2 * reach + 1, side = 17;
const bytes = (sites: number) => Int32Array.from({ length: sites * 2 }, () => random.integer(-(2 ** 31), 2 ** 31 - 1));
const across = Math.ceil(width / side), count = across * Math.ceil(height / side);
const change = Int32Array.of(2 ** 20, 0, 0, ...Array.from({ length: parts }, () => [0, 0, 0].map(() => 0)).flat());
for (let part = 1; part < parts; part++) {
  change.set([0, random.integer(-reach, reach), random.integer(-reach, reach)], 3 + 3 * part);
}
const options = {
  source: { data: bytes(width * height * parts), shape: [height, width, 2 * parts] },
  target: { data: bytes((width + 2 * pad) * (height + 2 * pad)), shape: [1, height + 2 * pad, width + 2 * pad, 2] },
  targetSize: { width, height },
  change,
  changes: 1,
  rotations: 1,
  reach,
  guide: Int32Array.from({ length: width * height }, () => random.integer(0, 2 ** 24 - 1)),
  superpixel: Int32Array.from(
    { length: width * height },
    (_, i) => Math.floor(Math.floor(i / width) / side) * across + Math.floor(i % width / side),
  ),
  count,
  link: Int32Array.from({ length: count * 8 }, () => random.integer(0, count - 1)),
  start: new Int32Array(count * 3),
  home: new Int32Array(width * height * 2),
  stay: 0,
  radius: 9,
  eps: 650.25,
  iterations: 4,
  search: height,
  ratio: 1.1,
  seed: 1,
};
for (const threads of [1, 2]) {
  using ops = await openOps({ threads, log: console.log });
  const ms = await fastest(3, async () => {
    const { label, cost, energy } = await ops.filterFlow(options);
    for (const tensor of [label, cost, energy]) tensor.dispose();
  });
  console.log(`${ops.description}: ${width} x ${height}, 4 iterations ${ms.toFixed(0)} ms`);
}
