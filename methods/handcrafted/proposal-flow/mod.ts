import { option } from "../../../core/option.ts";
import type { MethodPlugin } from "../../../core/types.ts";
import { readBoxes } from "./given.ts";
import type { LocalOffset } from "./match/lom.ts";
import { type MatcherName, MATCHERS, ProposalFlow } from "./proposal_flow.ts";
import { type Generator, GENERATORS, propose } from "./proposals/mod.ts";
import type { WindowResize } from "./region/hog.ts";

const defaults = {
  matcher: option("lom" as string, "appearance alone, Hough voting, or local offsets", { choices: [...MATCHERS] }),
  proposals: option(
    "selective" as string,
    "where boxes come from: grouping after Selective Search, sliding windows, boxes drawn uniformly or normally",
    { choices: [...GENERATORS] },
  ),
  boxes: option(
    null as string | null,
    "JSON file of boxes made elsewhere, {picture: [[x1, y1, x2, y2], ...]}; replaces the generator",
    { accepts: ["string"] },
  ),
  count: option(500, "boxes per picture at most", { integer: true, min: 1, max: 5000 }),
  seed: option(0, "seed of everything drawn at random", { integer: true }),
  region: option(
    "auto" as string,
    "descriptor of a box: HOG of the stretched box, or pooled features of the backbone; auto: HOG unless a backbone " +
      "other than the card's was chosen",
    { choices: ["auto", "hog", "pooled"] },
  ),
  pool: option(4, "parts of a pooled region on a side", { integer: true, min: 1, max: 16 }),
  window: option("matlab" as string, "whose imresize stretches a box for HOG; octave: as in the recorded vectors", {
    choices: ["matlab", "octave"],
  }),
  centre: option(
    true,
    "HOG less the mean cell of both pictures' regions, in place of the paper's whitening (see the card)",
  ),
  local_offset: option("official" as string, "lom: the released code's rule, or the true median on an unchanged map", {
    choices: ["official", "corrected"],
  }),
};

/**
 * Proposal Flow (Ham, Cho, Schmid, Ponce; CVPR 2016): boxes are matched, pixels follow the best box that covers them.
 * A point moves as the pixel nearest to it does.
 *
 * Unusual pictures: boxes keep two pixels or more on a side, so pictures below 2x2 pixels have none; without boxes on
 * either side, or without any similarity (flat pictures), there is no field (NaN), and points move as one picture is
 * stretched onto the other, with score 0. Sizes and aspects may differ; boxes whose aspects differ by a factor of two
 * or more never match.
 */
export default {
  defaults,
  async build({ backbone, card }, options) {
    const { proposals, count, seed, pool } = options;
    const given = options.boxes === null ? undefined : await readBoxes(options.boxes);
    // The card's backbone stands for the paper's own descriptor, which is computed per box and not on a grid.
    const own = backbone.identity.startsWith(`${card.backbone} `);
    return new ProposalFlow(backbone, {
      matcher: options.matcher as MatcherName,
      localOffset: options.local_offset as LocalOffset,
      region: options.region === "hog" || (options.region === "auto" && own) ? "hog" : "pooled",
      window: options.window as WindowResize,
      pool,
      centre: options.centre,
      boxesOf: (image) => given?.of(image, count) ?? propose(image, proposals as Generator, count, seed),
    }, given === undefined ? "" : `boxes ${given.sha256}`);
  },
} satisfies MethodPlugin<typeof defaults>;
