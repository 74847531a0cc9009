/**
 * The published families of Vision Transformers.
 *
 * @module
 */
import type { VitFamily } from "./backbone.ts";
import type { VitConfig } from "./config.ts";

/** The usual sizes; the MLP is four times as wide as the tokens. */
export const VIT_SIZES = {
  tiny: { dim: 192, depth: 12, heads: 3, hidden: 768 },
  small: { dim: 384, depth: 12, heads: 6, hidden: 1536 },
  base: { dim: 768, depth: 12, heads: 12, hidden: 3072 },
  large: { dim: 1024, depth: 24, heads: 16, hidden: 4096 },
} as const satisfies Record<string, Pick<VitConfig, "dim" | "depth" | "heads" | "hidden">>;

/** DINOv2's largest: gated MLPs, 4096 wide. */
const GIANT = { dim: 1536, depth: 40, heads: 24, hidden: 4096, mlp: "swiglu" } as const;

/** DINOv2 (Oquab et al., 2024): patch 14, positions of 518 pixels. */
export function dinov2(size: "small" | "base" | "large" | "giant"): VitFamily {
  return {
    config: {
      ...(size === "giant" ? GIANT : VIT_SIZES[size]),
      patch: 14,
      eps: 1e-6,
      grid: 37,
      positions: "scale-offset",
      layerScale: true,
    },
    registers: { registers: 4, positions: "size-antialias" },
    size: 518,
    normalise: "imagenet",
    norm: true,
    ignore: ["mask_token", "embeddings.mask_token"],
  };
}

/** DINOv3 (Simeoni et al., 2025): patch 16, rotary positions, four registers. */
export function dinov3(size: "small" | "base" | "large"): VitFamily {
  return {
    config: {
      ...VIT_SIZES[size],
      patch: 16,
      eps: 1e-5,
      registers: 4,
      rotaryBase: 100,
      layerScale: true,
      keyBias: false,
    },
    size: 512,
    normalise: "imagenet",
    norm: true,
    ignore: ["embeddings.mask_token"],
  };
}

/** DINO (Caron et al., 2021) and networks of the same form: positions of 224 pixels, no layer scale. */
export function dino(size: keyof typeof VIT_SIZES, patch: 8 | 16): VitFamily {
  return {
    config: { ...VIT_SIZES[size], patch, eps: 1e-6, grid: 224 / patch, positions: "scale-offset" },
    size: 224,
    normalise: "imagenet",
    norm: true,
    // Full checkpoints hold the projection head, and iBOT's a token for masked patches.
    ignore: ["head.*", "mask_token", "masked_embed"],
  };
}

/** timm's supervised Vision Transformers (Steiner et al., 2022). */
export function supervised(size: keyof typeof VIT_SIZES): VitFamily {
  const { config, ...rest } = dino(size, 16);
  return { ...rest, config: { ...config, positions: "size-antialias" }, normalise: "half" };
}

/** MAE (He et al., 2022): the encoder; transformers' files hold the decoder too. */
export function mae(size: "base" | "large"): VitFamily {
  const { config, ...rest } = dino(size, 16);
  return { ...rest, config: { ...config, positions: "size" }, ignore: ["decoder*", "mask_token", "head.*"] };
}

/** CLIP (Radford et al., 2021): the vision half in transformers' form; tokens are read without the pooled norm. */
export function clip(size: "base", patch: 16): VitFamily {
  return {
    config: {
      ...VIT_SIZES[size],
      patch,
      eps: 1e-5,
      grid: 224 / patch,
      positions: "size",
      gelu: "quick",
      preNorm: true,
      patchBias: false,
    },
    size: 224,
    normalise: "clip",
    norm: false,
    ignore: ["*embeddings.position_ids", "text_model.*", "text_projection.*", "visual_projection.*", "logit_scale"],
  };
}
