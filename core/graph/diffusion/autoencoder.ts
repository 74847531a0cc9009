/**
 * The encoder of Stable Diffusion's autoencoder (Rombach et al., 2022), by diffusers' names (`vae/`).
 *
 * @module
 */
import type { WeightSet } from "../../weights/set.ts";
import type { Graph, Value } from "../graph.ts";
import { add, attention, padSpatial, reshape, silu, slice, transpose } from "../ops/mod.ts";
import { biasedConv, type Building, namedGroupNorm, namedLinear, residual } from "./parts.ts";

/** What tells one autoencoder from another. */
export interface AutoencoderConfig {
  /** Channels of each resolution, the finest first. */
  readonly channels: readonly number[];
  /** Residual blocks per resolution. */
  readonly blocks: number;
  /** Channels of the latent. */
  readonly latent: number;
  readonly groups: number;
}

/** Stable Diffusion 1 and 2. */
export const AUTOENCODER: AutoencoderConfig = { channels: [128, 256, 512, 512], blocks: 2, latent: 4, groups: 32 };

/** The factor by which Stable Diffusion 1 and 2 scale latents. */
export const LATENT_SCALE = 0.18215;

const EPS = 1e-6;

/**
 * The mean of a picture's latent distribution, unscaled.
 *
 * @param image [n, 3, h, w], values in -1..1; sides divisible by 2^(resolutions - 1)
 * @returns [n, latent, h / 8, w / 8] for four resolutions
 */
export function encodeLatent(g: Graph, image: Value, weights: WeightSet, config: AutoencoderConfig): Value {
  const b: Building = { g, weights, groups: config.groups };
  let x = biasedConv(b, "encoder.conv_in", image, config.channels[0]!, 3, { padding: 1 });
  config.channels.forEach((channels, level) => {
    const at = `encoder.down_blocks.${level}`;
    for (let i = 0; i < config.blocks; i++) x = residual(b, `${at}.resnets.${i}`, x, channels, EPS);
    if (level === config.channels.length - 1) return;
    // Padded on the right and below only.
    x = biasedConv(b, `${at}.downsamplers.0.conv`, padSpatial(g, x, { bottom: 1, right: 1 }), channels, 3, {
      stride: 2,
    });
  });
  const last = config.channels.at(-1)!;
  x = residual(b, "encoder.mid_block.resnets.0", x, last, EPS);
  x = spatialAttention(b, "encoder.mid_block.attentions.0", x);
  x = residual(b, "encoder.mid_block.resnets.1", x, last, EPS);
  x = silu(g, namedGroupNorm(b, "encoder.conv_norm_out", x, EPS));
  const moments = biasedConv(b, "encoder.conv_out", x, 2 * config.latent, 3, { padding: 1 });
  return slice(g, biasedConv(b, "quant_conv", moments, 2 * config.latent, 1), 1, 0, config.latent);
}

/** One head over all positions. Older files name the projections query, key, value, proj_attn. */
function spatialAttention(b: Building, name: string, x: Value): Value {
  const { g, weights } = b;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const modern = weights.has(`${name}.to_q.weight`) || !weights.has(`${name}.query.weight`);
  const tokens = transpose(g, reshape(g, namedGroupNorm(b, `${name}.group_norm`, x, EPS), [n, c, h * w]), [0, 2, 1]);
  const [q, k, v] = (modern ? ["to_q", "to_k", "to_v"] : ["query", "key", "value"]).map((part) =>
    namedLinear(b, `${name}.${part}`, tokens, c)
  );
  const mixed = attention(g, q!, k!, v!, { heads: 1 });
  const out = namedLinear(b, `${name}.${modern ? "to_out.0" : "proj_attn"}`, mixed, c);
  return add(g, x, reshape(g, transpose(g, out, [0, 2, 1]), [n, c, h, w]));
}
