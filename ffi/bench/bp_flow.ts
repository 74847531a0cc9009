/**
 * SIFT Flow's belief propagation at the authors' settings, all four levels of a pair of pictures, on one thread and on
 * two: milliseconds. `deno run -A ffi/bench/bp_flow.ts [columns] [rows]`
 */
import { openOps, type Tensor } from "../mod.ts";
import { Random } from "../parity/parity.ts";
import { fastest } from "./fastest.ts";

const [cols = 320, rows = 240] = Deno.args.map(Number);
const random = new Random(1), words = 32;
// Histograms of gradients: most entries small, few large.
const bytes = () =>
  new Int32Array(
    Uint8Array.from({ length: rows * cols * words * 4 }, () => Math.trunc(random.next() ** 4 * 255)).buffer,
  );
const maps = [bytes(), bytes()] as const;

for (const threads of [1, 2]) {
  using ops = await openOps({ ops: "cpu", threads });
  const pyramids: Tensor[][] = [];
  for (const map of maps) {
    const levels = [await ops.tensor(map, [rows, cols, words])];
    while (levels.length < 4) levels.push(await ops.halveBytes(levels.at(-1)!));
    pyramids.push(levels);
  }
  let total = 0;
  const parts: string[] = [];
  for (let level = 3; level >= 0; level--) {
    const source = pyramids[0]![level]!, target = pyramids[1]![level]!, [h, w] = source.shape;
    // The windows' centres follow a flow that bends slowly, as one found on the coarser level does.
    const centre = Int32Array.from({ length: 2 * h! * w! }, (_, i) => Math.trunc(4 * Math.sin((i >> 1) / (9 * w!))));
    const ms = await fastest(10, async () =>
      (await ops.bpFlow(source, target, {
        centre,
        window: level === 3 ? 10 : 2 + level,
        alpha: 510,
        bound: 10200,
        gamma: 1.275 * 2 ** level,
        iterations: level === 3 ? 60 : 30,
        merges: level === 3 ? 2 : 3 - level,
      }))[Symbol.dispose]());
    parts.push(`${w} x ${h}: ${ms.toFixed(1)}`);
    total += ms;
  }
  for (const tensor of pyramids.flat()) tensor.dispose();
  console.log(`${threads} thread${threads > 1 ? "s" : ""}: ${total.toFixed(1)} ms (${parts.join(", ")})`);
}
