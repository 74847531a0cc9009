/**
 * The layers of a ResNet-101 that matchers over hyperpixels read (HPF's count: 0 after the first pooling, k the k-th
 * bottleneck), always BEFORE the bottleneck's ReLU.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import type { FeatureMap, OptionValue } from "../types.ts";
import { trunkOptions } from "../weights/learned.ts";

/** The backbone these methods were trained with. */
export const TRUNK = "resnet101";

/** Tensors that a checkpoint holds beside the matcher: the backbone, and the read-out's linspace(-1, 1, n). */
export const TRUNK_TENSORS = ["feature_extraction.backbone.*", "x_normal", "y_normal"] as const;

/** Names of hyperpixels among `backbone=resnet101`'s layers: `0`, or `k.sum`. */
export function hyperpixelLayers(ids: readonly number[]): string[] {
  return ids.map((id) => id === 0 ? "0" : `${id}.sum`);
}

/** Every bottleneck of the second to the fourth stage, from fine to coarse: what CATs++ and VAT correlate. */
export const HYPERCORRELATION: readonly number[] = Array.from({ length: 30 }, (_, i) => i + 4);

/** How many of {@linkcode HYPERCORRELATION} lie in each stage: conv3, conv4, conv5. */
export const STAGE_COUNTS = [4, 23, 3] as const;

/**
 * `MethodPlugin.backboneOptions` of a method over hyperpixels: its layers, and its checkpoint where that holds the trunk.
 * Other backbones keep their own layers.
 *
 * @param stored name of the card's first checkpoint
 */
export function hyperOptions(
  options: { readonly weights: string; readonly variant: string },
  backbone: string,
  ids: readonly number[],
  stored: string,
): { readonly [name: string]: OptionValue } {
  if (backbone !== TRUNK) return {};
  return { layers: hyperpixelLayers(ids), ...trunkOptions(options, backbone, TRUNK, stored) };
}

/** Maps on one grid. */
export interface Stage {
  readonly rows: number;
  readonly cols: number;
  /** In the order of the network. */
  readonly maps: readonly FeatureMap[];
}

/**
 * Maps in runs of equal size: the stages of a network, from fine to coarse.
 *
 * @param counts maps per stage that the method wants; absent: as many as come
 * @throws ConfigError where the maps fall into other runs
 */
export function stagesOf(maps: readonly FeatureMap[], counts?: readonly number[]): Stage[] {
  const stages: { rows: number; cols: number; maps: FeatureMap[] }[] = [];
  for (const map of maps) {
    const { rows, cols } = map.grid, last = stages.at(-1);
    if (last?.rows === rows && last.cols === cols) last.maps.push(map);
    else stages.push({ rows, cols, maps: [map] });
  }
  const found = stages.map((stage) => stage.maps.length);
  if (counts !== undefined && found.join() !== counts.join()) {
    throw new ConfigError(
      `Cannot use ${maps.length} maps in groups of ${found.join(", ")} on one grid each: this method wants groups of ${
        counts.join(", ")
      }; use backbone=${TRUNK}, or give another backbone's layers in such groups`,
    );
  }
  return stages;
}
