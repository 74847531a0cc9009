/**
 * NeMF: a network that scores any pair of positions, coarse cells or not, guided by an embedded cost volume; matches are
 * found by PatchMatch and by steps along the score's slopes (Hong et al., NeurIPS 2022).
 *
 * Written from the paper's summary and from a description of the official code's arithmetic. Volumes run natively (`ops=`),
 * the aggregator and the scoring network are ONNX Runtime graphs. The embedding of the 8-cell level, the
 * aggregator, the convolution before the field and the score are held against recorded vectors. What those leave open is
 * this project's choice and marked so in the card: which layer stands for each level, where the correlations are filtered,
 * the strides of the other embeddings, the extra channel before the field, and how candidates are drawn in the search.
 *
 * By measurement (two Zen 5 cores with AVX-512, 28 November 2026) the scoring network is a graph: the search's 42 runs of it took
 * 1.3 s, and 7.2 s as native products with their sums in TypeScript. Everything behind the backbone at 256 pixels takes
 * 4366 ms at best, the same arithmetic in PyTorch 1.13 11273 ms (`methods/cost-volume/README.md`).
 *
 * @module
 */
import { InputError } from "../../../core/errors.ts";
import { expectedPositions, TEMPERATURE } from "../../../core/hyper/field.ts";
import { fieldMethod, fieldOptions } from "../../../core/hyper/method.ts";
import { inputsOf, OpenNetworks, sizeOf } from "../../../core/hyper/network.ts";
import type { Ops } from "../../../core/hyper/separable.ts";
import { hyperOptions, TRUNK_TENSORS } from "../../../core/hyper/taps.ts";
import { resizeHwc } from "../../../core/image/resize.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, MethodPlugin, OptionValue, Pair } from "../../../core/types.ts";
import { checkLearnedWeights, learnedWeights, weightOptions } from "../../../core/weights/learned.ts";
import type { WeightSet } from "../../../core/weights/set.ts";
import { askCosts, costVolume } from "./costs.ts";
import { embed, EMBEDDED } from "./embedding.ts";
import { FieldNetwork } from "./field.ts";
import { aggregatorModel, type NemfWeights, RATIOS, takeNemf } from "./network.ts";
import { search } from "./search.ts";

const defaults = {
  ...weightOptions,
  hyperpixels: option(
    [3, 7, 30, 33] as OptionValue,
    "four layers of resnet101 by HPF's numbers, one per stage; no source here says which the authors took",
    { accepts: ["list"] },
  ),
  depth: option(1, "transformer blocks; a checkpoint's own number wins", { integer: true, min: 1 }),
  heads: option(6, "attention heads; no checkpoint tells them, its args.pkl does", { integer: true, min: 1 }),
  field: option(32, "positions per side that the search runs on", { integer: true, min: 2, max: 256 }),
  rounds: option(20, "rounds of PatchMatch", { integer: true, min: 0 }),
  steps: option(20, "AdamW steps on the coordinates", { integer: true, min: 0 }),
  rate: option(3e-4, "size of the first step, in half sides of the picture; a half cosine brings it to 0", { min: 0 }),
  radius: option(0.125, "largest random displacement of a candidate, in half sides of the picture", { min: 0, max: 2 }),
  seed: option(0, "of the search's random numbers", { integer: true, min: 0 }),
  ...fieldOptions,
};

/** Cells per side of the volume, and channels of a level's projected features. */
const SIDE = 16, PROJECTION = 128;

export default {
  defaults,
  backboneOptions: (options, backbone) =>
    hyperOptions(options, backbone, (options.hyperpixels as number[]).map(Number), "model_best.pth"),
  check: ({ card }, options) => checkLearnedWeights(card, options),
  async build({ card, backbone, ops: open }, options) {
    const learned = await learnedWeights(card, options);
    const shape = {
      side: SIDE,
      projection: PROJECTION,
      heads: options.heads,
      depth: depthOf(learned.set, options.depth),
    };
    const channels = storedChannels(learned.set);
    let weights: NemfWeights | undefined;
    if (channels !== undefined) {
      weights = takeNemf(learned.set, channels, shape);
      learned.set.finish(card.name, [...TRUNK_TENSORS, "mlp_model.backbone.*"]);
    }
    const ops = await open(), networks = new OpenNetworks();
    let field: FieldNetwork | undefined;
    return fieldMethod({
      backbone,
      learned,
      readout: options.readout,
      async relate({ source: asked, target: other }) {
        // The official target is the picture that is asked from.
        const maps = { source: other, target: asked };
        checkLevels(maps, channels);
        const net = weights ??= takeNemf(learned.set, asked.map((map) => map.channels), shape);
        const refined = await aggregated(ops, networks, maps, net);
        const cells = { rows: SIDE, cols: SIDE };
        const volume = await costVolume(ops, { refined: refined.all, projected: refined.mean }, cells, cells, net.cost);
        const begin = await beginning(ops, refined.mean, options.field), at = positions(options.field);
        const costs = await askCosts(ops, await volume.take(), cells, cells, at);
        const found = await search(
          field ??= new FieldNetwork(net.field),
          { side: options.field, at, costs },
          begin,
          options,
        );
        const side = { rows: options.field, cols: options.field };
        const to = found.at.map((value) => (value + 1) / 2 * (options.field - 1));
        return { ...side, other: side, to, score: found.score.map((value) => 1 / (1 + Math.exp(-value))) };
      },
      async close() {
        await networks.close();
        await field?.close();
      },
    });
  },
} satisfies MethodPlugin<typeof defaults>;

/** Correlations of all levels, embedded, then refined. */
async function aggregated(ops: Ops, networks: OpenNetworks, maps: Pair<readonly FeatureMap[]>, net: NemfWeights) {
  const cells = SIDE * SIDE, correlation = new Float32Array(RATIOS.length * EMBEDDED * cells * cells);
  for (const [i, embedding] of net.embeddings.entries()) {
    const source = maps.source[i]!, target = maps.target[i]!, { rows, cols } = source.grid;
    const input = ({ data, channels }: FeatureMap) => ({ data, shape: [data.length / channels, channels] });
    using raw = await ops.correlate(input(source), input(target), { norm: { rule: "root", eps: 1e-6 } });
    const filtered = await ops.mutual(raw, { variant: "nonzero" });
    using x = filtered.reshape([1, 1, rows, cols, target.grid.rows, target.grid.cols]);
    correlation.set(await (await embed(ops, x, embedding)).take(), i * EMBEDDED * cells * cells);
  }
  const sizes = { source: maps.source.map(sizeOf), target: maps.target.map(sizeOf) };
  const inputs = {
    correlation: { shape: [RATIOS.length * EMBEDDED, cells, cells], data: correlation },
    ...inputsOf("source", maps.source),
    ...inputsOf("target", maps.target),
  };
  const { refined, mean } = await networks.run(JSON.stringify(sizes), () => aggregatorModel(sizes, net), inputs);
  return { all: refined!.data, mean: mean!.data };
}

/** Where the search begins: the soft-argmax of the mean correlation, on the field. @returns [side][side][2] */
async function beginning(ops: Ops, mean: Float32Array, side: number): Promise<Float32Array> {
  const cells = { rows: SIDE, cols: SIDE }, n = SIDE * SIDE;
  const byTarget = Float32Array.from(mean, (_, i) => mean[i % n * n + Math.floor(i / n)]!);
  const { to } = await expectedPositions(ops, { ...cells, other: cells, data: byTarget }, TEMPERATURE);
  const fine = resizeHwc(to, { ...cells, channels: 2 }, { rows: side, cols: side }, {
    kernel: "bilinear",
    alignCorners: true,
  });
  return fine.map((value) => 2 * value / (SIDE - 1) - 1);
}

/** linspace(-1, 1, side) in both directions. @returns [side][side][2] */
function positions(side: number): Float32Array {
  return Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const cell = i >> 1, at = i % 2 === 0 ? cell % side : Math.floor(cell / side);
    return 2 * at / (side - 1) - 1;
  });
}

function depthOf(set: WeightSet, fallback: number): number {
  let blocks = 0;
  while (set.tensors.has(`decoder.blocks.${blocks}.norm1.weight`)) blocks++;
  return blocks || fallback;
}

/** Channels a checkpoint was trained with; undefined for random weights. */
function storedChannels(set: WeightSet): number[] | undefined {
  if (set.tensors.size === 0) return undefined;
  return RATIOS.map((_, i) => set.tensors.get(`proj.${i}.weight`)?.shape[1] ?? 0);
}

/** @throws InputError where the maps are not four levels of 64, 32, 16 and 8 cells, or do not fit the checkpoint */
function checkLevels(maps: Pair<readonly FeatureMap[]>, channels: readonly number[] | undefined): void {
  const sides = RATIOS.map((ratio) => ratio * SIDE);
  for (const levels of [maps.source, maps.target]) {
    const fits = levels.length === sides.length &&
      levels.every(({ grid: { rows, cols } }, i) => rows === sides[i] && cols === sides[i]);
    const found = levels.map(({ grid: { rows, cols } }) => `${rows} x ${cols}`).join(", ");
    if (!fits) {
      throw new InputError(
        `Cannot use maps of ${found} cells: NeMF embeds levels of ${sides.join(", ")} cells per side; set ` +
          "backbone=resnet101 backbone.fit=stretch backbone.size=256 and one layer per stage",
      );
    }
    const has = levels.map((map) => map.channels).join(),
      wanted = channels?.join() ?? maps.source.map((map) => map.channels).join();
    if (has !== wanted) throw new InputError(`Cannot use maps of ${has} channels: the weights are for ${wanted}`);
  }
}
