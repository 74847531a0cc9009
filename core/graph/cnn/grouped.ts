/**
 * Networks that see two pictures side by side: CHM and TransforMatcher run a pair through one ResNet whose convolutions
 * are all in two groups. Untrained, both groups are the same network; a training that includes it moves them apart.
 *
 * @module
 */
import { rowsOf, type WeightTensor } from "../../weights/tensor.ts";

/** What the second network's tensors are called by, where it is another one. */
export const SECOND = "second.";

/** Rows of a ResNet's first convolution; twice as many are two groups of it. */
const STEM = 64;

/**
 * A ResNet's tensors under torchvision's names; one in two groups becomes the network of the first group, and where the
 * groups differ the network of the second under names that begin with {@linkcode SECOND}. Others are given as they are.
 */
export function ungrouped(tensors: ReadonlyMap<string, WeightTensor>): ReadonlyMap<string, WeightTensor> {
  if (tensors.get("conv1.weight")?.shape[0] !== 2 * STEM) return tensors;
  const first = new Map<string, WeightTensor>(), second = new Map<string, WeightTensor>();
  let differ = false;
  for (const [name, tensor] of tensors) {
    const rows = tensor.shape[0];
    // A counter of batches has no rows, the classifier no groups.
    if (rows === undefined || rows % 2 !== 0 || name.startsWith("fc.")) first.set(name, tensor);
    else {
      const a = rowsOf(tensor, 0, rows / 2, name), b = rowsOf(tensor, rows / 2, rows, `${SECOND}${name}`);
      first.set(name, a);
      second.set(`${SECOND}${name}`, b);
      differ ||= !halvesAgree(tensor.read());
    }
  }
  return differ ? new Map([...first, ...second]) : first;
}

function halvesAgree(data: Float32Array): boolean {
  const half = data.length / 2;
  for (let i = 0; i < half; i++) if (data[i] !== data[half + i]) return false;
  return true;
}
