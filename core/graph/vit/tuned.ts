/**
 * Fine-tuned parameters in place of a network's own.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import type { WeightTensor } from "../../weights/tensor.ts";
import type { VitConfig } from "./config.ts";
import type { Affine, BlockParameters, VitParameters } from "./parameters.ts";

/** Parameters of one block in an ordered list: 8 affine pairs and 2 scales. */
const PER_BLOCK = 18;

/** The entries of a checkpoint that is a list without names; undefined where it has names. */
export function orderedList(tensors: ReadonlyMap<string, WeightTensor>): WeightTensor[] | undefined {
  const entries = [...tensors].map(([name, tensor]) => ({ place: /^(?:[a-z]+\.)?(\d+)$/.exec(name)?.[1], tensor }));
  if (entries.some(({ place }) => place === undefined)) return undefined;
  return entries.sort((a, b) => Number(a.place) - Number(b.place)).map(({ tensor }) => tensor);
}

/**
 * The survey's form of a fine-tuned checkpoint (PAPER A4): the parameters of the last blocks one after another, in the
 * order in which transformers' module lists them: norm1, query, key, value, attention's output, first layer scale,
 * norm2, fc1, fc2, second layer scale; weight before bias.
 *
 * @throws InputError where the list does not fill whole blocks or a tensor has another shape.
 */
export function withTunedBlocks(
  parameters: VitParameters,
  list: readonly WeightTensor[],
  { dim, hidden, depth, layerScale, mlp }: VitConfig,
  origin: string,
): VitParameters {
  const count = list.length / PER_BLOCK;
  if (!layerScale || mlp === "swiglu") {
    throw new InputError(
      `Cannot use fine-tuned "${origin}": only networks with layer scale and plain MLPs are fine-tuned so`,
    );
  }
  if (!Number.isInteger(count) || count < 1 || count > depth) {
    throw new InputError(
      `Cannot use fine-tuned "${origin}": it lists ${list.length} tensors; a block has ${PER_BLOCK}, the network ${depth} blocks`,
    );
  }
  let at = 0;
  const take = (shape: readonly number[]): WeightTensor => {
    const tensor = list[at++]!;
    if (tensor.shape.length !== shape.length || tensor.shape.some((side, i) => side !== shape[i])) {
      throw new InputError(
        `Cannot use fine-tuned "${origin}": tensor ${at} of ${list.length} is [${tensor.shape}], not [${shape}]`,
      );
    }
    // Entries of lists are called 0, 1, 2, ...: a graph needs names of their own.
    return { ...tensor, name: `tuned.${at - 1}` };
  };
  const affine = (...shape: number[]): Affine => ({ weight: take(shape), bias: take([shape[0]!]) });
  const block = (): BlockParameters => ({
    norm1: affine(dim),
    q: affine(dim, dim),
    k: affine(dim, dim),
    v: affine(dim, dim),
    out: affine(dim, dim),
    scale1: take([dim]),
    norm2: affine(dim),
    mlp: { kind: "gelu", fc1: affine(hidden, dim), fc2: affine(dim, hidden) },
    scale2: take([dim]),
  });
  const tuned = Array.from({ length: count }, block);
  return { ...parameters, blocks: [...parameters.blocks.slice(0, depth - count), ...tuned] };
}

/**
 * Tensors of a checkpoint with some replaced by those of the same name.
 *
 * @throws InputError where a fine-tuned tensor has no counterpart of its name and shape.
 */
export function withTunedNames(
  tensors: ReadonlyMap<string, WeightTensor>,
  tuned: ReadonlyMap<string, WeightTensor>,
  origin: string,
): Map<string, WeightTensor> {
  const merged = new Map(tensors);
  for (const [name, tensor] of tuned) {
    const own = tensors.get(name);
    if (
      own === undefined || own.shape.length !== tensor.shape.length || own.shape.some((s, i) => s !== tensor.shape[i])
    ) {
      const why = own === undefined
        ? "the network's weights have no such name"
        : `it is [${tensor.shape}], not [${own.shape}]`;
      throw new InputError(`Cannot use fine-tuned "${origin}": tensor "${name}": ${why}`);
    }
    merged.set(name, tensor);
  }
  return merged;
}
