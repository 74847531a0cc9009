/**
 * The U-Net of Stable Diffusion 1 and 2 (Rombach et al., 2022), by diffusers' names (`unet/`).
 *
 * @module
 */
import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import {
  add,
  attention,
  concat,
  gelu,
  layerNorm,
  multiply,
  reshape,
  resize,
  silu,
  slice,
  transpose,
} from "../ops/mod.ts";
import { biasedConv, type Building, namedGroupNorm, namedLinear, residual } from "./parts.ts";

/** What tells one U-Net from another. */
export interface UnetConfig {
  /** Channels of each resolution, the finest first. */
  readonly channels: readonly number[];
  /** Which resolutions have attention. */
  readonly attention: readonly boolean[];
  /** Attention heads per resolution. */
  readonly heads: readonly number[];
  /** Residual blocks per resolution on the way down; one more on the way up. */
  readonly blocks: number;
  /** Channels of the prompt's tokens. */
  readonly context: number;
  readonly latent: number;
  readonly groups: number;
  /** Whether the projections around attention are linear layers (SD 2) or 1x1 convolutions (SD 1). */
  readonly linearProjection: boolean;
}

const SD = { channels: [320, 640, 1280, 1280], attention: [true, true, true, false], blocks: 2, latent: 4, groups: 32 };

/** Stable Diffusion 1.1 to 1.5. */
export const UNET_SD1: UnetConfig = { ...SD, heads: [8, 8, 8, 8], context: 768, linearProjection: false };
/** Stable Diffusion 2.0 and 2.1. */
export const UNET_SD2: UnetConfig = { ...SD, heads: [5, 10, 20, 20], context: 1024, linearProjection: true };

/** What can be read; only what leads to an output becomes part of the model. */
export interface Unet {
  /** After each resolution on the way down, its downsampling included. */
  readonly down: readonly Value[];
  readonly middle: Value;
  /** After each resolution on the way up, its upsampling included: DIFT's `up_ft_index` counts these. */
  readonly up: readonly Value[];
  /** After each residual block (and its attention) on the way up, before any upsampling: `upLayers[up block][block]`. */
  readonly upLayers: readonly (readonly Value[])[];
  /** The predicted noise (or velocity). */
  readonly output: Value;
}

/**
 * Sinusoidal embedding of a noise step: cosines, then sines, of step * 10000^(-i / half).
 *
 * @returns [channels]
 */
export function stepEmbedding(step: number, channels: number): Float32Array {
  const half = channels / 2;
  const out = new Float32Array(channels);
  for (let i = 0; i < half; i++) {
    const angle = step * Math.exp(-Math.log(10000) * i / half);
    out[i] = Math.cos(angle);
    out[half + i] = Math.sin(angle);
  }
  return out;
}

/**
 * Builds the U-Net for one noise step.
 *
 * @param latent [n, latent channels, h, w]
 * @param context [n, tokens, context channels]: the prompt's embedding
 * @param step 0 (clean) .. 999 (noise); part of the graph
 */
export function unet(
  g: Graph,
  latent: Value,
  context: Value,
  step: number,
  weights: WeightSet,
  config: UnetConfig,
): Unet {
  const b: Building = { g, weights, groups: config.groups };
  const { channels, blocks } = config;
  const first = channels[0]!;
  const time = namedLinear(
    b,
    "time_embedding.linear_2",
    silu(g, namedLinear(b, "time_embedding.linear_1", g.constant(stepEmbedding(step, first), [1, first]), 4 * first)),
    4 * first,
  );
  const layer = (at: string, i: number, level: number, x: Value, out: number): Value => {
    const y = residual(b, `${at}.resnets.${i}`, x, out, 1e-5, time);
    return config.attention[level]
      ? transformer(b, `${at}.attentions.${i}`, y, context, config.heads[level]!, config)
      : y;
  };
  let x = biasedConv(b, "conv_in", latent, first, 3, { padding: 1 });
  const skips = [x];
  const down = channels.map((out, level) => {
    const at = `down_blocks.${level}`;
    for (let i = 0; i < blocks; i++) skips.push(x = layer(at, i, level, x, out));
    if (level < channels.length - 1) {
      skips.push(x = biasedConv(b, `${at}.downsamplers.0.conv`, x, out, 3, { stride: 2, padding: 1 }));
    }
    return x;
  });
  const last = channels.at(-1)!;
  x = residual(b, "mid_block.resnets.0", x, last, 1e-5, time);
  x = transformer(b, "mid_block.attentions.0", x, context, config.heads.at(-1)!, config);
  const middle = x = residual(b, "mid_block.resnets.1", x, last, 1e-5, time);
  const upLayers: Value[][] = [];
  const up = channels.map((_, k) => {
    const at = `up_blocks.${k}`;
    const level = channels.length - 1 - k;
    const own: Value[] = [];
    for (let i = 0; i <= blocks; i++) {
      own.push(x = layer(at, i, level, concat(g, [x, skips.pop()!], 1), channels[level]!));
    }
    upLayers.push(own);
    if (level > 0) {
      // To the size of the next skip: latents whose sides are odd somewhere come back to their own size.
      const [, , rows, cols] = skips.at(-1)!.shape as [number, number, number, number];
      const larger = resize(g, x, rows, cols, { mode: "nearest" });
      x = biasedConv(b, `${at}.upsamplers.0.conv`, larger, channels[level]!, 3, { padding: 1 });
    }
    return x;
  });
  const final = silu(g, namedGroupNorm(b, "conv_norm_out", x, 1e-5));
  return { down, middle, up, upLayers, output: biasedConv(b, "conv_out", final, config.latent, 3, { padding: 1 }) };
}

/** Self-attention, attention to the prompt, gated MLP, around which the map becomes tokens and back. */
function transformer(b: Building, name: string, x: Value, context: Value, heads: number, config: UnetConfig): Value {
  const { g } = b;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const toTokens = (map: Value) => transpose(g, reshape(g, map, [n, c, h * w]), [0, 2, 1]);
  const toMap = (tokens: Value) => reshape(g, transpose(g, tokens, [0, 2, 1]), [n, c, h, w]);
  const normed = namedGroupNorm(b, `${name}.norm`, x, 1e-6);
  let y = config.linearProjection
    ? namedLinear(b, `${name}.proj_in`, toTokens(normed), c)
    : toTokens(biasedConv(b, `${name}.proj_in`, normed, c, 1));
  const at = `${name}.transformer_blocks.0`;
  y = add(g, y, attend(b, `${at}.attn1`, namedLayerNorm(b, `${at}.norm1`, y), undefined, heads));
  y = add(g, y, attend(b, `${at}.attn2`, namedLayerNorm(b, `${at}.norm2`, y), context, heads));
  const both = namedLinear(b, `${at}.ff.net.0.proj`, namedLayerNorm(b, `${at}.norm3`, y), 8 * c);
  const gated = multiply(g, slice(g, both, 2, 0, 4 * c), gelu(g, slice(g, both, 2, 4 * c, 8 * c)));
  y = add(g, y, namedLinear(b, `${at}.ff.net.2`, gated, c));
  const out = config.linearProjection
    ? toMap(namedLinear(b, `${name}.proj_out`, y, c))
    : biasedConv(b, `${name}.proj_out`, toMap(y), c, 1);
  return add(g, x, out);
}

function attend(b: Building, name: string, x: Value, context: Value | undefined, heads: number): Value {
  const c = x.shape.at(-1)!;
  const q = namedLinear(b, `${name}.to_q`, x, c, false);
  const k = namedLinear(b, `${name}.to_k`, context ?? x, c, false);
  const v = namedLinear(b, `${name}.to_v`, context ?? x, c, false);
  return namedLinear(b, `${name}.to_out.0`, attention(b.g, q, k, v, { heads }), c);
}

function namedLayerNorm({ g, weights }: Building, name: string, x: Value): Value {
  const c = x.shape.at(-1)!;
  return g.scope(name, () => {
    const [scale, shift] = ["weight", "bias"].map((part) => g.weight(weights.take(`${name}.${part}`, [c])));
    return layerNorm(g, x, scale!, shift!, 1e-5);
  });
}
