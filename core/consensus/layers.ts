/**
 * 4-D convolutions as checkpoints of the neighbourhood-consensus family store them.
 *
 * @module
 */
import type { Conv4dLayer } from "../../ffi/mod.ts";
import { InputError } from "../errors.ts";
import type { WeightSet } from "../weights/set.ts";

/** Sizes of a kernel along the axes (source row, source column, target row, target column). */
export type Kernel4 = readonly [number, number, number, number];

/** A kernel as long along every axis. */
export function cube(side: number): Kernel4 {
  return [side, side, side, side];
}

/**
 * One convolution with its ReLU, by `<name>.weight` and `<name>.bias`.
 *
 * The file holds [k1][out][in][k2][k3][k4]: the first axis of the kernel is moved to the front, since the official code
 * sums over it in a loop.
 */
export function takeConv4d(
  set: WeightSet,
  name: string,
  kernel: Kernel4,
  inChannels: number,
  outChannels: number,
): Conv4dLayer {
  const [k1, k2, k3, k4] = kernel;
  const stored = set.take(`${name}.weight`, [k1, outChannels, inChannels, k2, k3, k4]);
  const bias = set.take(`${name}.bias`, [outChannels]);
  // Read when first used, so that every fault of a file can be listed before any of it is read.
  let weights: Float32Array | undefined, offsets: Float32Array | undefined;
  return {
    kernel,
    inChannels,
    outChannels,
    relu: true,
    get weights() {
      return weights ??= kernelFirst(stored.read(), k1, outChannels * inChannels, k2 * k3 * k4);
    },
    get bias() {
      return offsets ??= bias.read();
    },
  };
}

/** [k1][maps][rest] -> [maps][k1][rest] */
function kernelFirst(data: Float32Array, k1: number, maps: number, rest: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let a = 0; a < k1; a++) {
    for (let map = 0; map < maps; map++) {
      const from = (a * maps + map) * rest;
      out.set(data.subarray(from, from + rest), (map * k1 + a) * rest);
    }
  }
  return out;
}

/** Kernel sides and output channels of a stack of convolutions. */
export interface StackShape {
  readonly kernels: readonly number[];
  readonly channels: readonly number[];
}

/**
 * NC-Net's stack: `<prefix>.0`, `<prefix>.2`, ...: every second entry, since a ReLU stands between. Its kernels and
 * channels are those of the checkpoint; `fallback` gives them where the set holds no tensors of its own.
 *
 * @throws InputError where the fallback is needed and is no stack that ends in one channel.
 */
export function takeStack(set: WeightSet, prefix: string, fallback: StackShape): Conv4dLayer[] {
  const { kernels, channels } = stackShape(set, prefix) ?? checked(fallback);
  return kernels.map((side, i) =>
    takeConv4d(set, `${prefix}.${2 * i}`, cube(side), channels[i - 1] ?? 1, channels[i]!)
  );
}

function stackShape(set: WeightSet, prefix: string): StackShape | undefined {
  const kernels: number[] = [], channels: number[] = [];
  for (let i = 0;; i += 2) {
    const shape = set.tensors.get(`${prefix}.${i}.weight`)?.shape;
    if (shape === undefined) break;
    kernels.push(shape[0] ?? 1);
    channels.push(shape[1] ?? 1);
  }
  return kernels.length > 0 ? { kernels, channels } : undefined;
}

function checked(shape: StackShape): StackShape {
  const { kernels, channels } = shape;
  const whole = (values: readonly number[]) => values.every((value) => Number.isInteger(value) && value > 0);
  if (!whole(kernels) || !whole(channels) || kernels.some((side) => side % 2 === 0)) {
    throw new InputError(`Cannot use kernels=[${kernels}] with channels=[${channels}]: kernels are odd, all are whole`);
  }
  if (kernels.length === 0 || kernels.length !== channels.length || channels.at(-1) !== 1) {
    throw new InputError(
      `Cannot use kernels=[${kernels}] with channels=[${channels}]: one number per layer each, the last channel 1`,
    );
  }
  return shape;
}
