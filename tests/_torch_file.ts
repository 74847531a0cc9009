/**
 * Checkpoints in the form `torch.save(state_dict)` writes, of true names and shapes and yet small.
 *
 * @module
 */
import { storedZip } from "../core/weights/_fixtures.ts";
import { elementCount } from "../core/weights/tensor.ts";

/** What a tensor holds: `free` values around 0, `positive` ones around 1 (scales, variances), or a `count` of batches. */
export type Kind = "free" | "positive" | "count";

/** Shapes by name. */
export type Listing = Map<string, { readonly shape: readonly number[]; readonly kind: Kind }>;

/** Places in a storage that views begin at, so that tensors differ. */
const SHIFTS = 1009;

const STORAGES: Record<Kind, { key: string; type: string }> = {
  free: { key: "0", type: "FloatStorage" },
  positive: { key: "1", type: "FloatStorage" },
  count: { key: "2", type: "LongStorage" },
};

/**
 * A `.pth` file. All tensors of a kind are views of one storage, which PyTorch writes once: the file is as large as
 * its largest tensor.
 */
export function torchFile(listing: Listing): Uint8Array<ArrayBuffer> {
  const lengths = { free: 0, positive: 0, count: 1 };
  for (const { shape, kind } of listing.values()) {
    if (kind !== "count") lengths[kind] = Math.max(lengths[kind], elementCount(shape) + SHIFTS);
  }
  const out = new Pickler();
  out.op(0x80, 2).op(0x7d, 0x28); // PROTO 2, EMPTY_DICT, MARK
  let i = 0;
  for (const [name, { shape, kind }] of listing) {
    const { key, type } = STORAGES[kind];
    out.text(name).global("torch._utils", "_rebuild_tensor_v2").op(0x28, 0x28);
    out.text("storage").global("torch", type).text(key).text("cpu").int(lengths[kind]).op(0x74, 0x51); // TUPLE, BINPERSID
    out.int(kind === "count" ? 0 : (i++ * 101) % SHIFTS).ints(shape).ints(stridesOf(shape));
    // requires_grad, no hooks: NEWFALSE, an empty OrderedDict, TUPLE, REDUCE.
    out.op(0x89).global("collections", "OrderedDict").op(0x29, 0x52).op(0x74, 0x52);
  }
  out.op(0x75, 0x2e); // SETITEMS, STOP
  const wave = (length: number, middle: number, height: number) =>
    Float32Array.from({ length }, (_, n) => middle + height * Math.sin(n * 1.7 + n * n * 0.001));
  return storedZip({
    "archive/data.pkl": out.bytes(),
    "archive/data/0": new Uint8Array(wave(lengths.free, 0, 0.05).buffer),
    "archive/data/1": new Uint8Array(wave(lengths.positive, 1, 0.1).buffer),
    "archive/data/2": new Uint8Array(8),
    "archive/version": new TextEncoder().encode("3\n"),
  });
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/** The few instructions of a pickle that PyTorch uses. */
class Pickler {
  readonly #bytes: number[] = [];

  op(...codes: number[]): this {
    this.#bytes.push(...codes);
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.op(0x58, ...int32(bytes.length), ...bytes); // BINUNICODE
  }

  int(value: number): this {
    return this.op(0x4a, ...int32(value)); // BININT
  }

  ints(values: readonly number[]): this {
    this.op(0x28); // MARK
    for (const value of values) this.int(value);
    return this.op(0x74); // TUPLE
  }

  global(module: string, name: string): this {
    return this.op(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** What facebookresearch's `dinov2_vits14_pretrain.pth` holds. */
export function dinov2SmallListing(): Listing {
  const dim = 384, hidden = 1536;
  const list: Listing = new Map();
  const add = (name: string, shape: number[], kind: Kind = "free") => list.set(name, { shape, kind });
  const affine = (name: string, out: number, inner: number) => {
    add(`${name}.weight`, [out, inner]);
    add(`${name}.bias`, [out]);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, [dim], "positive");
    add(`${name}.bias`, [dim]);
  };
  add("cls_token", [1, 1, dim]);
  add("pos_embed", [1, 1 + 37 * 37, dim]);
  add("mask_token", [1, dim]);
  add("patch_embed.proj.weight", [dim, 3, 14, 14]);
  add("patch_embed.proj.bias", [dim]);
  for (let i = 0; i < 12; i++) {
    norm(`blocks.${i}.norm1`);
    affine(`blocks.${i}.attn.qkv`, 3 * dim, dim);
    affine(`blocks.${i}.attn.proj`, dim, dim);
    add(`blocks.${i}.ls1.gamma`, [dim], "positive");
    norm(`blocks.${i}.norm2`);
    affine(`blocks.${i}.mlp.fc1`, hidden, dim);
    affine(`blocks.${i}.mlp.fc2`, dim, hidden);
    add(`blocks.${i}.ls2.gamma`, [dim], "positive");
  }
  norm("norm");
  return list;
}

/** What torchvision's `resnet50-*.pth` hold. */
export function resnet50Listing(): Listing {
  const list: Listing = new Map();
  const add = (name: string, shape: number[], kind: Kind = "free") => list.set(name, { shape, kind });
  const layer = (conv: string, bn: string, out: number, inner: number, kernel: number) => {
    add(`${conv}.weight`, [out, inner, kernel, kernel]);
    add(`${bn}.weight`, [out], "positive");
    add(`${bn}.bias`, [out]);
    add(`${bn}.running_mean`, [out]);
    add(`${bn}.running_var`, [out], "positive");
    add(`${bn}.num_batches_tracked`, [], "count");
  };
  layer("conv1", "bn1", 64, 3, 7);
  let inner = 64;
  [3, 4, 6, 3].forEach((blocks, stage) => {
    const width = 64 * 2 ** stage;
    for (let i = 0; i < blocks; i++) {
      const at = `layer${stage + 1}.${i}`;
      layer(`${at}.conv1`, `${at}.bn1`, width, inner, 1);
      layer(`${at}.conv2`, `${at}.bn2`, width, width, 3);
      layer(`${at}.conv3`, `${at}.bn3`, 4 * width, width, 1);
      if (i === 0) layer(`${at}.downsample.0`, `${at}.downsample.1`, 4 * width, inner, 1);
      inner = 4 * width;
    }
  });
  add("fc.weight", [1000, 2048]);
  add("fc.bias", [1000]);
  return list;
}
