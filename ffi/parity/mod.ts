import { bpFlow, halveBytes } from "./bp_flow.ts";
import bpPyramid from "./bp_pyramid.ts";
import conv4d, { conv4dAt } from "./conv4d.ts";
import { correlate, correlateBest, correlateStack } from "./correlate.ts";
import { translationCosts, windowMatch } from "./grid_match.ts";
import groupNorm from "./group_norm.ts";
import l2Normalize from "./l2_normalize.ts";
import mutual from "./mutual.ts";
import { argmax, interpolate4d, sample, softArgmax } from "./read_out.ts";
import type { ParityOp } from "./parity.ts";
import sinkhorn from "./sinkhorn.ts";
import hough from "./hough.ts";
import conv6d from "./conv6d.ts";
import separable4d from "./separable4d.ts";
import { additiveAttention, tokenMlp } from "./additive_attention.ts";
import patchMatch from "./patch_match.ts";
import siftDescriptors from "./sift_descriptors.ts";
import filterFlow from "./filter_flow.ts";

/** Every operation; add yours here. */
export const parityOps: readonly ParityOp[] = [
  l2Normalize,
  correlate,
  correlateBest,
  correlateStack,
  mutual,
  conv4d,
  conv4dAt,
  argmax,
  softArgmax,
  sample,
  interpolate4d,
  sinkhorn,
  hough,
  halveBytes,
  bpFlow,
  bpPyramid,
  translationCosts,
  windowMatch,
  conv6d,
  separable4d,
  groupNorm,
  additiveAttention,
  tokenMlp,
  patchMatch,
  siftDescriptors,
  filterFlow,
];
