import { SECOND, ungrouped } from "../graph/cnn/grouped.ts";
import { resnetTrunk } from "../graph/cnn/trunk.ts";
import type { OptionValue } from "../types.ts";
import { RANDOM, trunkOptions } from "../weights/learned.ts";
import { openWeights } from "../weights/open.ts";

/**
 * `MethodPlugin.backboneOptions` of a method whose checkpoint holds a ResNet-101 for pairs side by side: the same file
 * for both, and where it holds two networks, the maps of both (`keypointMethod` tells them apart).
 *
 * @param stored name of the card's first checkpoint
 * @param layers the maps the method reads
 */
export function groupedTrunkOptions(
  options: { readonly weights: string; readonly variant: string },
  backbone: string,
  stored: string,
  layers: readonly string[],
): { readonly [name: string]: OptionValue } {
  const trunk = trunkOptions(options, backbone, "resnet101", stored);
  if (trunk.weights === undefined || trunk.weights === RANDOM) return trunk;
  try {
    const tensors = ungrouped(resnetTrunk(openWeights(trunk.weights)));
    if (!tensors.has(`${SECOND}conv1.weight`)) return trunk;
  } catch {
    // No file, or none that can be read: the method's own `check` or `build` says so.
    return trunk;
  }
  return { ...trunk, layers: [...layers, ...layers.map((layer) => `${SECOND}${layer}`)] };
}
