import { assertEquals } from "@std/assert";
import { WeightSet } from "../../weights/set.ts";
import { tensorOf } from "../../weights/tensor.ts";
import { RandomWeights } from "../../weights/learned.ts";
import { Graph } from "../graph.ts";
import { resnet, resnetMaps } from "./resnet.ts";
import { resnetTrunk } from "./trunk.ts";

function tensors(...names: string[]) {
  return new Map(names.map((name) => [name, tensorOf(name, [1], Float32Array.of(1))]));
}

Deno.test("resnetTrunk() finds a ResNet by places in a Sequential, as NC-Net stores it", () => {
  const found = resnetTrunk(tensors(
    "FeatureExtraction.model.0.weight",
    "FeatureExtraction.model.1.running_mean",
    "FeatureExtraction.model.4.0.conv1.weight",
    "FeatureExtraction.model.6.22.bn3.bias",
    "NeighConsensus.conv.0.weight",
  ));
  assertEquals([...found.keys()], ["conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "layer3.22.bn3.bias"]);
});

Deno.test("resnetTrunk() finds a ResNet under a prefix, and leaves a plain one as it is", () => {
  const found = resnetTrunk(tensors("module.net.conv1.weight", "module.net.layer1.0.conv1.weight", "head.weight"));
  assertEquals([...found.keys()], ["conv1.weight", "layer1.0.conv1.weight"]);
  const plain = tensors("conv1.weight", "layer1.0.conv1.weight", "fc.weight");
  assertEquals(resnetTrunk(plain), plain);
});

Deno.test("resnetTrunk() knows a deep stem, as MMNet stores it", () => {
  const found = resnetTrunk(tensors(
    "backbone.conv1.0.weight",
    "backbone.bn1.bias",
    "backbone.layer1.0.conv1.weight",
    "msblock1_1.conv.weight",
  ));
  assertEquals([...found.keys()], ["conv1.0.weight", "bn1.bias", "layer1.0.conv1.weight"]);
});

Deno.test("a checkpoint of three stages gives a ResNet of three stages", () => {
  // The names of three stages, as the network itself asks for them.
  const asked = new Map<string, ReturnType<typeof tensorOf>>();
  class Recorder extends RandomWeights {
    override take(name: string, shape: readonly number[]) {
      const tensor = super.take(name, shape);
      asked.set(name, tensorOf(name, shape, tensor.read()));
      return tensor;
    }
  }
  const g = new Graph("three");
  resnet(g, g.input("image", [1, 3, 32, 32]), new Recorder(), 50, 3);
  const set = new WeightSet("three stages", asked);
  const again = new Graph("again");
  const maps = resnetMaps(50)(again, again.input("image", [1, 3, 32, 32]), set);
  set.finish("resnet50");
  assertEquals(maps["layer3"]!.shape, [1, 1024, 2, 2]);
  assertEquals(maps["layer4"], undefined);
});
