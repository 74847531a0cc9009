/**
 * The learner's weights by the names of the published checkpoints.
 *
 * @module
 */
import type { WeightSet } from "../../../core/weights/set.ts";
import { kernel4d, kernel6d, type KernelKind, parameterCount, scaleGroups, SIDE } from "./kernel.ts";
import type { LearnerWeights } from "./learner.ts";
import { SCALES } from "./pyramid.ts";

/** What a checkpoint says about itself; `fallback` where there is none. */
export interface LearnerShape {
  readonly kind: KernelKind;
  /** Channels of the backbone's map. */
  readonly channels: number;
}

/** Kind of the kernels and channels, told by names and shapes; `fallback` where the set holds no tensors of its own. */
export function shapeOf(set: WeightSet, fallback: LearnerShape): LearnerShape {
  if (set.tensors.size === 0) return fallback;
  const channels = set.tensors.get("learner.conv2ds.0.weight")?.shape[1] ?? fallback.channels;
  if (set.has("learner.chm6d.param")) return { kind: "full", channels };
  return {
    kind: set.tensors.get("learner.chm4d.weight")?.shape[0] === parameterCount("iso") ? "iso" : "psi",
    channels,
  };
}

/** Takes every tensor of the learner; read when the weights are first asked for. */
export function takeLearner(set: WeightSet, { kind, channels }: LearnerShape): () => LearnerWeights {
  const take = (name: string, shape: readonly number[]) => set.take(`learner.${name}`, shape);
  const outputs = Math.floor(channels / 4);
  const reductions = SCALES.map((_, i) => take(`conv2ds.${i}.weight`, [outputs, channels, 3, 3]));
  const full = kind === "full", window = [SIDE, SIDE, SIDE, SIDE];
  const six = full
    ? [take("chm6d.param", [1, 1, 3, 3, ...window])]
    : scaleGroups(kind).map((_, group) => take(`chm6d.param.${group}`, [parameterCount(kind)]));
  const bias6d = take("chm6d.bias", [1]);
  const four = take("chm4d.weight", full ? [1, 1, ...window] : [parameterCount(kind)]);
  // The plain 4-D layer keeps its bias as a scalar.
  const bias4d = take("chm4d.bias", full ? [] : [1]);
  return () => ({
    reductions,
    kernel6d: kernel6d(kind, six.map((tensor) => tensor.read())),
    bias6d: bias6d.read()[0]!,
    kernel4d: kernel4d(kind, four.read()),
    bias4d: bias4d.read()[0]!,
  });
}
