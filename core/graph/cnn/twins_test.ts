import { assert, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../../testing/shared.ts";
import { readOnnxWeights } from "../../weights/onnx.ts";
import { WeightSet } from "../../weights/set.ts";
import { tensorOf, type WeightTensor } from "../../weights/tensor.ts";
import { Graph, type Value } from "../graph.ts";
import { decodeModel } from "../onnx/proto.ts";
import { tapModel } from "../onnx/tap.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { mobilenetV2 } from "./mobilenet_v2.ts";
import { squeezenet } from "./squeezenet.ts";

/** Names of the parameters a network asks for, in its own order, with their shapes. */
class Asking extends WeightSet {
  readonly asked: { name: string; shape: readonly number[] }[] = [];
  override take(name: string, shape: readonly number[]): WeightTensor {
    this.asked.push({ name, shape });
    return tensorOf(name, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  }
}

type Build = (g: Graph, image: Value, weights: WeightSet) => Record<string, Value>;

/**
 * Runs our network with the weights of an ONNX file, and the file itself, on one picture. Files hold convolutions with
 * their batch norm folded in: that is a batch norm whose mean is 0, deviation 1 and shift the bias.
 */
async function compare(file: string, build: Build, pairs: Record<string, string>): Promise<void> {
  const shape = [1, 3, 96, 128];
  const path = sharedPath(`weights/${file}`);
  const stored = [...(await readOnnxWeights(path)).values()].filter((w) => w.shape.length > 0);
  const asking = new Asking("names", new Map());
  const draft = new Graph("names");
  build(draft, draft.input("image", shape), asking);
  const given = new Map<string, WeightTensor>();
  const put = (name: string, size: readonly number[], data: Float32Array) =>
    given.set(name, tensorOf(name, size, data));
  let at = 0;
  for (const { name, shape: size } of asking.asked) {
    const channels = size[0]!;
    if (size.length === 4) {
      assertEquals(stored[at]!.shape, size, name);
      put(name, size, stored[at++]!.read());
    } else if (name.endsWith(".bias")) put(name, size, stored[at++]!.read());
    else {put(
        name,
        size,
        new Float32Array(channels).fill(name.endsWith("mean") ? 0 : name.endsWith("var") ? 1 - 1e-5 : 1),
      );}
  }
  const weights = new WeightSet("twin", given);
  const g = new Graph("ours");
  const maps = build(g, g.input("image", shape), weights);
  weights.finish("ours");
  const outputs = Object.fromEntries(Object.keys(pairs).map((name) => [`map ${name}`, maps[name]!]));
  const picture = () => new Float32Array(3 * 96 * 128).map((_, i) => Math.sin(i * 0.7) + Math.cos(i * 0.013));
  const ours = await runOnce(g.model(outputs), { image: { shape, data: picture() } }, defaultSession);
  const twin = tapModel(decodeModel(await Deno.readFile(path), path), path, Object.values(pairs), shape);
  const theirs = await runOnce(twin, { image: { shape, data: picture() } }, defaultSession);
  for (const [name, output] of Object.entries(pairs)) {
    const a = ours[`map ${name}`]!;
    const b = theirs[output]!;
    assertEquals(a.shape, b.shape, name);
    const scale = b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert(scale > 0.1);
    const error = a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
    // float32 through up to 52 convolutions, summed in another order.
    assert(error <= 2e-5 * scale, `${name}: ${error} of ${scale}`);
  }
}

sharedTest(
  "mobilenetV2() is the network of the published ONNX file",
  "weights/mobilenetv2.onnx",
  () =>
    compare("mobilenetv2.onnx", mobilenetV2, {
      "3": "s4",
      "6": "s8",
      "10": "s16_64",
      "13": "s16",
      "14_expand": "s16_exp",
      "16": "s32_160",
      "18": "s32",
    }),
);

sharedTest(
  "squeezenet() is the network of the published ONNX file",
  "weights/squeezenet1.1.onnx",
  () => compare("squeezenet1.1.onnx", squeezenet, { fire3: "fire3", fire5: "fire5", fire9: "fire9" }),
);
