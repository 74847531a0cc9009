/**
 * Backbones that read features out of Stable Diffusion's U-Net (DIFT, Tang et al., 2023).
 *
 * @module
 */
import { ConfigError, InputError } from "../../errors.ts";
import { option } from "../../option.ts";
import type { BackbonePlugin, OptionValue } from "../../types.ts";
import { hashFile } from "../../weights/hash.ts";
import { openWeights } from "../../weights/open.ts";
import { resolveWeights } from "../../weights/store.ts";
import { WeightSet } from "../../weights/set.ts";
import type { WeightTensor } from "../../weights/tensor.ts";
import { networkBackbone } from "../backbone.ts";
import { Graph, type Value } from "../graph.ts";
import { add, expand, multiply, reshape } from "../ops/mod.ts";
import { pictureOptions } from "../picture_options.ts";
import { sessionOptions } from "../session_options.ts";
import { type AutoencoderConfig, encodeLatent, LATENT_SCALE } from "./autoencoder.ts";
import { gaussian, mixAt } from "./noise.ts";
import { parseTaps, tapped } from "./taps.ts";
import { unet, type UnetConfig } from "./unet.ts";

/** A family of checkpoints. */
export interface DiffusionFamily {
  readonly autoencoder: AutoencoderConfig;
  readonly unet: UnetConfig;
  /** Side in pixels when the user names none. */
  readonly size: number;
}

function diffusionOptions({ size, unet }: DiffusionFamily) {
  return {
    unet: option("", "the U-Net's weight file, instead of the downloaded one"),
    autoencoder: option("", "the autoencoder's weight file, instead of the downloaded one"),
    prompt: option(
      "",
      `a .safetensors or .npz file whose only tensor is a prompt's embedding, [tokens, ${unet.context}]`,
    ),
    layers: option(
      1 as OptionValue,
      `what to read on the way up, one or a list: K or upK, block K (0 to ${unet.channels.length - 1}) with its ` +
        `upsampling; upK.J, its layer J (0 to ${unet.blocks}), before it`,
      { accepts: ["number", "string", "list"] },
    ),
    step: option(261, "noise step", { integer: true, min: 0, max: 999 }),
    ensemble: option(8, "features are the mean over so many draws of noise", { integer: true, min: 1 }),
    seed: option(0, "of the noise", { integer: true, min: 0 }),
    ...pictureOptions({ size, normalise: "half" }),
    ...sessionOptions,
  };
}

/**
 * The plugin of a family; a backbone's folder is this call and its card, whose weights are named `*unet*` and `*vae*`.
 * Maps are named `up0`, `up1`, ... after a block and its upsampling, and `up0.0`, `up0.1`, ... after its layers.
 */
export function diffusionBackbone(family: DiffusionFamily): BackbonePlugin<ReturnType<typeof diffusionOptions>> {
  return {
    defaults: diffusionOptions(family),
    async build({ card }, options) {
      const { step, ensemble, seed } = options;
      const taps = parseTaps(options.layers, family.unet, card.name);
      const file = async (part: string, option: "unet" | "autoencoder") => {
        const name = card.weights.find((entry) => entry.name.includes(part))?.name;
        try {
          return await resolveWeights(card, { weights: options[option], option, ...(name !== undefined && { name }) });
        } catch (error) {
          // Whoever lacks both shall learn it at once.
          if (error instanceof InputError && options.prompt === "") error.message += `; ${promptNeeded(family)}`;
          throw error;
        }
      };
      const files = { unet: await file("unet", "unet"), vae: await file("vae", "autoencoder") };
      const prompt = readPrompt(options.prompt, family, card.name);
      const tensors = { unet: openWeights(files.unet.path), vae: openWeights(files.vae.path) };
      const multiple = 2 ** (family.autoencoder.channels.length - 1);
      const identity = {
        unet: files.unet.sha256,
        vae: files.vae.sha256,
        prompt: await hashFile(options.prompt),
        layers: taps.map(({ name }) => name),
        step,
        ensemble,
        seed,
      };
      const build = ({ width, height }: { width: number; height: number }) => {
        const g = new Graph(card.name);
        const own = {
          unet: new WeightSet(files.unet.path, tensors.unet),
          vae: new WeightSet(files.vae.path, tensors.vae),
        };
        const image = g.input("image", [1, 3, height, width]);
        const clean = g.scope("autoencoder", () => encodeLatent(g, image, own.vae, family.autoencoder));
        const net = unet(
          g,
          noisy(g, clean, step, ensemble, seed),
          context(g, prompt, ensemble),
          step,
          own.unet,
          family.unet,
        );
        own.vae.finish(`autoencoder of ${card.name}`, ["decoder.*", "post_quant_conv.*"]);
        own.unet.finish(`U-Net of ${card.name}`);
        const outputs = Object.fromEntries(taps.map((tap) => [tap.name, meanOverDraws(g, tapped(net, tap))]));
        return {
          model: g.model(outputs),
          taps: taps.map(({ name }) => ({ output: name, name, layout: "planes" as const })),
        };
      };
      // Names and shapes are checked before any picture is read.
      build({ width: 8 * multiple, height: 8 * multiple });
      return networkBackbone({ card, identity, multiple, picture: options, session: options, build });
    },
  };
}

/** `ensemble` draws of noise on one latent: [1, c, h, w] -> [ensemble, c, h, w]. */
function noisy(g: Graph, clean: Value, step: number, ensemble: number, seed: number): Value {
  const [, c, h, w] = clean.shape as [number, number, number, number];
  const { signal, noise } = mixAt(step);
  const draws = gaussian(ensemble * c * h * w, seed).map((value) => value * noise);
  return add(g, multiply(g, clean, g.scalar(signal * LATENT_SCALE)), g.constant(draws, [ensemble, c, h, w], "noise"));
}

function context(g: Graph, prompt: WeightTensor, ensemble: number): Value {
  const [tokens, channels] = prompt.shape as [number, number];
  const one = reshape(g, g.constant(prompt.read(), [tokens, channels], "prompt"), [1, tokens, channels]);
  return expand(g, one, [ensemble, tokens, channels]);
}

function meanOverDraws(g: Graph, x: Value): Value {
  const shape = [1, ...x.shape.slice(1)];
  return g.node("ReduceMean", [x, g.integers([0])], shape, { attributes: { keepdims: 1 } });
}

const promptNeeded = ({ unet }: DiffusionFamily) =>
  "a prompt is needed: set backbone.prompt to the path of a file whose only tensor is its embedding " +
  `[tokens, ${unet.context}]; an empty prompt has one too`;

function readPrompt(path: string, family: DiffusionFamily, network: string): WeightTensor {
  if (path === "") throw new ConfigError(`Cannot use ${network} yet: ${promptNeeded(family)}`);
  const channels = family.unet.context;
  const [only, ...more] = openWeights(path).values();
  const shape = only!.shape[0] === 1 && only!.shape.length === 3 ? only!.shape.slice(1) : only!.shape;
  if (more.length > 0 || shape.length !== 2 || shape[1] !== channels) {
    const found = more.length > 0 ? `it holds ${more.length + 1} tensors` : `its tensor is [${only!.shape}]`;
    throw new InputError(`Cannot use prompt "${path}": one tensor [tokens, ${channels}] is needed and ${found}`);
  }
  return { ...only!, shape };
}
