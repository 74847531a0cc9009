import type { Ops } from "../mod.ts";
import type { SiftPlaces } from "../reference/sift_descriptors.ts";
import type { ParityOp, Random } from "./parity.ts";

function given(random: Random, sizes: SiftPlaces, flat = false) {
  const { bin, top, left, step, rows, cols } = sizes;
  const height = top + Math.max(rows - 1, 0) * step + 3 * bin + 1 + random.integer(0, 2);
  const width = left + Math.max(cols - 1, 0) * step + 3 * bin + 1 + random.integer(0, 2);
  // Gradients of very different size, so that the cut matters, and places without any.
  const data = Float32Array.from(
    { length: height * width * 8 },
    () => flat || random.next() < 0.3 ? 0 : random.next() ** 4 * 100,
  );
  const weights = Float32Array.from({ length: 16 }, () => 0.5 + random.next());
  return {
    name: `[${height}, ${width}, 8] ${JSON.stringify(sizes)}${flat ? ", no gradient" : ""}`,
    run: async (ops: Ops) => ({
      out: await ops.siftDescriptors({ data, shape: [height, width, 8] }, { ...sizes, weights }),
    }),
  };
}

export default {
  name: "siftDescriptors",
  tolerance: 0,
  fixed: (random) => [
    given(random, { bin: 4, top: 1, left: 1, step: 1, rows: 5, cols: 37 }),
    given(random, { bin: 4, top: 0, left: 3, step: 11, rows: 3, cols: 19 }),
    given(random, { bin: 2, top: 0, left: 0, step: 1, rows: 2, cols: 3 }, true),
    given(random, { bin: 3, top: 2, left: 0, step: 1, rows: 0, cols: 3 }),
  ],
  random: (random) =>
    given(random, {
      bin: random.integer(1, 6),
      top: random.integer(0, 3),
      left: random.integer(0, 3),
      step: random.pick([1, 1, 2, 5]),
      rows: random.size(8),
      cols: random.size(35),
    }),
} satisfies ParityOp;
