import { assert, assertEquals } from "@std/assert";
import { joined } from "../../joined.ts";
import { sharedPath, sharedTest } from "../../testing/shared.ts";
import { readOnnxWeights } from "../../weights/onnx.ts";
import { WeightSet } from "../../weights/set.ts";
import { tensorOf, type WeightTensor } from "../../weights/tensor.ts";
import { Graph } from "../graph.ts";
import { decodeModel } from "../onnx/proto.ts";
import { tapModel } from "../onnx/tap.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import type { VitConfig } from "./config.ts";
import { official } from "./dialects.ts";
import { supervised } from "./families.ts";
import { planes } from "./_golden.ts";
import { vit } from "./network.ts";

const FILE = "weights/vit_tiny16.onnx";

/** [rows][cols] -> [cols][rows]. */
function transposed(data: Float32Array, rows: number, cols: number): Float32Array {
  return data.map((_, i) => data[(i % rows) * cols + Math.floor(i / rows)]!);
}

/** The file's weights under timm's names. */
async function timmWeights(path: string): Promise<Map<string, WeightTensor>> {
  const stored = await readOnnxWeights(path);
  const read = (name: string) => stored.get(name)!.read();
  const given = new Map<string, WeightTensor>();
  const put = (name: string, shape: readonly number[], data: Float32Array) =>
    given.set(name, tensorOf(name, shape, data));
  put("patch_embed.proj.weight", [192, 3, 16, 16], read("pw"));
  put("patch_embed.proj.bias", [192], read("pb"));
  // The exporter added the class token's position to it.
  put("cls_token", [1, 1, 192], read("onnx::Concat_961"));
  put("pos_embed", [1, 197, 192], joined([new Float32Array(192), transposed(read("pg"), 192, 196)]));
  for (let i = 0; i < 12; i++) {
    const from = `B.${i}`;
    const to = `blocks.${i}`;
    const matrix = (k: number, rows: number, cols: number) =>
      transposed(read(`onnx::MatMul_${962 + 6 * i + k}`), rows, cols);
    put(`${to}.attn.qkv.weight`, [576, 192], joined([0, 1, 2].map((k) => matrix(k, 192, 192))));
    put(`${to}.attn.qkv.bias`, [576], joined(["q", "k", "v"].map((name) => read(`${from}.${name}_bias`))));
    put(`${to}.attn.proj.weight`, [192, 192], matrix(3, 192, 192));
    put(`${to}.attn.proj.bias`, [192], read(`${from}.attn_proj_bias`));
    put(`${to}.mlp.fc1.weight`, [768, 192], matrix(4, 192, 768));
    put(`${to}.mlp.fc1.bias`, [768], read(`${from}.mlp_fc1_bias`));
    put(`${to}.mlp.fc2.weight`, [192, 768], matrix(5, 768, 192));
    put(`${to}.mlp.fc2.bias`, [192], read(`${from}.mlp_fc2_bias`));
    for (const k of [1, 2]) {
      put(`${to}.norm${k}.weight`, [192], read(`${from}.ln${k}_weight`));
      put(`${to}.norm${k}.bias`, [192], read(`${from}.ln${k}_bias`));
    }
  }
  put("norm.weight", [192], read("nw"));
  put("norm.bias", [192], read("nb"));
  return given;
}

sharedTest(
  "vit() with real weights is the network of the published ONNX file, at a size it was not trained for",
  FILE,
  async () => {
    const path = sharedPath(FILE);
    // As the file has them: transformers' epsilon and plain bicubic positions.
    const config: VitConfig = { ...supervised("tiny").config, eps: 1e-12, positions: "size" };
    const weights = new WeightSet(path, await timmWeights(path));
    const parameters = official(weights, config);
    weights.finish("vit-tiny");
    const shape = [1, 3, 192, 256];
    const count = 192 * 256;
    const picture = new Float32Array(3 * count).map((_, i) => Math.sin(i * 0.011) * Math.cos(i * 0.0007));
    const g = new Graph("ours");
    const net = vit(g, g.input("image", shape), parameters, config);
    const token = (i: number) => planes(g, net, net.blocks[i - 1]!.token);
    const model = g.model({
      l6: token(6),
      l11: token(11),
      key9: planes(g, net, net.blocks[8]!.key),
      norm12: planes(g, net, net.norm(net.blocks[11]!.token)),
    });
    // The file takes pictures normalised by ImageNet's mean and deviation and turns them into its own (0.5 and 0.5).
    const mean = [0.485, 0.456, 0.406];
    const std = [0.229, 0.224, 0.225];
    const own = picture.map((v, i) => (v * std[Math.floor(i / count)]! + mean[Math.floor(i / count)]! - 0.5) / 0.5);
    const ours = await runOnce(model, { image: { shape, data: own } }, defaultSession);
    const file = decodeModel(await Deno.readFile(path), path);
    const theirs = await runOnce(
      tapModel(file, path, Object.keys(ours), shape),
      { image: { shape, data: picture } },
      defaultSession,
    );
    for (const [name, { shape, data }] of Object.entries(ours)) {
      assertEquals(shape, theirs[name]!.shape, name);
      const scale = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      const error = data.reduce((most, v, i) => Math.max(most, Math.abs(v - theirs[name]!.data[i]!)), 0);
      // Another order of sums, and ONNX Runtime's own bicubic for the positions.
      assert(error <= 2e-5 * scale, `${name}: ${error} of ${scale}`);
    }
  },
);
