import { InputError } from "../../../core/errors.ts";
import { option } from "../../../core/option.ts";
import type { MethodPlugin, OptionValue } from "../../../core/types.ts";
import type { Border } from "./daisy.ts";
import { DaisyFilterFlow } from "./daisy_filter_flow.ts";

const defaults = {
  descriptor: option(
    "auto" as string,
    "DAISY at every pixel, or the backbone's features at its cells; auto: DAISY unless a backbone other than the card's " +
      "was chosen",
    { choices: ["auto", "daisy", "backbone"] },
  ),
  scales: option(
    [1] as OptionValue,
    "sizes of the target's descriptor to try; the paper's are [1,1.5,2,2.5,0.5]; for features every change of size or " +
      "rotation costs one more extraction",
    { accepts: ["list"] },
  ),
  rotations: option(
    [0] as OptionValue,
    "rotations to try in degrees; the paper's are [-45,-30,-15,0,15,30,45]",
    { accepts: ["list"] },
  ),
  iterations: option(
    null as number | null,
    "rounds of propagation and random search on every level; null: 6 for DAISY, 40 (the paper's) for features",
    { accepts: ["number"], integer: true, min: 0, max: 10000 },
  ),
  seed: option(0, "seed of everything drawn at random", { integer: true }),
  ratio: option(1.1, "the reach over scales and rotations falls by this from one random candidate to the next", {
    min: 1,
  }),
  superpixel: option(300, "pixels per superpixel", { min: 1 }),
  size: option(1, "size of DAISY on both pictures, in units of the paper's (radius 16)", { min: 0.25, max: 8 }),
  border: option("repeat", "what descriptors find beyond a picture: nothing, or its outermost histograms", {
    choices: ["empty", "repeat"],
  }),
  levels: option(3, "levels of the pyramid of pictures for DAISY, each half as large; 1: the pictures alone", {
    integer: true,
    min: 1,
    max: 8,
  }),
  stay: option(
    null as number | null,
    "cost of every pixel away from where the level before led (first: from the stretch of one picture onto the other); " +
      "descriptors cost up to 3825; null: 10 for DAISY, 0 for features",
    { accepts: ["number"], min: 0, max: 32 },
  ),
  near: option(4, "how far random labels of a finer level lead away from the present one, in pixels", {
    integer: true,
    min: 0,
    max: 1000,
  }),
  kernel: option(9, "radius of the guided filter's square in pixels: its side is 2 kernel + 1", {
    integer: true,
    min: 0,
    max: 9,
  }),
  eps: option(100, "regulariser of the guided filter, in 1/10000 of the squared range of colours", { min: 0.01 }),
};

/**
 * DAISY Filter Flow (Yang, Lin, Lu; CVPR 2014): every pixel takes the label (translation, scale, rotation) of lowest
 * DAISY cost, smoothed along the picture's edges by a guided filter; PatchMatch over superpixels finds them.
 *
 * By default from coarse to fine, unscaled and upright: a level starts from where the one of half its size led, and leaving
 * that costs (`stay`). This is not the released code's search; that one, over its scales and rotations, is
 * `levels=1 stay=0 border=empty iterations=40 scales=[1,1.5,2,2.5,0.5] rotations=[-45,-30,-15,0,15,30,45]`.
 *
 * Unusual pictures: histograms beyond a picture are its outermost ones (or empty, see `border`), so every size and aspect
 * is matched, sizes may differ.
 * Where all costs are equal (flat pictures) the first label stays, which is the stretch of one picture onto the other at
 * the middle of each superpixel, or with `stay` the one nearest to the stretch; where no label leads into the target, that label's nearest point of the target is given,
 * with confidence 0.
 */
export default {
  defaults,
  async build({ backbone, card, ops: open }, options) {
    const { seed, ratio, superpixel, size, kernel, eps, levels, border, near } = options;
    const own = backbone.identity.startsWith(`${card.backbone} `);
    const daisy = options.descriptor === "daisy" || (options.descriptor === "auto" && own);
    const scales = numbers("scales", options.scales, (s) => s >= 0.1 && s <= 10, "0.1 to 10");
    const fits = (degrees: number) => Math.abs(degrees) <= 180;
    const rotations = numbers("rotations", options.rotations, fits, "-180 to 180");
    const iterations = options.iterations ?? (daisy ? 6 : 40), stay = options.stay ?? (daisy ? 10 : 0);
    const descriptor = daisy ? "daisy" : "backbone";
    const settings = {
      iterations,
      seed,
      ratio,
      superpixel,
      border: border as Border,
      stay,
      levels,
      near,
      size,
      radius: kernel,
      eps: eps / 10000 * 255 ** 2,
    };
    return new DaisyFilterFlow(backbone, await open(), { descriptor, scales, rotations, ...settings });
  },
} satisfies MethodPlugin<typeof defaults>;

/** @throws InputError unless `value` is a list of one or more allowed numbers. */
function numbers(
  name: string,
  value: OptionValue,
  fits: (value: number) => boolean,
  allowed: string,
): readonly number[] {
  if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "number" && fits(v))) {
    return value as number[];
  }
  throw new InputError(`Cannot use ${JSON.stringify(value)} as ${name}: it takes a list of numbers, ${allowed}`);
}
