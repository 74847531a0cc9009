/**
 * NeMF's cost embedding: one level's correlation, brought to 16^4 cells and 16 channels by separable 4-D convolutions,
 * strided where the level is finer and transposed where it is coarser.
 *
 * @module
 */
import { resizeHwc } from "../../../core/image/resize.ts";
import {
  encode,
  type EncoderBlock,
  lazy,
  type Normalisation,
  type Ops,
  type PairLayer,
  takeEncoderBlock,
  takeGroupNorm,
  type Tensor,
} from "../../../core/hyper/separable.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import type { WeightTensor } from "../../../core/weights/tensor.ts";

/** Channels of a level's embedding. */
export const EMBEDDED = 16;

/** A transposed separable convolution of kernel 3 with its norm, as plain convolutions of a spread volume. */
interface TransposedBlock {
  readonly first: PairLayer;
  readonly last: PairLayer;
  readonly norm: Normalisation;
  readonly stride: 1 | 2;
}

/** A level's two layers: 1 -> 4 -> 16 channels. */
export type LevelEmbedding =
  | { readonly kind: "strided"; readonly blocks: readonly EncoderBlock[] }
  | { readonly kind: "transposed"; readonly blocks: readonly TransposedBlock[] };

/** Takes `<prefix>.embedder.conv4d.*`. @param ratio cells per side of the level, divided by those of the embedding */
export function takeEmbedding(set: WeightSet, prefix: string, ratio: number): LevelEmbedding {
  const name = (i: number) => `${prefix}.embedder.conv4d.${i}`, channels = [1, 4, EMBEDDED] as const;
  if (ratio < 1) {
    const blocks = [0, 1].map((i) => takeTransposed(set, name(i), channels[i]!, channels[i + 1]!, i === 0 ? 2 : 1));
    return { kind: "transposed", blocks };
  }
  // Each layer halves while there is something to halve: 4 = 2 x 2, 2 = 2 x 1.
  const strides = [ratio >= 2 ? 2 : 1, ratio >= 4 ? 2 : 1];
  const blocks = strides.map((s, i) =>
    takeEncoderBlock(set, name(i), {
      inputs: channels[i]!,
      outputs: channels[i + 1]!,
      kernel: [3, 3, 3, 3],
      stride: [s, s, s, s],
    })
  );
  return { kind: "strided", blocks };
}

function takeTransposed(set: WeightSet, name: string, inputs: number, outputs: number, stride: 1 | 2): TransposedBlock {
  const take = (part: string): PairLayer => ({
    weights: flipped(set.take(`${name}.0.${part}.weight`, [inputs, outputs, 3, 3])),
    bias: lazy(set.take(`${name}.0.${part}.bias`, [outputs])),
  });
  return { first: take("query_conv"), last: take("supp_conv"), norm: takeGroupNorm(set, `${name}.1`, outputs), stride };
}

/** [in][out][3][3] of a transposed convolution -> [out][in][3][3] of the convolution that is it. */
function flipped(tensor: WeightTensor): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const [inputs, outputs] = tensor.shape as [number, number];
  let data: Float32Array | undefined;
  return {
    shape: [outputs, inputs, 3, 3],
    get data() {
      if (data !== undefined) return data;
      const stored = tensor.read();
      data = new Float32Array(stored.length);
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          for (let k = 0; k < 9; k++) data[(o * inputs + i) * 9 + 8 - k] = stored[(i * outputs + o) * 9 + k]!;
        }
      }
      return data;
    },
  };
}

/** Embeds a correlation [1][1][I][J][K][L]; it stays the caller's. `watch` sees every layer. */
export async function embed(
  ops: Ops,
  correlation: Tensor,
  embedding: LevelEmbedding,
  watch: (x: Tensor) => Promise<void> = () => Promise.resolve(),
): Promise<Tensor> {
  const [one, two] = embedding.kind === "strided"
    ? embedding.blocks.map((block) => (x: Tensor) => encode(ops, x, block))
    : embedding.blocks.map((block) => (x: Tensor) => transposed(ops, x, block));
  using middle = await one!(correlation);
  await watch(middle);
  return await two!(middle);
}

async function transposed(ops: Ops, x: Tensor, { first, last, norm, stride }: TransposedBlock): Promise<Tensor> {
  if (stride === 1) {
    using sum = await ops.separable4d(x, first, last);
    return await ops.groupNorm(sum, { norm, activation: "relu" });
  }
  // Each branch enlarges the pair it does not convolve, and spreads the other one by zeros.
  const { data, shape } = await spread(x),
    none = (layer: PairLayer): PairLayer => ({
      weights: { data: new Float32Array(layer.weights.shape.reduce((a, b) => a * b, 1)), shape: layer.weights.shape },
      bias: { data: new Float32Array(layer.bias.shape[0]!), shape: layer.bias.shape },
    });
  using a = await ops.separable4d({ data: data.firstSpread, shape }, first, none(last));
  using b = await ops.separable4d({ data: data.lastSpread, shape }, none(first), last);
  using sum = await ops.groupNorm(a, { add: b });
  return await ops.groupNorm(sum, { norm, activation: "relu" });
}

/** The volume at twice its sizes: one pair spread by zeros, the other enlarged (bilinear, corners aligned). */
async function spread(x: Tensor) {
  const [batch, channels, I, J, K, L] = x.shape as [number, number, number, number, number, number];
  const values = await x.read(), maps = batch * channels, shape = [batch, channels, 2 * I, 2 * J, 2 * K, 2 * L];
  const size = maps * 16 * I * J * K * L, firstSpread = new Float32Array(size), lastSpread = new Float32Array(size);
  const options = { kernel: "bilinear", alignCorners: true } as const;
  for (let map = 0; map < maps; map++) {
    const volume = values.subarray(map * I * J * K * L, (map + 1) * I * J * K * L);
    for (let i = 0; i < I; i++) {
      for (let j = 0; j < J; j++) {
        const plane = volume.subarray((i * J + j) * K * L, (i * J + j + 1) * K * L);
        const large = resizeHwc(plane, { rows: K, cols: L, channels: 1 }, { rows: 2 * K, cols: 2 * L }, options);
        firstSpread.set(large, ((map * 2 * I + 2 * i) * 2 * J + 2 * j) * 4 * K * L);
      }
    }
    // The first pair's planes lie K L apart: the last pair is their channels.
    const large = resizeHwc(volume, { rows: I, cols: J, channels: K * L }, { rows: 2 * I, cols: 2 * J }, options);
    for (let place = 0; place < 4 * I * J; place++) {
      for (let k = 0; k < K; k++) {
        for (let l = 0; l < L; l++) {
          lastSpread[((map * 4 * I * J + place) * 2 * K + 2 * k) * 2 * L + 2 * l] = large[(place * K + k) * L + l]!;
        }
      }
    }
  }
  return { data: { firstSpread, lastSpread }, shape };
}
