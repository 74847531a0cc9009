/**
 * CATs: correlations of several layers, refined by a transformer that sees each picture's features beside its row of
 * similarities, once from either side (Cho et al., NeurIPS 2021).
 *
 * Written from the paper and from a description of the official code's arithmetic; the code itself (GPL-3.0) was not used.
 * The whole network behind the backbone is one ONNX Runtime graph, the read-out runs natively (`ops=`): it is matrix
 * products, soft-maxes and layer norms, for which this project has no native operations. Everything behind the backbone at
 * 256 pixels, eight layers, depth 1: 248 ms at best; the same formulation in PyTorch 1.13 496 ms
 * (two Zen 5 cores with AVX-512, 28 November 2026; see `methods/cost-volume/README.md`).
 *
 * @module
 */
import { expectedPositions, TEMPERATURE } from "../../../core/hyper/field.ts";
import { fieldMethod, fieldOptions } from "../../../core/hyper/method.ts";
import { inputsOf, OpenNetworks, sizeOf } from "../../../core/hyper/network.ts";
import { hyperOptions, TRUNK_TENSORS } from "../../../core/hyper/taps.ts";
import { InputError } from "../../../core/errors.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, MethodPlugin, OptionValue } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, weightOptions } from "../../../core/weights/learned.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { catsModel, takeCats } from "./network.ts";

/** Layers by the data a checkpoint was trained on; every checkpoint's args.pkl says which it wants. */
const HYPERPIXELS: { readonly [name: string]: readonly number[] } = {
  spair: [0, 8, 20, 21, 26, 28, 29, 30],
  "pf-pascal": [2, 17, 21, 22, 25, 26, 28],
};

const defaults = {
  ...weightOptions,
  hyperpixels: option(
    "spair" as OptionValue,
    "which layers of resnet101 are correlated: spair, pf-pascal, or a list of HPF's numbers",
    { accepts: ["string", "list"] },
  ),
  depth: option(1, "transformer blocks; a checkpoint's own number wins", { integer: true, min: 1 }),
  heads: option(6, "attention heads; no checkpoint tells them, its args.pkl does", { integer: true, min: 1 }),
  side: option(16, "cells per side of the correlation; a checkpoint's own number wins", { integer: true, min: 2 }),
  temperature: option(TEMPERATURE, "soft-max temperature of the read-out", { min: 1e-6 }),
  ...fieldOptions,
};

/** Channels of a level's features beside its similarities. */
const PROJECTION = 128;

export default {
  defaults,
  backboneOptions: (options, backbone) =>
    hyperOptions(options, backbone, hyperpixelsOf(options.hyperpixels), "model_best.pth"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    const learned = await learnedWeights(card, options);
    const stored = shapeOf(learned.set, options);
    if (stored.channels !== undefined) {
      takeCats(learned.set, stored.channels, stored);
      learned.set.finish(card.name, TRUNK_TENSORS);
    }
    const ops = await open(), networks = new OpenNetworks();
    const cells = { rows: stored.side, cols: stored.side };
    return fieldMethod({
      backbone,
      learned,
      readout: options.readout,
      async relate({ source: asked, target: other }) {
        const channels = asked.map((map) => map.channels);
        checkMaps(asked, other, stored.channels);
        // The official target is the picture that is asked from.
        const sizes = { source: other.map(sizeOf), target: asked.map(sizeOf) };
        const make = () => catsModel(sizes, takeCats(learned.set, channels, stored));
        const inputs = { ...inputsOf("source", other), ...inputsOf("target", asked) };
        const { similarity } = await networks.run(JSON.stringify(sizes), make, inputs);
        return await expectedPositions(ops, { ...cells, other: cells, data: similarity!.data }, options.temperature);
      },
      close: () => networks.close(),
    });
  },
} satisfies MethodPlugin<typeof defaults>;

/** The layers an option names. @throws InputError for a name that is none */
export function hyperpixelsOf(value: OptionValue): readonly number[] {
  const named = typeof value === "string" ? HYPERPIXELS[value] : Array.isArray(value) ? value.map(Number) : undefined;
  const valid = named?.every((id) => Number.isInteger(id) && id >= 0 && id <= 33) ?? false;
  if (named !== undefined && named.length > 0 && valid) return named;
  throw new InputError(
    `Cannot use hyperpixels=${JSON.stringify(value)}: ${
      Object.keys(HYPERPIXELS).join(", ")
    }, or a list of numbers from 0 to 33`,
  );
}

/** Sizes that a checkpoint tells by its tensors; the options' where it is random. */
function shapeOf(set: WeightSet, { side, depth, heads }: { side: number; depth: number; heads: number }) {
  const x = set.tensors.get("decoder.pos_embed_x")?.shape;
  if (x === undefined) return { side, depth, heads, projection: PROJECTION };
  const channels: number[] = [];
  for (let tensor; (tensor = set.tensors.get(`proj.${channels.length}.weight`)) !== undefined;) {
    channels.push(tensor.shape[1] ?? 0);
  }
  let blocks = 0;
  while (set.tensors.has(`decoder.blocks.${blocks}.norm1.weight`)) blocks++;
  const projection = set.tensors.get("proj.0.weight")?.shape[0] ?? PROJECTION;
  return { side: x[3] ?? side, depth: blocks, heads, projection, channels };
}

/** @throws InputError where the maps do not go with each other or with the checkpoint */
function checkMaps(
  source: readonly FeatureMap[],
  target: readonly FeatureMap[],
  wanted: readonly number[] | undefined,
): void {
  const channels = source.map((map) => map.channels).join(), expected = wanted?.join() ?? channels;
  if (channels === expected && channels === target.map((map) => map.channels).join()) return;
  throw new InputError(
    `Cannot use maps of ${channels} channels with a checkpoint for ${expected}: set hyperpixels= to those it was ` +
      "trained with, and backbone=resnet101",
  );
}
