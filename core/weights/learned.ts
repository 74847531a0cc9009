/**
 * Weights of methods that are learned: from the store, from a file, or random ones for measuring time.
 *
 * @module
 */
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { fill, type FillRule } from "../golden/fill.ts";
import { option } from "../option.ts";
import type { Card } from "../types.ts";
import { openWeights } from "./open.ts";
import { renamed, WeightSet } from "./set.ts";
import { resolveWeights, weightCard, weightPath, weightsFolder } from "./store.ts";
import type { WeightTensor } from "./tensor.ts";

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
  await checkLearnedWeights(card, { weights, variant });
  const file = await resolveWeights(card, { weights, ...(variant && { name: variant }) });
  const set = new WeightSet(file.path, renamed(openWeights(file.path), rename));
  return { set, identity: `weights ${file.sha256}`, path: file.path };
}

/** What `MethodPlugin.check` of a learned method does. @throws InputError in one line where there are no weights. */
export async function checkLearnedWeights(
  card: Card,
  { weights, variant }: { readonly weights: string; readonly variant: string },
): Promise<void> {
  if (weights !== "") return;
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

/**
 * `MethodPlugin.backboneOptions` of a method whose checkpoint holds its network too: the same file for both, where the
 * backbone is the one it was trained with.
 *
 * @param trained name of that backbone
 * @param stored name of the card's first checkpoint, which `weights=""` stands for once it is downloaded
 */
export function trunkOptions(
  { weights, variant }: { readonly weights: string; readonly variant: string },
  backbone: string,
  trained: string,
  stored: string,
): { readonly weights?: string } {
  if (backbone !== trained) return {};
  if (weights !== "") return { weights };
  try {
    const path = join(weightsFolder(), variant || stored);
    Deno.statSync(path);
    return { weights: path };
  } catch {
    // No store, or not downloaded: `check` says so.
    return {};
  }
}

/** Gives every tensor asked for, filled by a rule: the same numbers each time, like an untrained network's. */
export class RandomWeights extends WeightSet {
  /** @param seed other seeds give other numbers. */
  constructor(readonly seed = 0) {
    super("random weights", new Map());
  }

  override has(): boolean {
    return true;
  }

  override take(name: string, shape: readonly number[]): WeightTensor {
    // Large ones are filled when they are read, if ever.
    return { name, shape, dtype: "float32", read: () => fill(this.seed, name, shape, ruleOf(name, shape)) };
  }

  override finish(): void {}
}

/** Variances are positive and scales near one, so that values stay finite through a deep network. */
function ruleOf(name: string, shape: readonly number[]): FillRule {
  if (shape.length > 1) return "fan_in";
  return name.endsWith("running_var") ? "positive" : name.endsWith("weight") ? "near_one" : "small";
}
