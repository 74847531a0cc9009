/**
 * Weights of methods that are learned: from the store, from a file, or random ones for measuring time.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { fill } from "../golden/fill.ts";
import { option } from "../option.ts";
import type { Card } from "../types.ts";
import { openWeights } from "./open.ts";
import { renamed, WeightSet } from "./set.ts";
import { resolveWeights, weightCard, weightPath, weightsFolder } from "./store.ts";
import { tensorOf, type WeightTensor } from "./tensor.ts";

/** The value of `weights=` that stands for numbers without meaning. */
export const RANDOM = "random";

/** The options of a learned method's weights. */
export const weightOptions = {
  weights: option(
    "",
    `its checkpoint as a file; empty: the downloaded one; ${RANDOM}: meaningless numbers, for timing`,
  ),
  variant: option("", "which of the card's checkpoints; empty: the first"),
};

/** What a learned method stands on. */
export interface LearnedWeights {
  readonly set: WeightSet;
  /** For `Method.identity`. */
  readonly identity: string;
  /** For `Method.meaningless`; absent for real weights. */
  readonly meaningless?: string;
  /** Where the checkpoint lies; absent for random weights. */
  readonly path?: string;
}

/**
 * Opens the weights a learned method asks for.
 *
 * @param rename gives the network's name of a tensor of the file; undefined leaves the tensor out.
 * @throws InputError in one line where there are none, saying where they come from; or where the file cannot be used.
 */
export async function learnedWeights(
  card: Card,
  { weights, variant }: { readonly weights: string; readonly variant: string },
  rename: (name: string) => string | undefined = (name) => name,
): Promise<LearnedWeights> {
  if (weights === RANDOM) {
    return { set: new RandomWeights(), identity: "random weights", meaningless: "random weights" };
  }
  if (weights === "") await needStored(card, variant);
  const file = await resolveWeights(card, { weights, ...(variant && { name: variant }) });
  const set = new WeightSet(file.path, renamed(openWeights(file.path), rename));
  return { set, identity: `weights ${file.sha256}`, path: file.path };
}

async function needStored(card: Card, variant: string): Promise<void> {
  const entry = weightCard(card, variant || card.weights[0]?.name);
  const path = weightPath(entry, weightsFolder());
  try {
    await Deno.stat(path);
  } catch {
    // Only an address that ends in the file's name can be downloaded as it is; others are pages to visit.
    const get = entry.url.endsWith(`/${entry.name}`) ? `"deno task weights name=${card.name}" fetches it, or ` : "";
    throw new InputError(
      `Cannot use ${card.name} without its weights ${entry.name} (${entry.licence}), published at ${entry.url}: ` +
        `${get}give the file by weights=PATH; weights=${RANDOM} gives meaningless matches, for timing`,
    );
  }
}

/** Gives every tensor asked for, filled by a rule: the same numbers each time, like an untrained network's. */
export class RandomWeights extends WeightSet {
  /** @param seed other seeds give other numbers. */
  constructor(readonly seed = 0) {
    super("random weights", new Map());
  }

  override take(name: string, shape: readonly number[]): WeightTensor {
    return tensorOf(name, shape, fill(this.seed, name, shape, shape.length > 1 ? "fan_in" : "small"));
  }

  override finish(): void {}
}
