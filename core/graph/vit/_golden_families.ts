import { type GoldenCase, vectors } from "../../golden/vectors.ts";
import type { GoldenRunner } from "../../golden/types.ts";
import { reshape } from "../ops/mod.ts";
import { caseConfig, caseWeights, classToken, planes, positionTable, runVit } from "./_golden.ts";
import type { VitConfig } from "./config.ts";
import { official, transformers, type VitDialect } from "./dialects.ts";
import { tokenConstants } from "./network.ts";
import type { PositionRule } from "./positions.ts";

/** The recorded `pos_embed`: the class token's own position, then the resampled grid. */
function recordedPositions(c: GoldenCase, dialect: VitDialect, config: VitConfig, table: string): Float32Array {
  const { height, width } = { height: c.config.H as number, width: c.config.W as number };
  const { patches } = tokenConstants(
    dialect(caseWeights(c), config),
    config,
    height / config.patch,
    width / config.patch,
  );
  return positionTable(c.param(table).data.slice(0, config.dim), patches!);
}

/** facebookresearch/dinov2. */
export function officialDinov2(folder: string, registers: number, positions: PositionRule): GoldenRunner {
  return vectors(folder, async (c) => {
    const config = caseConfig(c, { patch: 14, eps: 1e-6, grid: 37, registers, positions, layerScale: true });
    const outputs = await runVit(c, official, config, ["mask_token"], (g, net) => {
      const last = net.blocks.at(-1)!.token;
      const layers = net.blocks.map(({ token }, i) => [`layer${i}_norm`, planes(g, net, net.norm(token))] as const);
      return {
        embeddings: net.embeddings,
        x_prenorm: last,
        x_norm_clstoken: classToken(g, net.norm(last)),
        ...Object.fromEntries(layers),
      };
    });
    return { ...outputs, pos_embed: recordedPositions(c, official, config, "pos_embed") };
  });
}

/** transformers: Dinov2Backbone and Dinov2WithRegistersBackbone. */
export function transformersDinov2(folder: string, registers: number, positions: PositionRule): GoldenRunner {
  return vectors(folder, async (c) => {
    const config = caseConfig(c, { patch: 14, eps: 1e-6, grid: 37, registers, positions, layerScale: true });
    const outputs = await runVit(c, transformers, config, ["embeddings.mask_token"], (g, net) => ({
      embeddings: net.embeddings,
      ...Object.fromEntries(
        net.blocks.map(({ token }, i) => [`stage${i + 1}`, planes(g, net, net.norm(token))]),
      ),
    }));
    return { ...outputs, pos_embed: recordedPositions(c, transformers, config, "embeddings.position_embeddings") };
  });
}

/** timm's VisionTransformer. */
export function timmVit(
  folder: string,
  settings: Pick<VitConfig, "patch" | "grid" | "registers" | "layerScale">,
): GoldenRunner {
  return vectors(folder, (c) => {
    const config = caseConfig(c, { eps: 1e-6, positions: "size-antialias", ...settings });
    return runVit(c, official, config, [], (g, net) => {
      const last = net.blocks.at(-1)!;
      const heads = (x: typeof last.key) =>
        reshape(g, x, [x.shape[0]!, x.shape[1]!, config.heads, config.dim / config.heads]);
      return {
        embeddings: net.embeddings,
        final_tokens: net.norm(last.token),
        last_key: heads(last.key),
        last_query: heads(last.query),
        last_value: heads(last.value),
        ...Object.fromEntries(
          net.blocks.map(({ token }, i) => [`layer${i}_norm`, planes(g, net, net.norm(token))]),
        ),
      };
    });
  });
}
