/**
 * Backbones that are convolutional networks: options, weights, taps.
 *
 * @module
 */
import { InputError, suggest } from "../../errors.ts";
import { option } from "../../option.ts";
import type { BackbonePlugin, Card, OptionValue } from "../../types.ts";
import { RANDOM, RandomWeights } from "../../weights/learned.ts";
import { openWeights } from "../../weights/open.ts";
import { WeightSet } from "../../weights/set.ts";
import { resolveWeights } from "../../weights/store.ts";
import type { WeightTensor } from "../../weights/tensor.ts";
import { networkBackbone } from "../backbone.ts";
import { Graph, type Value } from "../graph.ts";
import { pictureOptions } from "../picture_options.ts";
import { batchOption, sessionOptions } from "../session_options.ts";
import { TRAINING_ONLY } from "./parts.ts";

/** A convolutional network with named maps. */
export interface CnnFamily {
  /** What can be read, for `--explain` and messages. */
  readonly layersDoc: string;
  /** Read when the user names nothing. */
  readonly layer: string;
  /** Tensors a file may hold beside the network's: classifiers. */
  readonly ignore: readonly string[];
  /** Finds the network inside a larger checkpoint, and gives its tensors the names it asks for. */
  readonly rename?: (tensors: ReadonlyMap<string, WeightTensor>) => ReadonlyMap<string, WeightTensor>;
  /** Every map by name, [n, channels, rows, cols]; takes every parameter. */
  readonly build: (g: Graph, image: Value, weights: WeightSet) => Record<string, Value>;
}

function cnnOptions({ layersDoc, layer }: CnnFamily) {
  return {
    weights: option("", "a weight file to use instead of the downloaded one; random: meaningless numbers, for timing"),
    variant: option("", "which of the card's weight files; empty: the first"),
    layers: option(layer as OptionValue, layersDoc, { accepts: ["string", "number", "list"] }),
    ...pictureOptions({ size: 240, normalise: "imagenet" }),
    ...batchOption,
    ...sessionOptions,
  };
}

/** The plugin of a network; a backbone's folder is this call and its card. */
export function cnnBackbone(family: CnnFamily): BackbonePlugin<ReturnType<typeof cnnOptions>> {
  return {
    defaults: cnnOptions(family),
    async build({ card }, options) {
      const name = options.variant || card.weights[0]?.name;
      const open = await opened(card, family, options.weights, name);
      const layers = [options.layers].flat().map(String);
      const build = (size: { width: number; height: number }, count: number) => {
        const weights = open.set();
        const g = new Graph(card.name);
        const maps = family.build(g, g.input("image", [count, 3, size.height, size.width]), weights);
        weights.finish(card.name, [...TRAINING_ONLY, ...family.ignore]);
        const outputs = Object.fromEntries(layers.map((layer) => [`layer ${layer}`, tap(maps, layer, card.name)]));
        const taps = layers.map((layer) => ({ output: `layer ${layer}`, name: layer, layout: "planes" as const }));
        return { model: g.model(outputs), taps };
      };
      // Names and keys are checked before any picture is read.
      build({ width: 64, height: 64 }, 1);
      const backbone = networkBackbone({
        card,
        identity: { sha256: open.sha256, layers },
        multiple: 1,
        picture: options,
        session: options,
        batch: options.batch,
        build,
      });
      return open.sha256 === RANDOM ? { ...backbone, meaningless: "random weights" } : backbone;
    },
  };
}

/** A fresh set of the network's tensors for each graph, and the hash of the file behind them. */
async function opened(card: Card, family: CnnFamily, path: string, name: string | undefined) {
  if (path === RANDOM) return { sha256: RANDOM, set: () => new RandomWeights() };
  const file = await resolveWeights(card, { weights: path, ...(name && { name }) });
  const stored = openWeights(file.path);
  const tensors = family.rename?.(stored) ?? stored;
  return { sha256: file.sha256, set: () => new WeightSet(file.path, tensors) };
}

function tap(maps: Record<string, Value>, layer: string, network: string): Value {
  const value = Object.hasOwn(maps, layer) ? maps[layer] : undefined;
  if (value === undefined) {
    throw new InputError(`Cannot read layer "${layer}" of ${network}${suggest(layer, Object.keys(maps))}`);
  }
  return value;
}
