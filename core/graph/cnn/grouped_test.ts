import { assertEquals } from "@std/assert";
import { RandomWeights } from "../../weights/learned.ts";
import { WeightSet } from "../../weights/set.ts";
import { tensorOf, type WeightTensor } from "../../weights/tensor.ts";
import { Graph } from "../graph.ts";
import { ungrouped } from "./grouped.ts";
import { resnet, resnetMaps } from "./resnet.ts";

/** Every tensor that three stages of a ResNet-50 ask for, twice along its first axis. */
function grouped(second: (name: string, values: Float32Array) => Float32Array): Map<string, WeightTensor> {
  const asked = new Map<string, WeightTensor>();
  class Recorder extends RandomWeights {
    override take(name: string, shape: readonly number[]) {
      const tensor = super.take(name, shape), first = tensor.read(), both = new Float32Array(2 * first.length);
      both.set(first);
      both.set(second(name, first), first.length);
      asked.set(name, tensorOf(name, [2 * shape[0]!, ...shape.slice(1)], both));
      return tensor;
    }
  }
  const g = new Graph("pairs");
  resnet(g, g.input("image", [1, 3, 32, 32]), new Recorder(), 50, 3);
  asked.set("bn1.num_batches_tracked", tensorOf("bn1.num_batches_tracked", [], Float32Array.of(7)));
  return asked;
}

function mapsOf(tensors: ReadonlyMap<string, WeightTensor>) {
  const set = new WeightSet("pairs", tensors), g = new Graph("again");
  const maps = resnetMaps(50)(g, g.input("image", [1, 3, 32, 32]), set);
  set.finish("resnet50", ["*.num_batches_tracked"]);
  return maps;
}

Deno.test("ungrouped() makes one network of two equal groups", () => {
  const tensors = ungrouped(grouped((_, values) => values));
  assertEquals(tensors.get("conv1.weight")!.shape, [64, 3, 7, 7]);
  const maps = mapsOf(tensors);
  assertEquals(maps["layer3"]!.shape, [1, 1024, 2, 2]);
  assertEquals(maps["second.layer3"], undefined);
});

Deno.test("ungrouped() keeps both networks where one value differs, and reads each group's own rows", () => {
  const tensors = ungrouped(
    grouped((name, values) => name === "layer3.5.bn3.bias" ? values.map((value) => value + 1) : values),
  );
  const bias = tensors.get("layer3.5.bn3.bias")!.read(), other = tensors.get("second.layer3.5.bn3.bias")!.read();
  assertEquals(other, bias.map((value) => value + 1));
  const maps = mapsOf(tensors);
  assertEquals(maps["second.layer3"]!.shape, maps["layer3"]!.shape);
});

Deno.test("ungrouped() leaves a plain ResNet as it is", () => {
  const plain = new Map([["conv1.weight", tensorOf("conv1.weight", [64, 3, 7, 7], new Float32Array(64 * 147))]]);
  assertEquals(ungrouped(plain), plain);
});
