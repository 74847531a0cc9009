/**
 * ANC-Net's second stream: how a cell relates to the cells around it in its own picture.
 *
 * @module
 */
import { type Conv4dLayer, type Descriptors, normalised, type Ops } from "../../../core/consensus/volume.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

/** Side of the window. */
const SIDE = 5;
const RADIUS = (SIDE - 1) / 2;

/** `pairwise`: the window's similarities and two convolutions of them; `context`: joined to the feature, then mixed. */
export type SelfSimilarity =
  | { readonly kind: "pairwise"; readonly layers: readonly [Conv4dLayer, Conv4dLayer] }
  | { readonly kind: "context"; readonly mix: Conv4dLayer };

/** Which stream a checkpoint has, as the official option `pss` counts them: 0 none, 1 pairwise, 2 context. */
export function streamOf(set: WeightSet, fallback: number): number {
  if (set.tensors.size === 0) return fallback;
  const shape = set.tensors.get("SS.conv.weight")?.shape;
  return shape === undefined ? 0 : shape[2] === 3 ? 1 : 2;
}

/** Takes the stream's layers; undefined where there is none. @param channels of the backbone's map */
export function takeSelfSimilarity(set: WeightSet, pss: number, channels: number): SelfSimilarity | undefined {
  if (pss === 0) return undefined;
  if (pss === 2) return { kind: "context", mix: takeConv2d(set, "SS.conv", 1, channels + SIDE * SIDE, 256) };
  const layers = [takeConv2d(set, "SS.conv", 3, 25, 64), takeConv2d(set, "SS.conv1", 3, 64, 32)] as const;
  // A third convolution is stored and never run.
  set.take("SS.conv2.weight", [32, 32, 3, 3]);
  set.take("SS.conv2.bias", [32]);
  return { kind: "pairwise", layers };
}

/** A 2-D convolution with ReLU as a 4-D one over a single target cell: it runs where the others do. */
function takeConv2d(set: WeightSet, name: string, side: number, from: number, to: number): Conv4dLayer {
  const weight = set.take(`${name}.weight`, [to, from, side, side]), bias = set.take(`${name}.bias`, [to]);
  let weights: Float32Array | undefined, offsets: Float32Array | undefined;
  return {
    kernel: [side, side, 1, 1],
    inChannels: from,
    outChannels: to,
    relu: true,
    get weights() {
      return weights ??= weight.read();
    },
    get bias() {
      return offsets ??= bias.read();
    },
  };
}

/** The stream's descriptors of a map, from its normalised features; they are compared without being normalised again. */
export async function selfSimilarity(ops: Ops, raw: Descriptors, stream: SelfSimilarity): Promise<Descriptors> {
  const map = await normalised(ops, raw);
  const window = windowSimilarities(map);
  const own: Descriptors = { rows: map.rows, cols: map.cols, channels: SIDE * SIDE, data: window };
  if (stream.kind === "context") return await convolveMap(ops, joinMaps([map, own]), stream.mix);
  const first = await convolveMap(ops, own, stream.layers[0]);
  return joinMaps([own, first, await convolveMap(ops, first, stream.layers[1])]);
}

/**
 * Cosines of each cell with the cells of the window around it, 0 outside the map: channel `5 * column + row` of the
 * window. @returns [rows][cols][25]
 */
export function windowSimilarities({ rows, cols, channels, data }: Descriptors): Float32Array {
  const unit = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += channels) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[start + c]! * data[start + c]!;
    const inverse = 1 / Math.max(Math.sqrt(sum), 1e-12);
    for (let c = 0; c < channels; c++) unit[start + c] = data[start + c]! * inverse;
  }
  const out = new Float32Array(rows * cols * SIDE * SIDE);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const here = (y * cols + x) * channels;
      for (let c = 0; c < SIDE; c++) {
        for (let r = 0; r < SIDE; r++, at++) {
          const y2 = y + r - RADIUS, x2 = x + c - RADIUS;
          if (y2 < 0 || x2 < 0 || y2 >= rows || x2 >= cols) continue;
          const there = (y2 * cols + x2) * channels;
          let sum = 0;
          for (let e = 0; e < channels; e++) sum += unit[here + e]! * unit[there + e]!;
          out[at] = sum;
        }
      }
    }
  }
  return out;
}

async function convolveMap(ops: Ops, map: Descriptors, layer: Conv4dLayer): Promise<Descriptors> {
  const out = await ops.conv4d({ data: map.data, shape: [map.rows, map.cols, 1, 1, map.channels] }, [layer]);
  return { ...map, channels: layer.outChannels, data: await out.take() };
}

function joinMaps(maps: readonly Descriptors[]): Descriptors {
  const { rows, cols } = maps[0]!, channels = maps.reduce((sum, map) => sum + map.channels, 0);
  const data = new Float32Array(rows * cols * channels);
  for (let cell = 0, to = 0; cell < rows * cols; cell++) {
    for (const map of maps) {
      data.set(map.data.subarray(cell * map.channels, (cell + 1) * map.channels), to);
      to += map.channels;
    }
  }
  return { rows, cols, channels, data };
}
