/**
 * IFCAT: features and costs are aggregated together, by attention maps that see both (Hong, Cho, Kim and Lin, 2022; its
 * later form, UFC, at ICLR 2024).
 *
 * From the abstracts of both forms and the public reviews of the later one alone: the papers' bodies were not at hand, and
 * no code is public. These fix that a self-attention layer uses the descriptor to disambiguate the cost volume and the cost
 * volume to aggregate features, from their concatenation (the reviewed Eq. 3); that a cross-attention layer between the
 * pictures follows, aided by what the layers before aggregated, in which the cost is the product of queries and keys (the
 * reviewed Eq. 5); that the two are interleaved; and that levels go from coarse to fine, coarse ones guiding fine ones.
 * Ours are: layer4, layer3 and layer2 of ResNet-101 at 256 pixels (CATs' size, by the same first authors) on 8, 16 and 32
 * cells a side; 128 channels, four heads, two pairs of layers a level; values of features and of costs from projections of
 * their own; the mean of both pictures' updates of the cost, so that swapping the pictures transposes it; residuals, layer
 * norms and a network behind the features; the read-out's temperature (CATs' 0.02) for the matching distribution too; no
 * embedding of positions. The later form's choice among the scales by confidence is not built: its score is not known here.
 * No checkpoint exists, and nothing was ever compared with an official implementation.
 *
 * The whole network behind the backbone is one ONNX Runtime graph, as it is in CATs: matrix products, soft-maxes and norms,
 * for which this project has no native operations; the read-out runs natively (`ops=`). Measured on two AVX-512 cores of a
 * quiet machine, from maps to the matches of ten points at 256 pixels: 339 ms a pair at best, 418 ms in the middle, 557 MiB
 * at most; in turns with the same network in PyTorch 1.13 on the same cores 401 ms (591 ms) against 2524 ms (2644 ms).
 *
 * @module
 */
import { ConfigError, InputError } from "../../../core/errors.ts";
import { expectedPositions, TEMPERATURE } from "../../../core/hyper/field.ts";
import { fieldMethod, fieldOptions } from "../../../core/hyper/method.ts";
import { inputsOf, OpenNetworks, sizeOf } from "../../../core/hyper/network.ts";
import { TRUNK } from "../../../core/hyper/taps.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, MethodPlugin, OptionValue, Pair } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, trunkOptions, weightOptions } from "../../../core/weights/learned.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { ifcatModel, type IfcatShape, takeIfcat } from "./network.ts";

const defaults = {
  ...weightOptions,
  sides: option(
    [8, 16, 32] as readonly OptionValue[],
    "cells per side of each level, coarse first, one for each map of the backbone; a checkpoint's own numbers win",
  ),
  width: option(128, "channels of the features inside; a checkpoint's own number wins", { integer: true, min: 1 }),
  depth: option(2, "pairs of layers per level; a checkpoint's own number wins", { integer: true, min: 1 }),
  heads: option(4, "of the self-attention; no checkpoint tells them", { integer: true, min: 1 }),
  temperature: option(TEMPERATURE, "of the soft-max over the cost, inside and at the end", { min: 1e-6 }),
  ...fieldOptions,
};

export default {
  defaults,
  backboneOptions: (options, backbone) =>
    backbone === TRUNK
      ? { layers: ["layer4", "layer3", "layer2"], ...trunkOptions(options, backbone, TRUNK, "ifcat.safetensors") }
      : {},
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    const learned = await learnedWeights(card, options);
    const { channels: stored, ...shape } = shapeOf(learned.set, options);
    checkShape(shape);
    if (stored !== undefined) {
      takeIfcat(learned.set, stored, shape);
      learned.set.finish(card.name, ["backbone.*"]);
    }
    const ops = await open(), networks = new OpenNetworks(), side = shape.sides.at(-1)!;
    const cells = { rows: side, cols: side };
    return fieldMethod({
      backbone,
      learned,
      readout: options.readout,
      async relate(maps) {
        checkMaps(maps, shape.sides, stored);
        const sizes = { source: maps.source.map(sizeOf), target: maps.target.map(sizeOf) };
        const channels = sizes.source.map((size) => size.channels);
        const make = () => ifcatModel(sizes, takeIfcat(learned.set, channels, shape));
        const inputs = { ...inputsOf("source", maps.source), ...inputsOf("target", maps.target) };
        const { cost } = await networks.run(JSON.stringify(sizes), make, inputs);
        return await expectedPositions(ops, { ...cells, other: cells, data: cost!.data }, shape.temperature);
      },
      close: () => networks.close(),
    });
  },
} satisfies MethodPlugin<typeof defaults>;

interface ShapeOptions extends Omit<IfcatShape, "sides"> {
  readonly sides: readonly OptionValue[];
}

/** Sizes that a checkpoint tells by its tensors; the options' where it is random. */
function shapeOf(set: WeightSet, options: ShapeOptions): IfcatShape & { readonly channels?: readonly number[] } {
  const { width, depth, heads, temperature } = options;
  if (set.tensors.size === 0) return { sides: options.sides.map(Number), width, depth, heads, temperature };
  const sides: number[] = [], channels: number[] = [];
  for (let shape; (shape = set.tensors.get(`level.${sides.length}.projection.weight`)?.shape) !== undefined;) {
    const cells = set.tensors.get(`level.${sides.length}.block.0.self.norm_cost.weight`)?.shape[0] ?? 1;
    sides.push(Math.round(Math.sqrt(cells)));
    channels.push(shape[1] ?? 1);
  }
  let blocks = 0;
  while (set.tensors.has(`level.0.block.${blocks}.self.query.weight`)) blocks++;
  return {
    // A file without any level is told what it lacks by the names of the options' network.
    ...(sides.length > 0
      ? { sides, channels }
      : { sides: options.sides.map(Number), channels: options.sides.map(() => 1) }),
    width: set.tensors.get("level.0.projection.weight")?.shape[0] ?? width,
    depth: Math.max(blocks, 1),
    heads,
    temperature,
  };
}

/** @throws InputError where heads cannot share the channels and cells */
function checkShape({ sides, width, heads }: IfcatShape): void {
  const whole = sides.length > 0 && sides.every((side) => Number.isInteger(side) && side >= 2);
  if (whole && width % heads === 0 && sides.every((side) => side * side % heads === 0)) return;
  throw new InputError(
    `Cannot use sides=[${sides}] and width=${width} with heads=${heads}: sides are whole numbers from 2, and heads ` +
      "divides the width and the square of each side",
  );
}

/** @throws ConfigError or InputError where the maps do not go with the levels or with the checkpoint */
function checkMaps(
  { source, target }: Pair<readonly FeatureMap[]>,
  sides: readonly number[],
  stored?: readonly number[],
) {
  if (source.length !== sides.length || target.length !== sides.length) {
    throw new ConfigError(
      `Cannot use ${source.length} maps for ${sides.length} levels: set backbone.layers= to as many layers, coarse ` +
        "first, or sides= to as many numbers",
    );
  }
  const channels = source.map((map) => map.channels).join(), expected = stored?.join() ?? channels;
  if (channels === expected && channels === target.map((map) => map.channels).join()) return;
  throw new InputError(
    `Cannot use maps of ${channels} channels with a checkpoint for ${expected}: give the backbone and layers it was ` +
      "trained with",
  );
}
