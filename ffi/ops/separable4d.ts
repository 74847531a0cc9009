import type { Engine } from "../engine.ts";
import { type PairConvolution, separable4d as define, separableSize, type Size4 } from "../reference/separable4d.ts";
import { type Input, sizeOf, type Tensor } from "../tensor.ts";

/** One pair's 2-D convolution. */
export interface PairLayer {
  /** [out][in][rows][cols], odd sides; the padding is half of them. */
  readonly weights: Input;
  /** [out] */
  readonly bias: Input;
  /** Default [1, 1]. The other branch max-pools this pair by it. */
  readonly stride?: readonly [rows: number, cols: number];
}

/** See {@linkcode Ops.separable4d}. */
export async function separable4d(engine: Engine, x: Input, source: PairLayer, target: PairLayer): Promise<Tensor> {
  const [batch, channels, ...rest] = x.shape, outputs = source.weights.shape[0];
  if (x.shape.length !== 6 || batch === undefined || channels === undefined || outputs === undefined) {
    throw new RangeError(`Cannot convolve [${x.shape}]: the shape is [batch, channels, I, J, K, L]`);
  }
  for (const [name, { weights, bias, stride = [1, 1] }] of [["source", source], ["target", target]] as const) {
    const [out, inputs, rows, cols] = weights.shape;
    const fits = weights.shape.length === 4 && out === outputs && inputs === channels && rows! % 2 === 1 &&
      cols! % 2 === 1;
    if (!fits || bias.shape.length !== 1 || bias.shape[0] !== out) {
      throw new RangeError(
        `Cannot convolve ${channels} channels with ${name} weights [${weights.shape}] and bias [${bias.shape}]: ` +
          "weights are [out, in, odd, odd], biases [out], the same for both pairs",
      );
    }
    if (stride.some((step) => !Number.isInteger(step) || step < 1 || step > 64)) {
      throw new RangeError(`Cannot convolve with ${name} stride ${stride}: whole numbers from 1 to 64`);
    }
  }
  const layer = (values: (input: Input) => Float32Array, { weights, bias, stride = [1, 1] }: PairLayer) => ({
    weights: values(weights),
    bias: values(bias),
    kernel: [weights.shape[2]!, weights.shape[3]!] as const,
    stride,
  } satisfies PairConvolution);
  const size = rest as unknown as Size4, strides = [...source.stride ?? [1, 1], ...target.stride ?? [1, 1]];
  const to = size.map((side, a) => Math.ceil(side / strides[a]!));
  const taps = (sizeOf(source.weights.shape) + sizeOf(target.weights.shape)) / Math.max(1, outputs);
  const [out] = await engine.run({
    name: "sc_separable4d",
    args: [x, source.weights, source.bias, target.weights, target.bias, Int32Array.from(strides)],
    outputs: [{ shape: [batch, outputs, ...to] }],
    work: batch * outputs * sizeOf(to) * taps + sizeOf(x.shape),
    reference: (values, _ints, out) => {
      const given = values(x), all = out.float(0), a = layer(values, source), b = layer(values, target);
      const from = channels * sizeOf(size), step = outputs * sizeOf(separableSize(size, a, b));
      for (let n = 0; n < batch; n++) {
        define(given.subarray(n * from, (n + 1) * from), channels, size, a, b, all.subarray(n * step, (n + 1) * step));
      }
    },
  });
  return out!;
}
