import { assert, assertEquals, assertThrows } from "@std/assert";
import { readCase } from "../golden/vectors.ts";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import { type PilKernel, resizeChw, resizeHwc, resizePil, type TorchResize } from "./resize.ts";

/** A deterministic generator: the tests need arbitrary numbers, not good ones. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

function randomPicture(width: number, height: number, seed: number) {
  const next = random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(next() * 256)) };
}

// ---------------------------------------------------------------- references: dense float64 matrices, by definition

type Matrix = number[][];

const KERNELS: Record<string, { radius: number; at: (x: number) => number }> = {
  bilinear: { radius: 1, at: (x) => Math.abs(x) < 1 ? 1 - Math.abs(x) : 0 },
  bicubic: { radius: 2, at: keys(-0.5) },
  lanczos: {
    radius: 3,
    at: (x) =>
      x === 0 ? 1 : Math.abs(x) >= 3 ? 0 : 3 * Math.sin(Math.PI * x) * Math.sin(Math.PI * x / 3) / (Math.PI * x) ** 2,
  },
};

// Keys 1981, equation 4 with a general a, expanded.
function keys(a: number) {
  return (x: number) => {
    const s = Math.abs(x);
    if (s <= 1) return (a + 2) * s ** 3 - (a + 3) * s ** 2 + 1;
    return s < 2 ? a * s ** 3 - 5 * a * s ** 2 + 8 * a * s - 4 * a : 0;
  };
}

/** Every input sample weighted by the stretched kernel at its distance; rows sum to 1. */
function antialiased(from: number, to: number, name: string, step = from / to): Matrix {
  const { radius, at } = KERNELS[name]!;
  const width = Math.max(1, step);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step;
    const row = Array.from({ length: from }, (_, j) => {
      // A sample takes part when its cell's rounded position lies within the support: the definition both libraries share.
      const inside = j >= Math.trunc(centre - radius * width + 0.5) && j < Math.trunc(centre + radius * width + 0.5);
      return inside ? at((j + 0.5 - centre) / width) : 0;
    });
    const sum = row.reduce((a, b) => a + b);
    return row.map((w) => w / sum);
  });
}

/** Interpolation without antialias: the border sample is repeated outwards without end. */
function pointwise(from: number, to: number, name: string, source: (i: number) => number): Matrix {
  const at = name === "bicubic" ? keys(-0.75) : KERNELS[name]!.at;
  return Array.from({ length: to }, (_, i) => {
    const row = new Array<number>(from).fill(0);
    for (let j = -8; j < from + 8; j++) {
      const clamped = Math.min(Math.max(j, 0), from - 1);
      row[clamped] = row[clamped]! + at(source(i) - j);
    }
    return row;
  });
}

function torchMatrix(from: number, to: number, o: TorchResize, scale?: number): Matrix {
  const step = scale === undefined ? from / to : 1 / scale;
  if (o.antialias) return antialiased(from, to, o.kernel, step);
  return pointwise(
    from,
    to,
    o.kernel,
    o.alignCorners ? (i) => to > 1 ? i * (from - 1) / (to - 1) : 0 : (i) => (i + 0.5) * step - 0.5,
  );
}

/** rows * data * cols^T for one plane. */
function sandwich(rowMatrix: Matrix, data: (r: number, c: number) => number, colMatrix: Matrix): Matrix {
  return rowMatrix.map((rowWeights) =>
    colMatrix.map((colWeights) => {
      let sum = 0;
      rowWeights.forEach((wr, r) => colWeights.forEach((wc, c) => sum += wr && wc ? wr * wc * data(r, c) : 0));
      return sum;
    })
  );
}

// -------------------------------------------------------------------------------------------------------------- PIL

Deno.test("resizePil() bilinear halves 4 grey columns to values computed by hand", () => {
  const data = Uint8Array.of(0, 0, 0, 80, 80, 80, 160, 160, 160, 255, 255, 255);
  // step 2, support 2: output 0 is centred at 1, samples at 0.5, 1.5, 2.5 with weights .75, .75, .25 over 1.75.
  // (0 * .75 + 80 * .75 + 160 * .25) / 1.75 = 57.14; mirrored: (255 * .75 + 160 * .75 + 80 * .25) / 1.75 = 189.29.
  const out = resizePil({ width: 4, height: 1, data }, { width: 2, height: 1 }, "bilinear");
  assertEquals([...out], [57, 57, 57, 189, 189, 189]);
});

Deno.test("resizePil() bicubic doubles a step edge with the overshoot clamped to a byte", () => {
  const data = Uint8Array.from([0, 0, 255, 255].flatMap((v) => [v, v, v]));
  // Output 2 lies at 1.25 - 0.5 = 0.75 between samples 0 and 1; weights of samples -1..2 at distances 1.75, .75, .25, 1.25
  // are -.0234375, .2265625, .8671875, -.0703125; -1 is cut off, so the sum .9765625... is made 1 again.
  const k = [0.2265625, 0.8671875, -0.0703125];
  const sum = k[0]! + k[1]! + k[2]!;
  const out = resizePil({ width: 4, height: 1, data }, { width: 8, height: 1 }, "bicubic");
  const red = [...out].filter((_, i) => i % 3 === 0);
  assert(255 * k[2]! / sum < 0);
  assertEquals(red[2], 0);
  // Output 3 at 1.25: distances of samples 0..3 are 1.25, .25, .75, 1.75.
  assertEquals(red[3], Math.round(255 * (0.2265625 - 0.0234375)));
  assertEquals(red[4], 255 - red[3]!);
  assertEquals(red[5], 255);
});

Deno.test("resizePil() equals dense matrices in PIL's 22-bit fixed point, rounded after each pass", () => {
  const cases: [number, number, number, number][] = [
    [37, 23, 17, 11],
    [19, 31, 56, 64],
    [64, 48, 20, 90],
    [5, 7, 1, 1],
    [1, 1, 4, 3],
    [300, 3, 7, 3],
  ];
  for (const kernel of ["bilinear", "bicubic", "lanczos"] as PilKernel[]) {
    for (const [w, h, w2, h2] of cases) {
      const picture = randomPicture(w, h, w * h2);
      const got = resizePil(picture, { width: w2, height: h2 }, kernel);
      const across = antialiased(w, w2, kernel);
      const down = antialiased(h, h2, kernel);
      // PIL's arithmetic: weights in 2^-22ths rounded half away from zero, sums rounded half up, clamped to a byte.
      const weigh = (row: number[], value: (i: number) => number) => {
        const sum = row.reduce((s, k, i) => s + Math.sign(k) * Math.round(Math.abs(k) * 2 ** 22) * value(i), 0);
        return Math.min(255, Math.max(0, Math.floor((sum + 2 ** 21) / 2 ** 22)));
      };
      for (let c = 0; c < 3; c++) {
        const wide = Array.from(
          { length: h },
          (_, y) => across.map((row) => weigh(row, (x) => picture.data[(y * w + x) * 3 + c]!)),
        );
        for (let x = 0; x < w2; x++) {
          for (let y = 0; y < h2; y++) {
            const want = weigh(down[y]!, (i) => wide[i]![x]!);
            assertEquals(got[(y * w2 + x) * 3 + c]!, want, `${kernel} ${w}x${h}->${w2}x${h2} at ${x},${y},${c}`);
          }
        }
      }
    }
  }
});

Deno.test("resizePil() keeps a constant picture constant and the same size unchanged", () => {
  for (const kernel of ["bilinear", "bicubic", "lanczos"] as PilKernel[]) {
    const flat = { width: 31, height: 17, data: new Uint8Array(31 * 17 * 3).fill(201) };
    for (const size of [{ width: 7, height: 40 }, { width: 93, height: 5 }]) {
      assert(resizePil(flat, size, kernel).every((v) => v === 201));
    }
    const picture = randomPicture(12, 9, 5);
    const same = resizePil(picture, picture, kernel);
    assertEquals(same, picture.data);
    assert(same.buffer !== picture.data.buffer, "the result may be changed without changing the picture");
  }
});

// ------------------------------------------------------------------------------------------------------------ torch

Deno.test("resizeHwc() bilinear doubles [0, 1] to [0, .25, .75, 1] and to thirds with aligned corners", () => {
  const data = Float32Array.of(0, 1);
  const from = { rows: 1, cols: 2, channels: 1 };
  const to = { rows: 1, cols: 4 };
  assertEquals([...resizeHwc(data, from, to, { kernel: "bilinear" })], [0, 0.25, 0.75, 1]);
  assertEquals(
    [...resizeHwc(data, from, to, { kernel: "bilinear", alignCorners: true })].map((v) => Math.round(v * 3e6) / 1e6),
    [0, 1, 2, 3],
  );
});

Deno.test("resizeHwc() bicubic of an impulse shows a = -0.75 without and a = -0.5 with antialias", () => {
  const data = new Float32Array(9);
  data[4] = 1;
  const from = { rows: 1, cols: 9, channels: 1 };
  const to = { rows: 1, cols: 18 };
  // Outputs 8 and 9 lie 0.25 from the impulse, 10 at 0.75, 11 at 1.25, 12 at 1.75.
  const weights = (a: number) => [0.25, 0.75, 1.25, 1.75].map(keys(a));
  for (const [antialias, a] of [[false, -0.75], [true, -0.5]] as const) {
    const out = resizeHwc(data, from, to, { kernel: "bicubic", antialias });
    weights(a).forEach((w, i) => assertClose(out[9 + i]!, w, 1e-6));
  }
});

Deno.test("resizeHwc() and resizeChw() equal dense float64 matrices for every option", () => {
  const sizes: [number, number, number, number][] = [[5, 8, 11, 3], [14, 9, 6, 7], [37, 37, 9, 7], [3, 1, 1, 4], [
    6,
    6,
    6,
    6,
  ]];
  for (const kernel of ["bilinear", "bicubic"] as const) {
    for (const antialias of [false, true]) {
      for (const alignCorners of antialias ? [false] : [false, true]) {
        for (const withScale of alignCorners ? [false] : [false, true]) {
          for (const [rows, cols, toRows, toCols] of sizes) {
            const channels = 3;
            const next = random(rows * cols + toCols);
            const hwc = Float32Array.from({ length: rows * cols * channels }, () => next() * 2 - 1);
            const chw = Float32Array.from(hwc, (_, i) => {
              const c = Math.floor(i / (rows * cols));
              return hwc[(i % (rows * cols)) * channels + c]!;
            });
            const scale = { rows: (toRows + 0.1) / rows, cols: (toCols + 0.1) / cols };
            const options = { kernel, antialias, alignCorners, ...(withScale ? { scale } : {}) };
            const to = { rows: toRows, cols: toCols };
            const gotHwc = resizeHwc(hwc, { rows, cols, channels }, to, options);
            const gotChw = resizeChw(chw, { rows, cols, channels }, to, options);
            const down = torchMatrix(rows, toRows, options, withScale ? scale.rows : undefined);
            const across = torchMatrix(cols, toCols, options, withScale ? scale.cols : undefined);
            for (let c = 0; c < channels; c++) {
              const want = sandwich(down, (y, x) => hwc[(y * cols + x) * channels + c]!, across);
              for (let y = 0; y < toRows; y++) {
                for (let x = 0; x < toCols; x++) {
                  assertClose(gotHwc[(y * toCols + x) * channels + c]!, want[y]![x]!, 1e-5);
                  assertEquals(gotChw[(c * toRows + y) * toCols + x]!, gotHwc[(y * toCols + x) * channels + c]!);
                }
              }
            }
          }
        }
      }
    }
  }
});

Deno.test("resizeHwc() rejects data of another shape, sizes below 1 and scales that are not positive", () => {
  const data = new Float32Array(12);
  const from = { rows: 2, cols: 2, channels: 3 };
  assertThrows(() => resizeHwc(data, { ...from, rows: 3 }, from, { kernel: "bilinear" }), RangeError, "needs 18");
  assertThrows(() => resizeHwc(data, from, { rows: 0, cols: 2 }, { kernel: "bilinear" }), RangeError, "at least 1");
  const scale = { rows: 0, cols: 1 };
  assertThrows(() => resizeHwc(data, from, from, { kernel: "bicubic", scale }), RangeError, "positive");
});

function assertClose(got: number, want: number, tolerance: number): void {
  assert(Math.abs(got - want) <= tolerance, `${got} is not within ${tolerance} of ${want}`);
}

// ------------------------------------------------------------------------------------------- recorded torch outputs

const POSITIONS: Record<string, { param: string; options: TorchResize; scaled: boolean }> = {
  dinov2_official: { param: "pos_embed", options: { kernel: "bicubic" }, scaled: true },
  dinov2_official_reg: { param: "pos_embed", options: { kernel: "bicubic", antialias: true }, scaled: false },
  dinov2_transformers: { param: "embeddings.position_embeddings", options: { kernel: "bicubic" }, scaled: false },
};

for (const [folder, { param, options, scaled }] of Object.entries(POSITIONS)) {
  sharedTest(`resizeHwc() gives the position embeddings torch gave in ${folder}`, `golden/${folder}`, async () => {
    const recorded = await readCase(sharedPath(`golden/${folder}`), "a");
    const { data, shape } = recorded.param(param);
    const dim = shape[2]!;
    const side = Math.sqrt(shape[1]! - 1);
    const to = { rows: recorded.config["H"] / 14, cols: recorded.config["W"] / 14 };
    const scale = { rows: (to.rows + 0.1) / side, cols: (to.cols + 0.1) / side };
    // The first entry belongs to the class token and is not resized.
    const got = resizeHwc(data.subarray(dim), { rows: side, cols: side, channels: dim }, to, {
      ...options,
      ...(scaled ? { scale } : {}),
    });
    const want = (recorded.recorded("pos_embed").data as Float32Array).subarray(dim);
    assertEquals(got.length, want.length);
    got.forEach((v, i) => assertClose(v, want[i]!, 2e-6));
  });
}

sharedTest("resizeChw() gives the maps torch upsampled with aligned corners in hpf", "golden/hpf", async () => {
  const recorded = await readCase(sharedPath("golden/hpf"), "a");
  const shapes: number[][] = recorded.config["src_feats"];
  const [, rows, cols] = shapes[0]! as [number, number, number];
  const want = recorded.recorded("src_hyper").data as Float32Array;
  let at = 0;
  shapes.forEach((shape, i) => {
    const [channels, h, w] = shape as [number, number, number];
    const input = recorded.input(`src_feat${i}`);
    const got = resizeChw(input.data, { rows: h, cols: w, channels }, { rows, cols }, {
      kernel: "bilinear",
      alignCorners: true,
    });
    got.forEach((v, j) => assertClose(v, want[at + j]!, 3.3e-6));
    at += got.length;
  });
  assertEquals(at, want.length);
});
