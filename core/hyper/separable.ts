/**
 * Separable ("center-pivot") 4-D convolutions and group norms as the checkpoints of CATs++, VAT and NeMF name them.
 *
 * A volume is a tensor [1][channels][I][J][K][L]; (I, J) is the first pair, (K, L) the last.
 *
 * @module
 */
import type { GroupNormOptions, Ops, PairLayer, Tensor } from "../../ffi/mod.ts";
import type { WeightSet } from "../weights/set.ts";
import type { WeightTensor } from "../weights/tensor.ts";

export type { Ops, PairLayer, Tensor };

/** Sizes or strides along (I, J, K, L). */
export type Four = readonly [number, number, number, number];

/** A convolution's form; the padding is half of the kernel. */
export interface SeparableShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: Four;
  /** Default 1 everywhere. */
  readonly stride?: Four;
}

/** A convolution with its parameters. */
export interface SeparableLayer {
  /** `query_conv`: over the first pair. */
  readonly first: PairLayer;
  /** `supp_conv`: over the last pair. */
  readonly last: PairLayer;
}

/** Takes `<name>.query_conv.*` and `<name>.supp_conv.*`; nothing is read before it is used. */
export function takeSeparable(
  set: WeightSet,
  name: string,
  { inputs, outputs, kernel: [k1, k2, k3, k4], stride: [s1, s2, s3, s4] = [1, 1, 1, 1] }: SeparableShape,
): SeparableLayer {
  const take = (part: string, rows: number, cols: number, stride: readonly [number, number]): PairLayer => {
    const weights = lazy(set.take(`${name}.${part}.weight`, [outputs, inputs, rows, cols]));
    const bias = lazy(set.take(`${name}.${part}.bias`, [outputs]));
    return { weights, bias, stride };
  };
  return { first: take("query_conv", k1, k2, [s1, s2]), last: take("supp_conv", k3, k4, [s3, s4]) };
}

/** A tensor of a checkpoint as an operation's input, read at its first use. */
export function lazy(tensor: WeightTensor): { readonly shape: readonly number[]; readonly data: Float32Array } {
  let data: Float32Array | undefined;
  return {
    shape: tensor.shape,
    get data() {
      return data ??= tensor.read();
    },
  };
}

/**
 * Applies a convolution.
 *
 * @param swapped the pairs change roles: what the layer does to the first is done to the last. Equal to swapping the
 * pairs of x, convolving, and swapping back.
 */
export function separable(ops: Ops, x: Tensor, { first, last }: SeparableLayer, swapped = false): Promise<Tensor> {
  return swapped ? ops.separable4d(x, last, first) : ops.separable4d(x, first, last);
}

/** A group norm with its parameters. */
export type Normalisation = NonNullable<GroupNormOptions["norm"]>;

/** Takes `<name>.weight` and `<name>.bias` of a torch.nn.GroupNorm (eps 1e-5). */
export function takeGroupNorm(set: WeightSet, name: string, channels: number, groups = 1): Normalisation {
  return {
    groups,
    weight: lazy(set.take(`${name}.weight`, [channels])),
    bias: lazy(set.take(`${name}.bias`, [channels])),
    eps: 1e-5,
  };
}

/** A convolution, a group norm and a ReLU: the building block of all three methods. */
export interface EncoderBlock {
  readonly conv: SeparableLayer;
  readonly norm: Normalisation;
}

/** Takes `<name>.0` (convolution) and `<name>.1` (norm), as a torch.nn.Sequential counts them. */
export function takeEncoderBlock(
  set: WeightSet,
  name: string,
  shape: SeparableShape & { readonly groups?: number },
): EncoderBlock {
  return {
    conv: takeSeparable(set, `${name}.0`, shape),
    norm: takeGroupNorm(set, `${name}.1`, shape.outputs, shape.groups),
  };
}

/** Applies a block; x stays the caller's. */
export async function encode(ops: Ops, x: Tensor, { conv, norm }: EncoderBlock): Promise<Tensor> {
  using convolved = await separable(ops, x, conv);
  return await ops.groupNorm(convolved, { norm, activation: "relu" });
}

/** Resizes all four axes bilinearly, corners aligned. @returns [1][channels] of the new sizes */
export async function resize4d(ops: Ops, x: Tensor, size: Four): Promise<Tensor> {
  const [, channels, ...from] = x.shape as [number, number, ...number[]];
  const cells = from.reduce((product, side) => product * side, 1),
    to = size.reduce((product, side) => product * side, 1);
  const data = await x.read(), out = new Float32Array(channels * to);
  for (let c = 0; c < channels; c++) {
    const plane = { data: data.subarray(c * cells, (c + 1) * cells), shape: [...from, 1] };
    out.set(await (await ops.interpolate4d(plane, { size })).take(), c * to);
  }
  return await ops.tensor(out, [1, channels, ...size]);
}
