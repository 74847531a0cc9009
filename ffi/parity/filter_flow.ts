import type { ParityCase, ParityOp, Random } from "./parity.ts";

interface Sizes {
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly cols: number;
  /** Parts of byte descriptors, or 0: features of 11 channels. */
  readonly parts: number;
  readonly radius: number;
}

function flow(random: Random, { height, width, rows, cols, parts, radius }: Sizes): ParityCase {
  const scales = random.integer(1, 3), rotations = random.integer(1, 3), changes = scales * rotations;
  const reach = random.integer(0, 5), pad = 2 * reach + 1, layers = 2, channels = 11;
  const ints = (count: number, low: number, high: number) =>
    Int32Array.from({ length: count }, () => random.integer(low, high));
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.integer(0, 255));
  const words = (data: Uint8Array) => new Int32Array(data.buffer as ArrayBuffer);
  // Whole numbers over 16: similarities are exact.
  const features = (count: number) => random.wholes(count, 2).map((value) => value / 16);
  const target = bytes(layers * (rows + 2 * pad) * (cols + 2 * pad) * 8);
  for (let i = 0; i < target.length; i += 8) {
    const site = Math.floor(i / 8), x = site % (cols + 2 * pad) - pad;
    const y = Math.floor(site / (cols + 2 * pad)) % (rows + 2 * pad) - pad;
    if (x < 0 || y < 0 || x >= cols || y >= rows) target.fill(0, i, i + 8);
  }
  const change = new Int32Array(changes * (3 + 3 * parts));
  for (let c = 0; c < changes; c++) {
    const entry = change.subarray(c * (3 + 3 * parts), (c + 1) * (3 + 3 * parts));
    entry.set([random.integer(2 ** 19, 2 ** 21), random.integer(-(2 ** 19), 2 ** 19), random.integer(0, 7)]);
    for (let part = 0; part < parts; part++) {
      entry.set(
        [random.integer(0, layers - 1), random.integer(-reach, reach), random.integer(-reach, reach)],
        3 + 3 * part,
      );
    }
  }
  const side = random.integer(2, 6), across = Math.ceil(width / side);
  const count = across * Math.ceil(height / side), links = random.integer(0, 4);
  const superpixel = Int32Array.from(
    { length: height * width },
    (_, i) => Math.floor(Math.floor(i / width) / side) * across + Math.floor(i % width / side),
  );
  const start = Int32Array.from(
    { length: count * 3 },
    (_, i) => i % 3 === 2 ? random.integer(0, changes - 1) : random.integer(-3, 3),
  );
  const iterations = random.integer(0, 4);
  const options = {
    source: parts > 0
      ? { data: words(bytes(height * width * parts * 8)), shape: [height, width, 2 * parts] }
      : { data: features(height * width * channels), shape: [height, width, channels] },
    target: parts > 0
      ? { data: words(target), shape: [layers, rows + 2 * pad, cols + 2 * pad, 2] }
      : { data: features(changes * rows * cols * channels), shape: [changes, rows, cols, channels] },
    targetSize: { width: cols, height: rows },
    change,
    changes,
    rotations,
    reach,
    guide: ints(height * width, 0, 2 ** 24 - 1),
    superpixel,
    count,
    link: ints(count * links, -1, count - 1),
    start,
    home: ints(height * width * 2, -2, 20),
    stay: random.pick([0, 300, 8192]),
    radius,
    eps: random.pick([0.5, 650.25, 1e6]),
    iterations,
    search: random.pick([0, 1, 5, 16]),
    ratio: random.pick([1, 1.1, 3]),
    seed: random.integer(-(2 ** 31), 2 ** 31 - 1),
  };
  return {
    name:
      `${width}x${height} in ${cols}x${rows}, ${parts} parts, ${changes} changes, radius ${radius}, ${iterations} iterations`,
    run: async (ops) => ({ ...await ops.filterFlow(options) }),
  };
}

export default {
  name: "filterFlow",
  tolerance: 0,
  fixed: (random) => [
    flow(random, { height: 19, width: 23, rows: 21, cols: 17, parts: 17, radius: 2 }),
    flow(random, { height: 14, width: 9, rows: 9, cols: 12, parts: 0, radius: 1 }),
    flow(random, { height: 1, width: 1, rows: 1, cols: 1, parts: 1, radius: 9 }),
    flow(random, { height: 2, width: 15, rows: 30, cols: 1, parts: 3, radius: 0 }),
  ],
  random: (random) => {
    const side = () => random.integer(1, 16);
    const parts = random.pick([0, 1, 2, 5, 6]);
    return flow(random, {
      height: side(),
      width: side(),
      rows: side(),
      cols: side(),
      parts,
      radius: random.pick([0, 1, 3]),
    });
  },
} satisfies ParityOp;
