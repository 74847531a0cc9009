/**
 * Writes checkpoints of a tiny DINOv2, for tests.
 *
 * @module
 */
import { storedZip } from "../../../core/weights/_fixtures.ts";
import type { VitFamily } from "../../../core/graph/vit/backbone.ts";

/** A tensor to be written. */
export interface Written {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** DINOv2 in everything but size. */
export const tiny: VitFamily = {
  config: {
    dim: 24,
    depth: 4,
    heads: 2,
    hidden: 96,
    patch: 14,
    eps: 1e-6,
    grid: 5,
    positions: "scale-offset",
    layerScale: true,
  },
  size: 84,
  normalise: "imagenet",
  norm: true,
  ignore: ["mask_token"],
};

/** Values around 0 of the given size that look like nothing, different for every seed. */
function filled(shape: readonly number[], scale: number, seed: number, mean = 0): Written {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = seed * 2654435761 >>> 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = mean + scale * (state / 2 ** 31 - 1);
  }
  return { shape, data };
}

/** Parameters of one block in transformers' order: 18 tensors. */
export function blockList(seed: number): Written[] {
  const { dim, hidden } = tiny.config;
  let at = seed * 100;
  const norm = () => [filled([dim], 0.2, ++at, 1), filled([dim], 0.1, ++at)];
  const linear = (
    out: number,
    from: number,
  ) => [filled([out, from], Math.sqrt(3 / from), ++at), filled([out], 0.1, ++at)];
  return [
    ...norm(),
    ...linear(dim, dim),
    ...linear(dim, dim),
    ...linear(dim, dim),
    ...linear(dim, dim),
    filled([dim], 0.3, ++at, 1),
    ...norm(),
    ...linear(hidden, dim),
    ...linear(dim, hidden),
    filled([dim], 0.3, ++at, 1),
  ];
}

/** The same block under the names of facebookresearch/dinov2, with one projection for query, key and value. */
export function named(block: readonly Written[], index: number): Record<string, Written> {
  const { dim } = tiny.config;
  const join = (parts: Written[], shape: number[]): Written => ({
    shape,
    data: Float32Array.from(parts.flatMap(({ data }) => [...data])),
  });
  const [n1w, n1b, qw, qb, kw, kb, vw, vb, ow, ob, s1, n2w, n2b, w1, b1, w2, b2, s2] = block as Written[] & {
    length: 18;
  };
  const entries = {
    "norm1.weight": n1w,
    "norm1.bias": n1b,
    "attn.qkv.weight": join([qw!, kw!, vw!], [3 * dim, dim]),
    "attn.qkv.bias": join([qb!, kb!, vb!], [3 * dim]),
    "attn.proj.weight": ow,
    "attn.proj.bias": ob,
    "ls1.gamma": s1,
    "norm2.weight": n2w,
    "norm2.bias": n2b,
    "mlp.fc1.weight": w1,
    "mlp.fc1.bias": b1,
    "mlp.fc2.weight": w2,
    "mlp.fc2.bias": b2,
    "ls2.gamma": s2,
  };
  return Object.fromEntries(Object.entries(entries).map(([name, tensor]) => [`blocks.${index}.${name}`, tensor!]));
}

/** A whole checkpoint with the given blocks. */
export function network(blocks: readonly (readonly Written[])[]): Record<string, Written> {
  const { dim, patch, grid = 0 } = tiny.config;
  return {
    "cls_token": filled([1, 1, dim], 0.5, 1),
    "mask_token": filled([1, dim], 0.5, 2),
    "pos_embed": filled([1, grid * grid + 1, dim], 0.5, 3),
    "patch_embed.proj.weight": filled([dim, 3, patch, patch], 0.08, 4),
    "patch_embed.proj.bias": filled([dim], 0.1, 5),
    "norm.weight": filled([dim], 0.2, 6, 1),
    "norm.bias": filled([dim], 0.1, 7),
    ...Object.assign({}, ...blocks.map(named)),
  };
}

/** A safetensors file. */
export function safetensors(tensors: Record<string, Written>): Uint8Array {
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at += data.byteLength] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  let start = 8 + text.length;
  for (const { data } of Object.values(tensors)) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
    start += data.byteLength;
  }
  return out;
}

/** `torch.save({key: [tensors]})` in the ZIP form, as the survey's training writes `best_weights.pt`. */
export function torchList(key: string, list: readonly Written[]): Uint8Array {
  const bytes: number[] = [];
  const put = (...parts: (number | string)[]) => {
    for (const part of parts) {
      if (typeof part === "number") bytes.push(part);
      else bytes.push(...new TextEncoder().encode(part));
    }
  };
  const int = (value: number) => put("J", value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
  const text = (value: string) => put("X", value.length, 0, 0, 0, value);
  const tuple = (values: readonly number[]) => {
    put("(");
    values.forEach(int);
    put("t");
  };
  put(0x80, 2, "}(");
  text(key);
  put("](");
  list.forEach(({ shape, data }, i) => {
    put("ctorch._utils\n_rebuild_tensor_v2\n((");
    text("storage");
    put("ctorch\nFloatStorage\n");
    text(String(i));
    text("cpu");
    int(data.length);
    put("tQ");
    int(0);
    tuple(shape);
    tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    put(0x89, "ccollections\nOrderedDict\n)RtR");
  });
  put("eu.");
  const entries: Record<string, Uint8Array> = { "best_weights/data.pkl": Uint8Array.from(bytes) };
  list.forEach(({ data }, i) => {
    entries[`best_weights/data/${i}`] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  return storedZip(entries);
}
