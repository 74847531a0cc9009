/**
 * The names that published checkpoints give to the parameters of a Vision Transformer.
 *
 * @module
 */
import type { WeightSet } from "../../weights/set.ts";
import { rowsOf } from "../../weights/tensor.ts";
import type { VitConfig } from "./config.ts";
import type { Affine, BlockParameters, MlpParameters, VitParameters } from "./parameters.ts";

/** Takes every parameter of a network from a checkpoint. */
export type VitDialect = (weights: WeightSet, config: VitConfig) => VitParameters;

/** Takes `<name>.weight` and, where there is one, `<name>.bias` (of the weight's first side). */
function affine(weights: WeightSet, name: string, shape: readonly number[], bias = true): Affine {
  const weight = weights.take(`${name}.weight`, shape);
  return bias ? { weight, bias: weights.take(`${name}.bias`, [shape[0]!]) } : { weight };
}

function part({ weight, bias }: Affine, from: number, to: number): Affine {
  return { weight: rowsOf(weight, from, to), ...(bias && { bias: rowsOf(bias, from, to) }) };
}

/**
 * facebookresearch and timm: DINO, iBOT, DINOv2, MAE, timm's own. One `qkv` projection; gated MLPs as `w12`, `w3`.
 * timm writes `reg_token` for `register_tokens` and gives the class token no position where it has registers.
 */
export const official: VitDialect = (weights, config) => {
  const { dim, patch, depth, hidden, registers = 0, grid = 0 } = config;
  const timmRegisters = weights.has("reg_token");
  const positions = grid * grid + (timmRegisters ? 0 : 1);
  const block = (i: number): BlockParameters => {
    const at = `blocks.${i}`;
    const qkv = affine(weights, `${at}.attn.qkv`, [3 * dim, dim]);
    return {
      norm1: affine(weights, `${at}.norm1`, [dim]),
      q: part(qkv, 0, dim),
      k: part(qkv, dim, 2 * dim),
      v: part(qkv, 2 * dim, 3 * dim),
      out: affine(weights, `${at}.attn.proj`, [dim, dim]),
      ...(config.layerScale && { scale1: weights.take(`${at}.ls1.gamma`, [dim]) }),
      norm2: affine(weights, `${at}.norm2`, [dim]),
      mlp: mlp(`${at}.mlp`),
      ...(config.layerScale && { scale2: weights.take(`${at}.ls2.gamma`, [dim]) }),
    };
  };
  const mlp = (at: string): MlpParameters => {
    if (config.mlp === "swiglu") {
      const both = affine(weights, `${at}.w12`, [2 * hidden, dim]);
      return {
        kind: "swiglu",
        gate: part(both, 0, hidden),
        up: part(both, hidden, 2 * hidden),
        down: affine(weights, `${at}.w3`, [dim, hidden]),
      };
    }
    return {
      kind: "gelu",
      fc1: affine(weights, `${at}.fc1`, [hidden, dim]),
      fc2: affine(weights, `${at}.fc2`, [dim, hidden]),
    };
  };
  return {
    patch: affine(weights, "patch_embed.proj", [dim, 3, patch, patch]),
    cls: weights.take("cls_token", [1, 1, dim]),
    ...(registers > 0 &&
      { registers: weights.take(timmRegisters ? "reg_token" : "register_tokens", [1, registers, dim]) }),
    positions: weights.take("pos_embed", [1, positions, dim]),
    blocks: Array.from({ length: depth }, (_, i) => block(i)),
    norm: affine(weights, "norm", [dim]),
  };
};

/** The first of several prefixes under which a checkpoint has a tensor; the first of all where it has none. */
function prefixOf(weights: WeightSet, prefixes: readonly string[], name: string): string {
  return prefixes.find((prefix) => weights.has(prefix + name)) ?? prefixes[0]!;
}

/**
 * Hugging Face transformers: DINOv2 (with and without registers) and ViT-MAE, both in the published form
 * (`attention.attention.query`) and in that of transformers 5 (`attention.q_proj`).
 */
export const transformers: VitDialect = (weights, config) => {
  const { dim, patch, depth, hidden, registers = 0, grid = 0 } = config;
  const root = prefixOf(weights, ["", "vit.", "dinov2.", "dinov2_with_registers."], "embeddings.cls_token");
  const layers = prefixOf(weights, [`${root}encoder.layer.`, `${root}layers.`], "0.mlp.fc1.weight");
  const flat = !weights.has(`${layers}0.mlp.fc1.weight`) && weights.has(`${layers}0.intermediate.dense.weight`);
  const mae = flat || weights.has(`${layers}0.layernorm_before.weight`);
  const modern = weights.has(`${layers}0.attention.q_proj.weight`);
  const projection = (at: string, name: "q" | "k" | "v") =>
    affine(
      weights,
      modern
        ? `${at}.attention.${name}_proj`
        : `${at}.attention.attention.${{ q: "query", k: "key", v: "value" }[name]}`,
      [dim, dim],
    );
  const block = (i: number): BlockParameters => {
    const at = `${layers}${i}`;
    return {
      norm1: affine(weights, `${at}.${mae ? "layernorm_before" : "norm1"}`, [dim]),
      q: projection(at, "q"),
      k: projection(at, "k"),
      v: projection(at, "v"),
      out: affine(weights, modern ? `${at}.attention.o_proj` : `${at}.attention.output.dense`, [dim, dim]),
      ...(config.layerScale && { scale1: weights.take(`${at}.layer_scale1.lambda1`, [dim]) }),
      norm2: affine(weights, `${at}.${mae ? "layernorm_after" : "norm2"}`, [dim]),
      mlp: mlp(at),
      ...(config.layerScale && { scale2: weights.take(`${at}.layer_scale2.lambda1`, [dim]) }),
    };
  };
  const mlp = (at: string): MlpParameters => {
    if (config.mlp === "swiglu") {
      const both = affine(weights, `${at}.mlp.weights_in`, [2 * hidden, dim]);
      const down = affine(weights, `${at}.mlp.weights_out`, [dim, hidden]);
      return { kind: "swiglu", gate: part(both, 0, hidden), up: part(both, hidden, 2 * hidden), down };
    }
    return {
      kind: "gelu",
      fc1: affine(weights, flat ? `${at}.intermediate.dense` : `${at}.mlp.fc1`, [hidden, dim]),
      fc2: affine(weights, flat ? `${at}.output.dense` : `${at}.mlp.fc2`, [dim, hidden]),
    };
  };
  return {
    patch: affine(weights, `${root}embeddings.patch_embeddings.projection`, [dim, 3, patch, patch]),
    cls: weights.take(`${root}embeddings.cls_token`, [1, 1, dim]),
    ...(registers > 0 && { registers: weights.take(`${root}embeddings.register_tokens`, [1, registers, dim]) }),
    positions: weights.take(`${root}embeddings.position_embeddings`, [1, grid * grid + 1, dim]),
    blocks: Array.from({ length: depth }, (_, i) => block(i)),
    norm: affine(weights, `${root}layernorm`, [dim]),
  };
};

/** Hugging Face transformers: DINOv3. Blocks are `layer.N` in published files and `model.layer.N` in transformers 5. */
export const dinov3: VitDialect = (weights, config) => {
  const { dim, patch, depth, hidden, registers = 4 } = config;
  const layers = prefixOf(weights, ["layer.", "model.layer."], "0.norm1.weight");
  const block = (i: number): BlockParameters => {
    const at = `${layers}${i}`;
    const up = affine(weights, `${at}.mlp.up_proj`, [hidden, dim]);
    const down = affine(weights, `${at}.mlp.down_proj`, [dim, hidden]);
    return {
      norm1: affine(weights, `${at}.norm1`, [dim]),
      q: affine(weights, `${at}.attention.q_proj`, [dim, dim]),
      k: affine(weights, `${at}.attention.k_proj`, [dim, dim], config.keyBias ?? true),
      v: affine(weights, `${at}.attention.v_proj`, [dim, dim]),
      out: affine(weights, `${at}.attention.o_proj`, [dim, dim]),
      scale1: weights.take(`${at}.layer_scale1.lambda1`, [dim]),
      norm2: affine(weights, `${at}.norm2`, [dim]),
      mlp: config.mlp === "swiglu"
        ? { kind: "swiglu", gate: affine(weights, `${at}.mlp.gate_proj`, [hidden, dim]), up, down }
        : { kind: "gelu", fc1: up, fc2: down },
      scale2: weights.take(`${at}.layer_scale2.lambda1`, [dim]),
    };
  };
  return {
    patch: affine(weights, "embeddings.patch_embeddings", [dim, 3, patch, patch]),
    cls: weights.take("embeddings.cls_token", [1, 1, dim]),
    ...(registers > 0 && { registers: weights.take("embeddings.register_tokens", [1, registers, dim]) }),
    blocks: Array.from({ length: depth }, (_, i) => block(i)),
    norm: affine(weights, "norm", [dim]),
  };
};

/** Hugging Face transformers: the vision half of CLIP, alone or inside a file that holds both halves. */
export const clip: VitDialect = (weights, config) => {
  const { dim, patch, depth, hidden, grid = 0 } = config;
  const root = prefixOf(weights, ["", "vision_model."], "embeddings.class_embedding");
  const block = (i: number): BlockParameters => {
    const at = `${root}encoder.layers.${i}`;
    const projection = (name: string) => affine(weights, `${at}.self_attn.${name}_proj`, [dim, dim]);
    return {
      norm1: affine(weights, `${at}.layer_norm1`, [dim]),
      q: projection("q"),
      k: projection("k"),
      v: projection("v"),
      out: projection("out"),
      norm2: affine(weights, `${at}.layer_norm2`, [dim]),
      mlp: {
        kind: "gelu",
        fc1: affine(weights, `${at}.mlp.fc1`, [hidden, dim]),
        fc2: affine(weights, `${at}.mlp.fc2`, [dim, hidden]),
      },
    };
  };
  return {
    patch: affine(weights, `${root}embeddings.patch_embedding`, [dim, 3, patch, patch], config.patchBias ?? true),
    cls: weights.take(`${root}embeddings.class_embedding`, [dim]),
    positions: weights.take(`${root}embeddings.position_embedding.weight`, [grid * grid + 1, dim]),
    // The published spelling.
    preNorm: affine(weights, `${root}pre_layrnorm`, [dim]),
    blocks: Array.from({ length: depth }, (_, i) => block(i)),
    norm: affine(weights, `${root}post_layernorm`, [dim]),
  };
};
