import type { Engine } from "../engine.ts";
import { type Conv4dLayer, conv4dNet, type Size4 } from "../reference/conv4d.ts";
import { conv4dAt as defineAt } from "../reference/conv4d_at.ts";
import type { Input, Tensor } from "../tensor.ts";

export type { Conv4dLayer };

/** How the layers are run. */
export interface Conv4dOptions {
  /** Gives net(x) + T(net(T(x))), T swapping (I, J) with (K, L). Default false. */
  readonly symmetric?: boolean;
}

function check(shape: readonly number[], layers: readonly Conv4dLayer[]): Size4 {
  const [I, J, K, L, channels] = shape, first = layers[0];
  if (shape.length !== 5) throw new RangeError(`Cannot convolve [${shape}]: the shape is [I, J, K, L, channels]`);
  if (first === undefined || layers.length > 16) throw new RangeError("Cannot convolve: there must be 1 to 16 layers");
  let incoming = channels!;
  for (const [i, { kernel, inChannels, outChannels, weights, bias }] of layers.entries()) {
    if (inChannels !== incoming) {
      throw new RangeError(`Cannot convolve: layer ${i} takes ${inChannels} channels, it is given ${incoming}`);
    }
    if (kernel.some((size) => size % 2 !== 1 || size < 1)) {
      throw new RangeError(`Cannot convolve: layer ${i} has kernel ${kernel}, sizes must be odd`);
    }
    const count = kernel.reduce((a, b) => a * b, inChannels * outChannels);
    if (weights.length !== count || bias.length !== outChannels) {
      throw new RangeError(
        `Cannot convolve: layer ${i} needs ${count} weights and ${outChannels} biases, ` +
          `it has ${weights.length} and ${bias.length}`,
      );
    }
    incoming = outChannels;
  }
  return [I!, J!, K!, L!];
}

function joined(parts: readonly Float32Array[]): { data: Float32Array; shape: number[] } {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, shape: [data.length] };
}

/** The net as the library takes it, in the order of its arguments. */
function described(layers: readonly Conv4dLayer[], symmetric: boolean) {
  return [
    layers.length,
    Int32Array.from(layers.flatMap(({ kernel }) => kernel)),
    Int32Array.from([layers[0]!.inChannels, ...layers.map(({ outChannels }) => outChannels)]),
    joined(layers.map(({ weights }) => weights)),
    joined(layers.map(({ bias }) => bias)),
    layers.reduce((bits, { relu }, i) => bits | (relu ? 1 << i : 0), 0),
    symmetric ? 1 : 0,
  ];
}

/** See {@linkcode Ops.conv4d}. */
export async function conv4d(
  engine: Engine,
  x: Input,
  layers: readonly Conv4dLayer[],
  { symmetric = false }: Conv4dOptions = {},
): Promise<Tensor> {
  const size = check(x.shape, layers), cells = size.reduce((a, b) => a * b, 1);
  // Sixteen multiply-adds in vectors take about as long as one value that is touched.
  const each = layers.reduce((sum, { weights, outChannels }) => sum + weights.length / 16 + outChannels, 0);
  const work = each * cells * (symmetric ? 2 : 1);
  const [out] = await engine.run({
    name: "sc_conv4d",
    args: [x, ...described(layers, symmetric)],
    outputs: [{ shape: [...size, layers.at(-1)!.outChannels] }],
    work,
    reference: (values, _ints, out) => out.float(0).set(conv4dNet(values(x), size, layers, symmetric)),
  });
  return out!;
}

/** How the layers are run at pairs, and on what. */
export interface Conv4dAtOptions extends Conv4dOptions {
  /** Sizes I, J, K, L of the volume. */
  readonly size: Size4;
}

/** See {@linkcode Ops.conv4dAt}. */
export async function conv4dAt(
  engine: Engine,
  x: Input,
  pairs: Input,
  layers: readonly Conv4dLayer[],
  { size, symmetric = false }: Conv4dAtOptions,
): Promise<Tensor> {
  const [I, J, K, L] = size, channels = layers[0]?.inChannels ?? 1, rows = I * J, cols = K * L * channels;
  check([...size, channels], layers);
  if (x.shape.length !== 2 || x.shape[0] !== rows || x.shape[1] !== cols) {
    throw new RangeError(`Cannot convolve [${x.shape}]: a volume of ${size.join(" x ")} cells is [${rows}, ${cols}]`);
  }
  const [n, two] = pairs.shape;
  if (pairs.shape.length !== 2 || two !== 2) {
    throw new RangeError(`Cannot convolve at [${pairs.shape}]: pairs are [n, 2]`);
  }
  // Each layer's values that one pair depends on, as in `conv4d`.
  let values = 1, each = 0;
  for (const { kernel, weights, outChannels } of layers.toReversed()) {
    each += values * (weights.length / 16 + outChannels);
    values *= kernel.reduce((a, b) => a * b, 1);
  }
  const [out] = await engine.run({
    name: "sc_conv4d_at",
    args: [x, Int32Array.from(size), pairs, ...described(layers, symmetric)],
    outputs: [{ shape: [n!, layers.at(-1)!.outChannels] }],
    work: n! * each * (symmetric ? 2 : 1),
    reference: (floats, ints, out) => out.float(0).set(defineAt(floats(x), size, ints(pairs), layers, symmetric)),
  });
  return out!;
}
