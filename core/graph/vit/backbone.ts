/**
 * Backbones that are Vision Transformers: options, weights, taps.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { option } from "../../option.ts";
import type { BackbonePlugin, OptionValue } from "../../types.ts";
import { openWeights } from "../../weights/open.ts";
import { resolveWeights } from "../../weights/store.ts";
import { renamed, WeightSet } from "../../weights/set.ts";
import { hashWeights } from "../../weights/sharded.ts";
import type { WeightTensor } from "../../weights/tensor.ts";
import { networkBackbone, type SizedNetwork } from "../backbone.ts";
import { Graph, type Precision, PRECISIONS, type Value } from "../graph.ts";
import { type Normalisation, pictureOptions } from "../picture_options.ts";
import { batchOption, sessionOptions } from "../session_options.ts";
import type { VitConfig } from "./config.ts";
import { clip, dinov3, official, transformers, type VitDialect } from "./dialects.ts";
import { type Vit, vit } from "./network.ts";
import type { VitParameters } from "./parameters.ts";
import { orderedList, withTunedBlocks, withTunedNames } from "./tuned.ts";
import { POSITION_RULES, type PositionRule } from "./positions.ts";

/** A family of checkpoints that share a network. */
export interface VitFamily {
  readonly config: VitConfig;
  /** Side in pixels when the user names none: that of the trained positions, as a rule. */
  readonly size: number;
  readonly normalise: Normalisation;
  /** Whether tokens are read after the network's last norm, as the authors do. */
  readonly norm: boolean;
  /** Networks with another token or rule, chosen by `registers=true`. */
  readonly registers?: Partial<VitConfig>;
  /** Tensors a file may hold beside the network's (heads, a text half); `*` stands for any letters. */
  readonly ignore: readonly string[];
}

/** What can be read out of a block. */
const FACETS = ["token", "key", "query", "value"] as const;

function vitOptions({ size, normalise, norm }: VitFamily) {
  return {
    weights: option("", "a weight file to use instead of the downloaded one"),
    tuned: option("", "a file of fine-tuned parameters: by name, or the survey's ordered list of the last blocks"),
    layers: option(null as OptionValue, "blocks to read, counted from 1: a number or a list; null: the last one", {
      accepts: ["number", "list", "null"],
    }),
    facet: option("token", "what to read: the tokens after a block, or keys, queries, values inside it", {
      choices: FACETS,
    }),
    norm: option(norm, "read tokens after the network's last norm; keys, queries and values never are"),
    positions: option("auto", "how learned positions meet other sizes; auto: as the official code", {
      choices: ["auto", ...POSITION_RULES],
    }),
    registers: option(false, "the network trained with register tokens, where there is one"),
    precision: option(
      "float32",
      "int8: linear layers in 8-bit integers, less exact; run both, then `deno task compare` shows what PCK it costs",
      {
        choices: PRECISIONS,
      },
    ),
    ...pictureOptions({ size, normalise }),
    ...batchOption,
    ...sessionOptions,
  };
}

type VitOptions = ReturnType<typeof vitOptions>;

/** The plugin of a family; a backbone's folder is this call and its card. */
export function vitBackbone(family: VitFamily): BackbonePlugin<VitOptions> {
  return {
    defaults: vitOptions(family),
    async build({ card }, options) {
      if (options.registers && family.registers === undefined) {
        throw new InputError(`Cannot build ${card.name} with registers: there is no such network`);
      }
      const config = configOf(family, options.registers, options.positions);
      const layers = layersOf(options.layers, config.depth, card.name);
      const facet = options.facet as typeof FACETS[number];
      const norm = options.norm && facet === "token";
      const name = card.weights.find((entry) => /_reg4|registers/.test(entry.name) === options.registers)?.name;
      const precision = options.precision as Precision;
      const file = await resolveWeights(card, {
        weights: options.weights,
        ...(card.weights.length > 1 && name !== undefined && { name }),
      });
      const parameters = loadVit({ path: file.path, tuned: options.tuned }, config, card.name, family.ignore);
      const tuned = options.tuned ? await hashWeights(options.tuned) : "";
      return networkBackbone({
        card,
        identity: {
          sha256: file.sha256,
          layers,
          facet,
          norm,
          positions: config.positions ?? "rotary",
          precision,
          tuned,
        },
        multiple: config.patch,
        picture: options,
        session: options,
        batch: options.batch,
        build: (size, count) => {
          const g = new Graph(card.name, precision);
          const net = vit(g, g.input("image", [count, 3, size.height, size.width]), parameters, config);
          return tapped(g, net, layers, (layer) => {
            const value = net.blocks[layer - 1]![facet];
            return norm ? net.norm(value) : value;
          }, facet);
        },
      });
    },
  };
}

/**
 * Takes the parameters of a network from a checkpoint of any known naming, exactly.
 *
 * @param tuned a file whose tensors replace some of the checkpoint's: by the same names, or as an ordered list
 */
export function loadVit(
  { path, tuned }: { readonly path: string; readonly tuned?: string },
  config: VitConfig,
  network: string,
  ignore: readonly string[],
): VitParameters {
  let tensors = unwrapped(openWeights(path));
  const replaced = tuned ? openWeights(tuned) : undefined;
  const list = replaced && orderedList(replaced);
  if (replaced !== undefined && list === undefined) tensors = withTunedNames(tensors, unwrapped(replaced), tuned!);
  const weights = new WeightSet(path, tensors);
  const parameters = dialectOf(weights, config)(weights, config);
  weights.finish(network, ignore);
  return list === undefined ? parameters : withTunedBlocks(parameters, list, config, tuned!);
}

/** Names without what training wrappers put before them. */
function unwrapped(tensors: Map<string, WeightTensor>): Map<string, WeightTensor> {
  for (const prefix of ["module.backbone.", "backbone.", "module.", "encoder_q."]) {
    if (![...tensors.keys()].some((name) => name.startsWith(`${prefix}patch_embed.`))) continue;
    return renamed(tensors, (name) => name.startsWith(prefix) ? name.slice(prefix.length) : undefined);
  }
  return tensors;
}

function dialectOf(weights: WeightSet, config: VitConfig): VitDialect {
  if (config.rotaryBase !== undefined) return dinov3;
  if (config.preNorm) return clip;
  return weights.has("patch_embed.proj.weight") || weights.has("cls_token") ? official : transformers;
}

function configOf(family: VitFamily, registers: boolean, positions: string): VitConfig {
  const config = { ...family.config, ...(registers && family.registers) };
  return positions === "auto" || config.positions === undefined
    ? config
    : { ...config, positions: positions as PositionRule };
}

function layersOf(value: OptionValue, depth: number, network: string): number[] {
  const list = value === null ? [depth] : Array.isArray(value) ? value : [value];
  for (const layer of list) {
    if (typeof layer !== "number" || !Number.isInteger(layer) || layer < 1 || layer > depth) {
      throw new InputError(`Cannot read block ${JSON.stringify(layer)} of ${network}: its blocks are 1 to ${depth}`);
    }
  }
  if (list.length === 0) throw new InputError(`Cannot read no block of ${network}: give one of 1 to ${depth}`);
  return list as number[];
}

function tapped(
  g: Graph,
  net: Vit,
  layers: readonly number[],
  value: (layer: number) => Value,
  facet: string,
): SizedNetwork {
  const outputs = Object.fromEntries(layers.map((layer) => [`${facet}${layer}`, value(layer)]));
  const { rows, cols } = net;
  return {
    model: g.model(outputs),
    taps: Object.keys(outputs).map((output) => ({ output, name: output, layout: "tokens", rows, cols })),
  };
}
