import { InputError } from "../../../core/errors.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin, OptionValue } from "../../../core/types.ts";
import { makeChanges } from "./changes.ts";
import { isBin } from "./field.ts";
import { Gdsp } from "./gdsp.ts";

const positive = { integer: true, min: 1 } as const;

const defaults = {
  scales: option(
    [0.5, 0.75, 1, 1.5, 2] as OptionValue,
    "scales of a node, increasing, 1 among them; for dense SIFT multiples of 0.25",
    {
      accepts: ["list"],
    },
  ),
  rotations: option(
    [-60, -30, 0, 30, 60] as OptionValue,
    "rotations of a node in degrees, increasing, 0 among them; descriptors and pixels bear what lies between",
    {
      accepts: ["list"],
    },
  ),
  levels: option(3, "levels of the pyramid of grid cells: 1, 4, 16, .. cells", { integer: true, min: 1, max: 5 }),
  samples: option(2500, "about so many pixels of the source take part in the grid layer", positive),
  coarse_samples: option(650, "about so many take part in the search over all scales and rotations", positive),
  bound: option(500, "largest distance of descriptors that counts, and the cost of leading out of the target", {
    min: 0,
  }),
  stretch: option(0.005, "cost per step by which neighbouring nodes disagree about a cell they share", { min: 0 }),
  stretch_bound: option(0.25, "largest cost of that per axis", { min: 0 }),
  zoom: option(0.05, "cost per step of difference between neighbouring nodes' scales", { min: 0 }),
  turn: option(0.05, "cost per step of difference between neighbouring nodes' rotations", { min: 0 }),
  change_bound: option(0.25, "largest cost of either", { min: 0 }),
  prior: option(0.025, "cost of a node that scales or turns at all", { min: 0 }),
  iterations: option(50, "at most so many iterations of translations alone", positive),
  message_iterations: option(5, "at most so many iterations over all labels, forth and back", positive),
  deform: option(2.5, "cost per pixel of difference from the node's transformation in the pixel layer", { min: 0 }),
  overlap: option(0, "how far a node also proposes its transformation to pixels beyond its cell, in cell sides", {
    min: 0,
    max: 1,
  }),
  corrected: option(
    false,
    "mend two slips of DSP's released program, which are kept by default as they match better: cells also speak to their " +
      "parents, and the first row and column of a cell count",
  ),
  length: option(
    null as number | null,
    "length given to every descriptor before the distance; null: 512 unless they have one of their own, as SIFT",
    { accepts: ["number"], min: 1e-6 },
  ),
};

/** Length of VLFeat's SIFT descriptors, whose distances the default costs are made for. */
const SIFT_LENGTH = 512;

/**
 * Generalized deformable spatial pyramids (Hur, Lim, Park, Ahn; CVPR 2015): DSP whose nodes also scale and turn, and
 * whose smoothness compares where two nodes take the cell they share. Works on any backbone with one map; dense SIFT is
 * scaled and turned with the node, descriptors of other backbones stay as they are and only cells are transformed.
 *
 * As in DSP's released program, nodes hear those above and beside them, not those below. Where no node scales or turns
 * the flow is dsp's; `scales=[1] rotations=[0]` is dsp.
 *
 * Pictures of any size and shape are matched, differing ones too; descriptors repeat the border. Levels with more nodes
 * than samples cost nothing there; on flat pictures, where all costs are equal, nothing scales or turns (its cost is
 * above none), and the first of equal translations is taken.
 */
export default {
  defaults,
  async build({ backbone, ops }, options) {
    const own = backbone.identity.startsWith("dense-sift ");
    const length = options.length ?? (own ? null : SIFT_LENGTH);
    const sized = own && length === null;
    const scales = listOf("scales", options.scales, 1, (v) => v > 0 && v <= 8 && (!sized || isBin(v)));
    const rotations = listOf("rotations", options.rotations, 0, (v) => Math.abs(v) <= 180);
    const { levels, samples, bound, stretch, zoom, turn, prior, iterations, deform, overlap, corrected } = options;
    const solver = {
      levels,
      samples,
      coarseSamples: options.coarse_samples,
      bound,
      stretch,
      stretchBound: options.stretch_bound,
      zoom,
      turn,
      changeBound: options.change_bound,
      prior,
      iterations,
      messageIterations: options.message_iterations,
      deform,
      overlap,
      corrected,
    };
    return new Gdsp(backbone, await ops(), makeChanges(scales, rotations), solver, length);
  },
} satisfies MethodPlugin<typeof defaults>;

/** @throws InputError unless `value` is an increasing list of allowed numbers with `neutral` among them. */
function listOf(name: string, value: OptionValue, neutral: number, fits: (v: number) => boolean): readonly number[] {
  const list = value as number[];
  const good = Array.isArray(value) && value.includes(neutral) &&
    value.every((v, i) => typeof v === "number" && fits(v) && (i === 0 || v > (value[i - 1] as number)));
  if (good) return list;
  throw new InputError(
    `Cannot use ${JSON.stringify(value)} as ${name} of gdsp: it takes an increasing list with ${neutral} in it` +
      (name === "scales" ? ", for dense SIFT multiples of 0.25, as [0.5, 1, 2]" : ", at most 180, as [-30, 0, 30]"),
  );
}
