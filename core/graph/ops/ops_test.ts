import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError } from "../../errors.ts";
import { tensorOf } from "../../weights/tensor.ts";
import { Graph, type Value } from "../graph.ts";
import { ElementType } from "../onnx/proto.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import * as ops from "./mod.ts";

/** Runs one operation on given tensors. */
async function run(
  inputs: Record<string, { shape: number[]; data: ArrayLike<number> }>,
  build: (g: Graph, values: Record<string, Value>) => Value,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const g = new Graph("test");
  const values = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, g.input(name, shape)]));
  const model = g.model({ y: build(g, values) });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
  const { y } = await runOnce(model, feeds, defaultSession);
  assertEquals(y!.shape, model.outputs!.y, "the shape that was computed while building");
  return y!;
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    assert(Math.abs(a - b) <= tolerance * (1 + Math.abs(b)), `value ${i}: ${a}, not ${b}`);
  }
}

const wave = (n: number, step = 0.7) => Float32Array.from({ length: n }, (_, i) => Math.sin(step * i + 0.3));

Deno.test("gelu(), silu() and quick gelu follow their definitions", async () => {
  const x = [-3, -1, -0.1, 0, 0.5, 2, 4];
  // Phi by its series, independent of any library: 1/2 + phi(x) * sum x^(2k+1) / (1*3*5*..*(2k+1)).
  const phi = (v: number) => {
    let term = v;
    let sum = v;
    for (let k = 1; k < 60; k++) sum += term *= v * v / (2 * k + 1);
    return 0.5 + sum * Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
  };
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  const at = (build: (g: Graph, v: Value) => Value) =>
    run({ x: { shape: [7], data: x } }, (g, { x }) => build(g, x!)).then(({ data }) => data);
  near(await at((g, v) => ops.gelu(g, v)), x.map((v) => v * phi(v)), 2e-6);
  near(
    await at((g, v) => ops.gelu(g, v, "tanh")),
    x.map((v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)))),
    2e-6,
  );
  near(await at((g, v) => ops.gelu(g, v, "quick")), x.map((v) => v * sigmoid(1.702 * v)));
  near(await at((g, v) => ops.silu(g, v)), x.map((v) => v * sigmoid(v)));
  near(await at((g, v) => ops.clip(g, v, 0, 6)), x.map((v) => Math.min(Math.max(v, 0), 6)));
  near(await at((g, v) => ops.leakyRelu(g, v, 0.1)), x.map((v) => v < 0 ? 0.1 * v : v));
});

/** Attention by its definition. */
function attend(
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  n: number,
  m: number,
  heads: number,
  d: number,
  bias = 0,
) {
  const out = new Float32Array(n * heads * d);
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < n; i++) {
      const scores = Array.from({ length: m }, (_, j) => {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += q[(i * heads + h) * d + c]! * k[(j * heads + h) * d + c]!;
        return dot / Math.sqrt(d) + bias * (h + 1) * Math.abs(i - j);
      });
      const most = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - most));
      const sum = weights.reduce((a, b) => a + b);
      for (let c = 0; c < d; c++) {
        let mix = 0;
        for (let j = 0; j < m; j++) mix += weights[j]! / sum * v[(j * heads + h) * d + c]!;
        out[(i * heads + h) * d + c] = mix;
      }
    }
  }
  return out;
}

Deno.test("attention() is soft-max of scaled products per head, with and without a bias", async () => {
  const [n, m, heads, d] = [5, 7, 2, 4];
  const data = { q: wave(n * 8, 0.7), k: wave(m * 8, 1.3), v: wave(m * 8, 2.1) };
  const inputs = {
    q: { shape: [1, n, 8], data: data.q },
    k: { shape: [1, m, 8], data: data.k },
    v: { shape: [1, m, 8], data: data.v },
  };
  const plain = await run(inputs, (g, { q, k, v }) => ops.attention(g, q!, k!, v!, { heads }));
  near(plain.data, attend(data.q, data.k, data.v, n, m, heads, d), 1e-5);
  const table = Float32Array.from({ length: heads * n * m }, (_, at) => {
    const [h, i, j] = [Math.floor(at / (n * m)), Math.floor(at / m) % n, at % m];
    return -0.2 * (h + 1) * Math.abs(i - j);
  });
  const biased = await run(
    inputs,
    (g, { q, k, v }) => ops.attention(g, q!, k!, v!, { heads, bias: g.constant(table, [1, heads, n, m]) }),
  );
  near(biased.data, attend(data.q, data.k, data.v, n, m, heads, d, -0.2), 1e-5);
});

Deno.test("rotary() turns pairs of channels by their angle and leaves the first tokens alone", async () => {
  const angle = 0.5;
  const x = [9, 8, 7, 6, 1, 2, 3, 4];
  const turn = (name: string, value: number) => tensorOf(name, [1, 4], new Float32Array(4).fill(value));
  const { data } = await run(
    { x: { shape: [1, 2, 4], data: x } },
    (g, { x }) => ops.rotary(g, x!, g.weight(turn("cos", Math.cos(angle))), g.weight(turn("sin", Math.sin(angle))), 1),
  );
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  near(data, [9, 8, 7, 6, 1 * c - 3 * s, 2 * c - 4 * s, 3 * c + 1 * s, 4 * c + 2 * s]);
});

Deno.test("layerNorm(), groupNorm() and batchNorm() have the biased variance and eps inside the root", async () => {
  const x = wave(12, 1.9);
  const normal = (part: Float32Array, eps: number) => {
    const mean = part.reduce((a, b) => a + b) / part.length;
    const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / part.length;
    return part.map((v) => (v - mean) / Math.sqrt(variance + eps));
  };
  const vector = (g: Graph, name: string, ...values: number[]) =>
    g.weight(tensorOf(name, [values.length], Float32Array.from(values)));
  const layer = await run(
    { x: { shape: [1, 3, 4], data: x } },
    (g, { x }) => ops.layerNorm(g, x!, vector(g, "s", 1, 2, 3, 4), vector(g, "b", 0, 0, 1, 1), 0.01),
  );
  near(
    layer.data,
    [0, 1, 2].flatMap((r) => [...normal(x.slice(4 * r, 4 * r + 4), 0.01)].map((v, c) => v * (c + 1) + (c > 1 ? 1 : 0))),
  );
  const group = await run(
    { x: { shape: [1, 4, 1, 3], data: x } },
    (g, { x }) => ops.groupNorm(g, x!, 2, vector(g, "s", 1, 2, 3, 4), vector(g, "b", 0, 0, 1, 1), 0.01),
  );
  near(
    group.data,
    [0, 1].flatMap((k) =>
      [...normal(x.slice(6 * k, 6 * k + 6), 0.01)].map((v, i) => {
        const channel = 2 * k + Math.floor(i / 3);
        return v * (channel + 1) + (channel > 1 ? 1 : 0);
      })
    ),
    3e-6,
  );
  const batch = await run({ x: { shape: [1, 2, 1, 1], data: [3, 5] } }, (g, { x }) =>
    ops.batchNorm(g, x!, {
      scale: vector(g, "s", 2, 1),
      shift: vector(g, "b", 1, 0),
      mean: vector(g, "m", 1, 5),
      variance: vector(g, "v", 3, 9),
    }, 1));
  near(batch.data, [2 * 2 / 2 + 1, 0]);
});

Deno.test("conv() counts stride, padding, dilation and groups as PyTorch does", async () => {
  const [h, w] = [5, 6];
  const x = wave(2 * h * w, 0.9);
  const weight = wave(2 * 9, 1.7);
  const { shape, data } = await run(
    { x: { shape: [1, 2, h, w], data: x } },
    (g, { x }) =>
      ops.conv(g, x!, g.weight(tensorOf("w", [2, 1, 3, 3], weight)), undefined, {
        stride: 2,
        padding: 2,
        dilation: 2,
        groups: 2,
      }),
  );
  assertEquals(shape, [1, 2, 3, 3]);
  const expected: number[] = [];
  for (let c = 0; c < 2; c++) {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let a = 0; a < 9; a++) {
          const [row, col] = [2 * i - 2 + 2 * Math.floor(a / 3), 2 * j - 2 + 2 * (a % 3)];
          if (row >= 0 && row < h && col >= 0 && col < w) sum += weight[c * 9 + a]! * x[(c * h + row) * w + col]!;
        }
        expected.push(sum);
      }
    }
  }
  near(data, expected, 3e-6);
});

Deno.test("convTranspose() spreads each value by the kernel", async () => {
  const { shape, data } = await run(
    { x: { shape: [1, 1, 2, 2], data: [1, 2, 3, 4] } },
    (g, { x }) =>
      ops.convTranspose(g, x!, g.weight(tensorOf("w", [1, 1, 2, 2], Float32Array.of(1, 10, 100, 1000))), undefined, {
        stride: 2,
      }),
  );
  assertEquals(shape, [1, 1, 4, 4]);
  near(data, [1, 10, 2, 20, 100, 1000, 200, 2000, 3, 30, 4, 40, 300, 3000, 400, 4000]);
});

Deno.test("maxPool() with ceil counts the window that reaches over the edge", async () => {
  const x = { x: { shape: [1, 1, 1, 6], data: [1, 5, 2, 4, 3, 9] } };
  const pool = (ceil: boolean) =>
    run(
      { x: { ...x.x, shape: [1, 1, 6, 1] } },
      (g, { x }) => ops.slice(g, ops.maxPool(g, ops.padSpatial(g, x!, { right: 2 }), 3, { stride: 2, ceil }), 3, 0, 1),
    );
  // Columns beyond the first hold zeros only. Windows of 3 rows, every 2: floor gives two, ceil three.
  assertEquals([...(await pool(false)).data], [5, 4]);
  assertEquals([...(await pool(true)).data], [5, 4, 9]);
});

Deno.test("averagePool() counts padded zeros as PyTorch's default does", async () => {
  const { data } = await run(
    { x: { shape: [1, 1, 2, 2], data: [4, 8, 12, 16] } },
    (g, { x }) => ops.averagePool(g, x!, 2, { stride: 2, padding: 1 }),
  );
  assertEquals([...data], [1, 2, 3, 4]);
});

Deno.test("resize() has half-pixel and aligned corners", async () => {
  const x = { x: { shape: [1, 1, 1, 2], data: [0, 10] } };
  const at = (alignCorners: boolean) =>
    run(x, (g, { x }) => ops.resize(g, x!, 1, 4, { mode: "bilinear", alignCorners })).then(({ data }) => data);
  near(await at(false), [0, 2.5, 7.5, 10]);
  near(await at(true), [0, 10 / 3, 20 / 3, 10]);
  const nearest = await run(x, (g, { x }) => ops.resize(g, x!, 1, 5, { mode: "nearest" }));
  // floor(i * 2 / 5)
  assertEquals([...nearest.data], [0, 0, 0, 10, 10]);
});

Deno.test("gridSample() reads between pixels, zeros outside", async () => {
  const grid = { shape: [1, 1, 3, 2], data: [0, -1, 1, -1, 2, -1] };
  const { data } = await run(
    { x: { shape: [1, 1, 2, 2], data: [1, 3, 5, 7] }, grid },
    (g, { x, grid }) => ops.gridSample(g, x!, grid!, { alignCorners: true }),
  );
  near(data, [2, 3, 1.5]);
});

Deno.test("einsum(), matmul(), gather(), concat(), slice() and l2Normalize() compute what they say", async () => {
  const a = { shape: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] };
  const b = { shape: [1, 3, 2], data: [1, 0, 0, 1, 1, 1] };
  const product = await run({ a, b }, (g, { a, b }) => ops.matmul(g, a!, b!));
  assertEquals([...product.data], [4, 5, 10, 11]);
  const summed = await run({ a, b }, (g, { a, b }) => ops.einsum(g, "bij,bjk->bki", [a!, b!]));
  assertEquals([...summed.data], [4, 10, 5, 11]);
  const picked = await run({ a }, (g, { a }) => ops.gather(g, a!, 2, [2, 0, 0]));
  assertEquals([...picked.data], [3, 1, 1, 6, 4, 4]);
  const joined = await run({ a }, (g, { a }) => ops.concat(g, [ops.slice(g, a!, 1, 1, 2), a!], -2));
  assertEquals([...joined.data], [4, 5, 6, 1, 2, 3, 4, 5, 6]);
  const every = await run({ a }, (g, { a }) => ops.slice(g, a!, 2, 0, 3, 2));
  assertEquals([...every.data], [1, 3, 4, 6]);
  const unit = await run({ v: { shape: [1, 2, 2], data: [3, 4, 0, 0] } }, (g, { v }) => ops.l2Normalize(g, v!, 2));
  near(unit.data, [0.6, 0.8, 0, 0]);
});

Deno.test("linear() in int8 is off by no more than its two roundings", async () => {
  const [rows, inner, out] = [6, 64, 10];
  const weight = wave(out * inner, 1.1);
  const x = wave(rows * inner, 0.37);
  const g = new Graph("int8", "int8");
  const [w, b] = [tensorOf("w", [out, inner], weight), tensorOf("b", [out], wave(out, 3))];
  const model = g.model({ y: ops.linear(g, g.input("x", [rows, inner]), g.weight(w), g.weight(b)) });
  assertEquals(model.proto.graph!.node!.map(({ opType }) => opType), ["DynamicQuantizeMatMul", "Identity"]);
  const { y } = await runOnce(model, { x: { shape: [rows, inner], data: x.slice() } }, defaultSession);
  let worst = 0;
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < out; o++) {
      let sum = b.read()[o]!;
      for (let i = 0; i < inner; i++) sum += x[r * inner + i]! * weight[o * inner + i]!;
      worst = Math.max(worst, Math.abs(sum - y!.data[r * out + o]!));
    }
  }
  // Each product is off by half a step of 1/63 in the weight and half a step of 2/255 in the value; |x|, |w| <= 1.
  assert(worst <= inner * (0.5 / 63 + 1 / 255), `${worst}`);
  assert(worst > 1e-5, "8-bit integers must have been used");
});

Deno.test("the runtime has no bfloat16 matrix product, which is why none is offered", async () => {
  const g = new Graph("bfloat16");
  const half = (value: Value) => g.node("Cast", [value], value.shape, { attributes: { to: ElementType.bfloat16 } });
  const product = g.node("MatMul", [half(g.input("x", [4, 8])), half(g.constant(wave(32, 1), [8, 4]))], [4, 4]);
  const y = g.node("Cast", [product], [4, 4], { attributes: { to: ElementType.float32 } });
  await assertRejects(
    () => runOnce(g.model({ y }), { x: { shape: [4, 8], data: wave(32, 2) } }, defaultSession),
    ConfigError,
    "Could not find an implementation for MatMul",
  );
});

Deno.test("operations refuse what does not fit before anything is run", () => {
  const g = new Graph("net");
  const x = g.input("x", [1, 6, 4, 4]);
  const bad: [() => unknown, string][] = [
    [
      () => ops.conv(g, x, g.constant(new Float32Array(45), [1, 5, 3, 3])),
      "convolution expects a weight [out, 6, kh, kw] and got [1,5,3,3]",
    ],
    [() => ops.add(g, x, g.constant(new Float32Array(5), [5])), "Add cannot combine shapes [1,6,4,4] and [5]"],
    [() => ops.reshape(g, x, [7, 7]), "reshape cannot turn [1,6,4,4] into [7,7]"],
    [() => ops.slice(g, x, 1, 4, 9), "slice has no range 4..9"],
    [() => ops.gather(g, x, 1, [6]), "gather has no entry 6 on axis 1"],
    [() => ops.maxPool(g, x, 9), "MaxPool would give the shape [1,6,0,0]"],
    [
      () => ops.einsum(g, "bchw,bd->bcd", [x, g.constant(new Float32Array(4), [2, 2])]),
      'axis "b" of "bchw,bd->bcd" is both 1 and 2',
    ],
    [() => ops.groupNorm(g, x, 4, x, x), "group norm cannot split 6 channels into 4 groups"],
    [() => ops.transpose(g, x, [0, 1, 1, 2]), "transpose cannot order the axes"],
  ];
  for (const [build, message] of bad) assertThrows(build, RangeError, message);
});
