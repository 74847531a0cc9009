/**
 * Any network in an ONNX file that takes one RGB picture; any of its tensors can be a map.
 *
 * @module
 */
import { InputError } from "../../core/errors.ts";
import { networkBackbone, type Tap } from "../../core/graph/backbone.ts";
import { decodeModel } from "../../core/graph/onnx/proto.ts";
import { checkTaps, outputNames, tapModel } from "../../core/graph/onnx/tap.ts";
import { pictureOptions } from "../../core/graph/picture_options.ts";
import { batchOption, sessionOptions } from "../../core/graph/session_options.ts";
import { option } from "../../core/option.ts";
import type { BackbonePlugin, OptionValue } from "../../core/types.ts";
import { hashFile } from "../../core/weights/hash.ts";

const defaults = {
  path: option("", "the ONNX file"),
  layers: option([] as OptionValue, "names of tensors to read; empty: all outputs of the file", { accepts: ["list"] }),
  multiple: option(1, "sides of pictures are multiples of this: the network's patch or stride", {
    integer: true,
    min: 1,
  }),
  ...pictureOptions({ size: 256, normalise: "imagenet" }),
  ...batchOption,
  ...sessionOptions,
};

/**
 * Tensors [n, channels, rows, cols] are read as maps; tensors [n, tokens, channels] as patches of `multiple` pixels,
 * row by row, after any other tokens.
 */
export default {
  defaults,
  async build({ card }, options) {
    const { path, multiple } = options;
    if (path === "") throw new InputError("Cannot build backbone onnx without a file; set backbone.path=NETWORK.onnx");
    const sha256 = await hashFile(path);
    const proto = decodeModel(await Deno.readFile(path), path);
    const asked = layersOf(options.layers);
    const layers = asked.length > 0 ? asked : outputNames(proto);
    checkTaps(proto, path, layers);
    return networkBackbone({
      card,
      identity: { sha256, layers },
      multiple,
      picture: options,
      session: options,
      batch: options.batch,
      build({ width, height }, count) {
        const model = tapModel(proto, path, layers, [count, 3, height, width]);
        const tap = (output: string): Tap => ({
          output,
          name: output,
          layout: "auto",
          rows: Math.floor(height / multiple),
          cols: Math.floor(width / multiple),
        });
        return { model, taps: layers.map(tap) };
      },
    });
  },
} satisfies BackbonePlugin<typeof defaults>;

function layersOf(value: OptionValue): string[] {
  const list = Array.isArray(value) ? value : [value];
  const wrong = list.find((layer) => typeof layer !== "string");
  if (wrong !== undefined) {
    throw new InputError(`Cannot tap ${JSON.stringify(wrong)}: layers are names, such as layers=[stage3]`);
  }
  return list as string[];
}
