import { assert, assertThrows } from "@std/assert";
import { WeightSet } from "../../weights/set.ts";
import { tensorOf, type WeightTensor } from "../../weights/tensor.ts";
import { Graph } from "../graph.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import type { VitConfig } from "./config.ts";
import { official } from "./dialects.ts";
import { vit } from "./network.ts";

const CONFIG: VitConfig = {
  patch: 2,
  dim: 4,
  depth: 1,
  heads: 1,
  hidden: 6,
  mlp: "swiglu",
  eps: 1e-6,
  grid: 2,
  positions: "size",
};

/** Fills whatever is asked for with a wave; `zero` names are zero. */
class Anything extends WeightSet {
  readonly made = new Map<string, Float32Array>();
  constructor(readonly zero: string) {
    super("anything", new Map());
  }
  override take(name: string, shape: readonly number[]): WeightTensor {
    const n = shape.reduce((a, b) => a * b, 1);
    const seed = name.length;
    const data = new Float32Array(n).map((_, i) => name.startsWith(this.zero) ? 0 : Math.sin(1 + i * 0.9 + seed));
    this.made.set(name, data);
    return tensorOf(name, shape, data);
  }
}

Deno.test("a gated MLP is w3(silu(first half of w12) * second half), as DINOv2's giant has it", async () => {
  // Attention that adds nothing leaves x + mlp(norm2 x).
  const weights = new Anything("blocks.0.attn.proj");
  const parameters = official(weights, CONFIG);
  const g = new Graph("gated");
  const net = vit(g, g.input("image", [1, 3, 4, 4]), parameters, CONFIG);
  const image = new Float32Array(48).map((_, i) => Math.cos(i));
  const { before, after } = await runOnce(
    g.model({ before: net.embeddings, after: net.blocks[0]!.token }),
    { image: { shape: [1, 3, 4, 4], data: image } },
    defaultSession,
  );
  const get = (name: string) => weights.made.get(`blocks.0.${name}`)!;
  for (let t = 0; t < 5; t++) {
    const x = before!.data.slice(4 * t, 4 * t + 4);
    const mean = x.reduce((a, b) => a + b) / 4;
    const deviation = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / 4 + 1e-6);
    const n = x.map((v, c) => (v - mean) / deviation * get("norm2.weight")[c]! + get("norm2.bias")[c]!);
    const both = Array.from(
      { length: 12 },
      (_, o) => n.reduce((s, v, c) => s + v * get("mlp.w12.weight")[4 * o + c]!, get("mlp.w12.bias")[o]!),
    );
    const gated = Array.from({ length: 6 }, (_, i) => both[i]! / (1 + Math.exp(-both[i]!)) * both[6 + i]!);
    for (let c = 0; c < 4; c++) {
      const want = gated.reduce((s, v, i) => s + v * get("mlp.w3.weight")[6 * c + i]!, get("mlp.w3.bias")[c]!) + x[c]!;
      assert(Math.abs(after!.data[4 * t + c]! - want) < 1e-5 * (1 + Math.abs(want)), `token ${t} channel ${c}`);
    }
  }
});

Deno.test("vit() refuses pictures whose sides are no multiples of the patch", () => {
  const parameters = official(new Anything("-"), CONFIG);
  const g = new Graph("odd");
  assertThrows(
    () => vit(g, g.input("image", [1, 3, 4, 5]), parameters, CONFIG),
    RangeError,
    "needs sides that are multiples of 2 and got 5 x 4 pixels",
  );
});
