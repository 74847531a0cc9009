/**
 * CATs++: correlations of all bottlenecks of three stages, shortened by 4-D convolutions, then refined from coarse to fine
 * by transformers whose values are 4-D convolutions (Cho, Hong and Kim, TPAMI 2022).
 *
 * Written from the paper and from a description of the official code's arithmetic. Correlations and 4-D convolutions run
 * natively (`ops=`), the attention between them and the projection of features as ONNX Runtime graphs. By measurement
 * (two Zen 5 cores with AVX-512, 28 November 2026): a convolution of 4 to 16 channels at 32^4 takes 64 ms natively and 422 ms as
 * 2-D convolutions of a graph, one of 16 to 4 173 and 634. The six attentions take 402 ms as
 * graphs; as native products with their soft-max in TypeScript, and with the correlations copied between, the whole took
 * more than twice as long. Everything behind the backbone at 512 pixels takes 2.3 s, one round on
 * a quiet machine, where it took 4.8 s at best before; the official formulation (2-D convolutions over permuted volumes) in
 * PyTorch 1.13 took 12.7 s at best in an earlier run on the same machine (`methods/cost-volume/README.md`).
 *
 * @module
 */
import { ConfigError } from "../../../core/errors.ts";
import { recent } from "../../../core/fuse/recent.ts";
import { correlationStack } from "../../../core/hyper/correlation.ts";
import { expectedPositions, TEMPERATURE } from "../../../core/hyper/field.ts";
import { fieldMethod, fieldOptions } from "../../../core/hyper/method.ts";
import { OpenNetworks } from "../../../core/hyper/network.ts";
import {
  HYPERCORRELATION,
  hyperOptions,
  type Stage,
  STAGE_COUNTS,
  stagesOf,
  TRUNK_TENSORS,
} from "../../../core/hyper/taps.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, MethodPlugin } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, weightOptions } from "../../../core/weights/learned.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { affinityModel, type Level, LEVELS, refine, takeLevels } from "./network.ts";

const defaults = {
  ...weightOptions,
  temperature: option(TEMPERATURE, "soft-max temperature of the read-out", { min: 1e-6 }),
  ...fieldOptions,
};

/** Cells per side of the three volumes at 512 pixels. */
const SIDES = [8, 16, 32] as const;

export default {
  defaults,
  backboneOptions: (options, backbone) => hyperOptions(options, backbone, HYPERCORRELATION, "model_best.pth"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    // The matcher is one member of the official model.
    const learned = await learnedWeights(card, options, (name) => name.replace(/^hpn_learner\./, ""));
    const stored = storedSides(learned.set);
    let levels: Level[] | undefined;
    if (stored !== undefined) {
      levels = takeLevels(learned.set, stored);
      learned.set.finish(card.name, [...TRUNK_TENSORS, "backbone.*"]);
    }
    // The projection of features, and two attentions per level.
    const ops = await open(), networks = new OpenNetworks(1 + 2 * LEVELS.length);
    const affinityOf = recent(async (maps) => {
      const last = coarseFirst(maps).map(({ maps }) => maps.at(-1)!);
      const sizes = last.map(({ grid: { rows, cols } }) => [rows, cols] as const);
      const inputs = Object.fromEntries(last.map(({ grid: { rows, cols }, channels, data }, i) => [
        `level${i}`,
        { shape: [1, rows, cols, channels], data: new Float32Array(data) },
      ]));
      const got = await networks.run(sizes.join(), () => affinityModel(sizes, levels!), inputs);
      return last.map((_, i) => got[`affinity${i}`]!.data);
    });
    return fieldMethod({
      backbone,
      learned,
      readout: options.readout,
      async relate({ source: asked, target: other }) {
        // The official target is the picture that is asked from.
        const target = coarseFirst(asked), source = coarseFirst(other);
        checkGrids(target, source, stored ?? target.map(({ rows }) => Math.ceil(rows / 2)));
        levels ??= takeLevels(learned.set, target.map(({ rows }) => Math.ceil(rows / 2)));
        const stack = (i: number) => correlationStack(ops, { first: target[i]!.maps, last: source[i]!.maps });
        const affinity = { source: await affinityOf(other), target: await affinityOf(asked) };
        const { size: [rows, cols, otherRows, otherCols], data } = await refine(ops, networks, stack, levels, affinity);
        const volume = { rows, cols, other: { rows: otherRows, cols: otherCols }, data };
        return await expectedPositions(ops, volume, options.temperature);
      },
      close: () => networks.close(),
    });
  },
} satisfies MethodPlugin<typeof defaults>;

/** Sides of the volumes a checkpoint was trained with; undefined for random weights. */
function storedSides(set: WeightSet): number[] | undefined {
  if (set.tensors.size === 0) return undefined;
  return SIDES.map((side, i) => {
    const cells = set.tensors.get(`transformers.${i}.layer.0.pos_embed`)?.shape[1];
    return cells === undefined ? side : Math.round(Math.sqrt(cells));
  });
}

/** conv5, conv4, conv3. @throws ConfigError where the maps are other than a ResNet-101's */
function coarseFirst(maps: readonly FeatureMap[]): Stage[] {
  const stages = stagesOf(maps, STAGE_COUNTS).reverse();
  const wrong = stages.find(({ maps }, i) => maps.at(-1)!.channels !== LEVELS[i]!.features);
  if (wrong === undefined) return stages;
  throw new ConfigError(
    `Cannot use maps of ${wrong.maps[0]!.channels} channels: the projections read ${
      LEVELS.map(({ features }) => features).join(", ")
    }; use backbone=resnet101`,
  );
}

/** @throws ConfigError where a picture has other sizes: the roles of both are exchanged, so all grids are the same squares */
function checkGrids(target: readonly Stage[], source: readonly Stage[], sides: readonly number[]): void {
  const fits = (stages: readonly Stage[]) =>
    stages.every(({ rows, cols }, i) => rows === cols && Math.ceil(rows / 2) === sides[i]);
  if (fits(target) && fits(source)) return;
  throw new ConfigError(
    `Cannot use grids of ${target.map(({ rows, cols }) => `${rows} x ${cols}`).join(", ")} cells: this network wants ${
      sides.map((side) => `${2 * side} x ${2 * side}`).join(", ")
    } in both pictures; set backbone.fit=stretch backbone.size=${sides[0]! * 64}`,
  );
}
