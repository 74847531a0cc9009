import type { ParityOp, Random } from "./parity.ts";

/** The best column: whole numbers, so that ties are exact. */
export const argmax = {
  name: "argmax",
  tolerance: 0,
  fixed: (random) =>
    [
      { name: "NaN and infinity", data: random.wild(20 * 301, 0.5), shape: [20, 301] },
      { name: "nothing can win", data: new Float32Array(3 * 40).fill(-Infinity), shape: [3, 40] },
      { name: "all the same", data: new Float32Array(3 * 1000).fill(2), shape: [3, 1000] },
      { name: "no columns", data: new Float32Array(0), shape: [3, 0] },
    ].map(({ name, ...x }) => ({
      name,
      run: async (ops) => {
        const { index, score } = await ops.argmax(x);
        return { index, score };
      },
    })),
  random: (random) => {
    const shape = [random.size(), random.size(1000)], data = random.wholes(shape[0]! * shape[1]!);
    return {
      name: `[${shape}]`,
      run: async (ops) => {
        const { index, score } = await ops.argmax({ data, shape });
        return { index, score };
      },
    };
  },
} satisfies ParityOp;

function rule(random: Random) {
  return {
    temperature: random.pick([0.02, 0.1, 1]),
    ...(random.next() < 0.4 && { sigma: random.pick([1, 7]) }),
    ...(random.next() < 0.4 && { radius: random.integer(0, 5) }),
    outside: random.pick(["zero", "masked"] as const),
  };
}

/** Positions; the error is relative to the farthest one. */
export const softArgmax = {
  name: "softArgmax",
  // exp() of up to 100 in float32: its argument alone is known to 4e-6.
  tolerance: 1e-5,
  fixed: (random) =>
    [
      { name: "NaN and infinity", data: random.wild(30 * 9 * 11, 0.02), shape: [30, 9, 11] },
      { name: "all masked", data: new Float32Array(60).fill(-Infinity), shape: [2, 5, 6] },
      { name: "all NaN", data: new Float32Array(60).fill(NaN), shape: [2, 5, 6] },
      { name: "masked cells", data: random.floats(600).map((v) => v < 0 ? -Infinity : v), shape: [6, 10, 10] },
      { name: "an empty map", data: new Float32Array(0), shape: [3, 0, 4] },
    ].flatMap(({ name, ...x }) =>
      [{ temperature: 0.05 }, { temperature: 0.05, sigma: 3 }, { temperature: 0.05, radius: 2 }].map((options) => ({
        name: `${name} ${JSON.stringify(options)}`,
        run: async (ops) => ({ out: await ops.softArgmax(x, options) }),
      }))
    ),
  random: (random) => {
    const shape = [random.size(), random.size(), random.size()], options = rule(random);
    const data = random.floats(shape.reduce((a, b) => a * b, 1));
    return {
      name: `[${shape}] ${JSON.stringify(options)}`,
      run: async (ops) => ({ out: await ops.softArgmax({ data, shape }, options) }),
    };
  },
} satisfies ParityOp;

function points(random: Random, n: number, height: number, width: number) {
  const data = Float32Array.from({ length: 2 * n }, (_, i) => {
    const side = i % 2 === 0 ? width : height;
    // A third exactly on cells, some outside.
    return random.next() < 0.3 ? random.integer(-1, side) : random.next() * (side + 3) - 2;
  });
  return { data, shape: [n, 2] };
}

/** Bilinear values at points. */
export const sample = {
  name: "sample",
  tolerance: 1e-6,
  fixed: (random) => {
    const map = { data: random.floats(6 * 7 * 19), shape: [6, 7, 19] };
    const wild = { data: random.wild(6 * 7 * 3, 0.2), shape: [6, 7, 3] };
    const odd = { data: Float32Array.of(NaN, 1, 1, NaN, Infinity, 2, 3, -Infinity, -1, 2, 7, 2), shape: [6, 2] };
    const on = { data: Float32Array.of(0, 0, 6, 5, 3, 2), shape: [3, 2] };
    return [
      { name: "positions that are no numbers", map, points: odd },
      { name: "cells that are no numbers", map: wild, points: on },
    ].flatMap((given) =>
      (["zeros", "border"] as const).map((outside) => ({
        name: `${given.name}, ${outside}`,
        run: async (ops) => ({ out: await ops.sample(given.map, given.points, { outside }) }),
      }))
    );
  },
  random: (random) => {
    const shape = [random.side(), random.side(), random.size(40)], outside = random.pick(["zeros", "border"] as const);
    const map = { data: random.floats(shape.reduce((a, b) => a * b, 1)), shape };
    const at = points(random, random.size(), shape[0]!, shape[1]!), cols = random.integer(1, 9);
    return {
      name: `[${shape}] at ${at.shape[0]} points, ${outside}`,
      run: async (ops) => ({
        sampled: await ops.sample(map, at, { outside }),
        warped: await ops.warp(map, { flow: at, cols }, { outside }),
      }),
    };
  },
} satisfies ParityOp;

/** Volumes at new sizes. */
export const interpolate4d = {
  name: "interpolate4d",
  tolerance: 1e-6,
  fixed: (random) => {
    const x = { data: random.wild(3 * 2 * 4 * 5 * 3, 0.02), shape: [3, 2, 4, 5, 3] };
    return (["align-corners", "half-pixel"] as const).map((convention) => ({
      name: `NaN and infinity, ${convention}`,
      run: async (ops) => ({ out: await ops.interpolate4d(x, { size: [6, 3, 7, 10], convention }) }),
    }));
  },
  random: (random) => {
    const shape = [random.side(7), random.side(7), random.side(8), random.side(8), random.side(17)];
    const size = [random.size(8), random.side(8), random.side(13), random.side(13)] as const;
    const convention = random.pick(["align-corners", "half-pixel"] as const);
    const data = random.floats(shape.reduce((a, b) => a * b, 1));
    return {
      name: `[${shape}] to ${size}, ${convention}`,
      run: async (ops) => ({ out: await ops.interpolate4d({ data, shape }, { size, convention }) }),
    };
  },
} satisfies ParityOp;
