/**
 * Networks that lie inside the checkpoint of a matcher.
 *
 * @module
 */
import { renamed } from "../../weights/set.ts";
import type { WeightTensor } from "../../weights/tensor.ts";

/** A ResNet's parts by their place in a torch.nn.Sequential of its children; 2, 3 are ReLU and pooling. */
const CHILDREN: { readonly [place: string]: string } = {
  0: "conv1",
  1: "bn1",
  4: "layer1",
  5: "layer2",
  6: "layer3",
  7: "layer4",
};

/**
 * A ResNet's parameters under torchvision's names. A checkpoint that is a ResNet is given as it is. In a matcher's, the
 * ResNet is found by its first stage, under any prefix, by torchvision's names or by places in a Sequential; everything
 * else is left out.
 */
export function resnetTrunk(tensors: ReadonlyMap<string, WeightTensor>): ReadonlyMap<string, WeightTensor> {
  const begins = (prefix: string) => tensors.has(`${prefix}conv1.weight`) || tensors.has(`${prefix}conv1.0.weight`);
  if (begins("")) return tensors;
  for (const name of tensors.keys()) {
    const named = prefixOf(name, "layer1.0.conv1.weight");
    if (named !== undefined && begins(named)) {
      return renamed(tensors, (other) => other.startsWith(named) ? other.slice(named.length) : undefined);
    }
    const placed = prefixOf(name, "4.0.conv1.weight");
    if (placed !== undefined && tensors.has(`${placed}0.weight`)) {
      return renamed(tensors, (other) => other.startsWith(placed) ? childName(other.slice(placed.length)) : undefined);
    }
  }
  return tensors;
}

function prefixOf(name: string, ending: string): string | undefined {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}

function childName(name: string): string {
  const dot = name.indexOf(".");
  // A child that no ResNet has keeps its name, to be listed as unexpected.
  return `${CHILDREN[name.slice(0, dot)] ?? name.slice(0, dot)}${name.slice(dot)}`;
}
