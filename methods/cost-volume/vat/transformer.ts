/**
 * VAT from its encoded volumes to the field of positions, as one network for ONNX Runtime.
 *
 * @module
 */
import type { Affine } from "../../../core/graph/affine.ts";
import { Graph, type Value } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/graph/model.ts";
import { add, concat, conv, linear, matmul, relu, reshape, resize, transpose } from "../../../core/graph/ops/mod.ts";
import { reshapeOf } from "../../../core/weights/tensor.ts";
import { CHANNELS, type DecoderStage, type VatParameters, type VolumeTransformer } from "./parameters.ts";
import { normed, swinBlocks } from "./swin.ts";

/** Rows and columns of the features, from coarse to fine. */
export type FeatureSizes = readonly (readonly [rows: number, cols: number])[];

/** Values inside the network; volumes are tokens [cells, 128]. */
export interface VatValues {
  /** The blocks' output of each stage, without what they are added to. */
  readonly swin: readonly Value[];
  readonly volumes: readonly Value[];
  /** [cells of the picture asked from, 128] */
  readonly mean: Value;
  /** After each decoder stage, [cells, channels]. */
  readonly decoded: readonly Value[];
  /** [1, 2, rows, cols]: x and y in the other picture, -1 and 1 being its first and last cells. */
  readonly grid: Value;
}

/**
 * The network. Inputs `volume{s}` [128, cells] and `features{s}` [rows * cols, channels], from coarse to fine.
 *
 * @param taps which values to give
 */
export function transformerModel(
  parameters: VatParameters,
  sizes: FeatureSizes,
  taps: (g: Graph, values: VatValues) => Record<string, Value>,
): Model {
  const g = new Graph("VAT");
  const { transformers, decoder, project, head } = parameters;
  const swin: Value[] = [], volumes: Value[] = [];
  for (const [s, transformer] of transformers.entries()) {
    const cells = transformer.form.sizes.reduce((product, side) => product * side, 1);
    let tokens = transpose(g, g.input(`volume${s}`, [CHANNELS, cells]), [1, 0]);
    const coarse = volumes.at(-1);
    if (coarse !== undefined) tokens = add(g, tokens, enlarged(g, coarse, transformers[s - 1]!, transformer));
    // The official code adds the embedding in place to what the residual branch still holds: it counts on both.
    const placed = add(g, tokens, embedding(g, transformer));
    swin.push(g.scope(`transformer.${s}`, () => swinBlocks(g, placed, transformer.blocks, transformer.form).at(-1)!));
    volumes.push(add(g, placed, swin[s]!));
  }
  const [rows, cols, K, L] = transformers.at(-1)!.form.sizes as [number, number, number, number];
  const cells = rows * cols;
  const all = reshape(g, volumes.at(-1)!, [cells, K * L, CHANNELS]);
  const mean = reshape(
    g,
    g.node("ReduceMean", [all, g.integers([1])], [cells, 1, CHANNELS], { attributes: { keepdims: 1 } }),
    [cells, CHANNELS],
  );
  const decoded: Value[] = [];
  let x = mean;
  for (const [s, stage] of decoder.entries()) {
    const features = g.input(`features${s}`, [sizes[s]![0] * sizes[s]![1], project[s]!.weight.shape[1]!]);
    x = concat(g, [x, projected(g, features, project[s]!, sizes[s]!, rows, cols)], 1);
    x = g.scope(`swin_decoder.${s}`, () => decoderStage(g, x, stage));
    decoded.push(x);
  }
  const grid = regressed(g, planesOf(g, x, rows, cols), head);
  return g.model(taps(g, { swin, volumes, mean, decoded, grid }));
}

/** [cells, channels] -> [1, channels, rows, cols] */
function planesOf(g: Graph, x: Value, rows: number, cols: number): Value {
  return reshape(g, transpose(g, x, [1, 0]), [1, x.shape[1]!, rows, cols]);
}

/** Half of the channels tell the place in the one picture, half that in the other. @returns [cells, channels] */
export function embedding(g: Graph, { form: { sizes, channels }, query, support }: VolumeTransformer): Value {
  const [I, J, K, L] = sizes as [number, number, number, number];
  const first = I * J, last = K * L, half = channels / 2;
  return g.computed(
    () => {
      const a = query.read(), b = support.read(), out = new Float32Array(first * last * channels);
      for (let i = 0, at = 0; i < first; i++) {
        for (let j = 0; j < last; j++, at += channels) {
          for (let c = 0; c < half; c++) {
            out[at + c] = a[c * first + i]!;
            out[at + half + c] = b[c * last + j]!;
          }
        }
      }
      return out;
    },
    [first * last, channels],
    "embedding",
  );
}

/** A coarser volume on the next one's first pair: bilinear, corners aligned; the last pairs are as large. */
function enlarged(g: Graph, coarse: Value, from: VolumeTransformer, to: VolumeTransformer): Value {
  const [i, j, K, L] = from.form.sizes as [number, number, number, number];
  const [I, J] = to.form.sizes as [number, number];
  const rest = K * L * CHANNELS;
  const down = matmul(g, spread(g, i, I), reshape(g, coarse, [i, j * rest]));
  const across = matmul(g, spread(g, j, J), reshape(g, down, [I, j, rest]));
  return reshape(g, across, [I * J * K * L, CHANNELS]);
}

/** The matrix that enlarges one axis. */
function spread(g: Graph, from: number, to: number): Value {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = to > 1 ? i * (from - 1) / (to - 1) : 0, low = Math.min(Math.floor(at), from - 1);
    matrix[i * from + low]! += 1 - (at - low);
    if (low + 1 < from) matrix[i * from + low + 1]! += at - low;
  }
  return g.constant(matrix, [to, from], "enlarge");
}

/** relu(1 x 1 convolution) of a map, on the decoder's grid. @returns [rows * cols, channels] */
function projected(
  g: Graph,
  x: Value,
  { weight, bias }: Affine,
  [h, w]: readonly [number, number],
  rows: number,
  cols: number,
): Value {
  const [out, inner] = weight.shape as [number, number];
  const y = relu(g, linear(g, x, g.weight(reshapeOf(weight, [out, inner])), g.weight(bias)));
  if (h === rows && w === cols) return y;
  const resized = resize(g, planesOf(g, y, h, w), rows, cols, { mode: "bilinear", alignCorners: true });
  return transpose(g, reshape(g, resized, [out, rows * cols]), [1, 0]);
}

/** x + norm(blocks(x)), then fewer channels for the next stage. */
function decoderStage(g: Graph, x: Value, { form, blocks, norm, reduce }: DecoderStage): Value {
  const y = add(g, x, normed(g, swinBlocks(g, x, blocks, form).at(-1)!, norm));
  if (reduce === undefined) return y;
  const [out, inner] = reduce.weight.shape as [number, number];
  return linear(g, y, g.weight(reshapeOf(reduce.weight, [out, inner])), g.weight(reduce.bias));
}

function regressed(g: Graph, x: Value, [first, last]: VatParameters["head"]): Value {
  const y = relu(g, conv(g, x, g.weight(first.weight), g.weight(first.bias), { padding: 1 }));
  return conv(g, y, g.weight(last.weight), g.weight(last.bias), { padding: 1 });
}
