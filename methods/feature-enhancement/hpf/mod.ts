/**
 * Hyperpixel Flow: a few layers of a network stacked into hyperpixels, matched by regularised Hough voting, points moved
 * by the receptive fields that cover them (Min, Lee, Ponce, Cho: "Hyperpixel Flow", ICCV 2019).
 *
 * @module
 */
import { ConfigError, InputError } from "../../../core/errors.ts";
import { clampPoints } from "../../../core/frame.ts";
import { concatMaps } from "../../../core/fuse/concat.ts";
import { recent } from "../../../core/fuse/recent.ts";
import { appearance, houghConfidence, type Hyperpixels, hyperpixelsOf } from "../../../core/fuse/rhm/matching.ts";
import { type Field, RESNET_FIELDS } from "../../../core/fuse/rhm/receptive_fields.ts";
import { transferPoints } from "../../../core/fuse/rhm/transfer.ts";
import { option } from "../../../core/option.ts";
import type { FeatureMap, Frame, Image, Method, MethodPlugin } from "../../../core/types.ts";

const defaults = {
  receptive_field: option(
    null as number | null,
    "pixels a cell of the first layer sees; null: by the layer's name, for bottlenecks of a ResNet",
    { accepts: ["number", "null"], integer: true, min: 1 },
  ),
  jump: option(
    null as number | null,
    "pixels between neighbouring cells of the first layer; null: by the layer's name, as above",
    { accepts: ["number", "null"], integer: true, min: 1 },
  ),
  prune: option(true, "leave out cells that see beyond the picture by more than a jump"),
  power: option(3, "cosines of votes are raised to this", { min: 0 }),
  bins: option(8192, "about how many offsets are told apart", { integer: true, min: 1 }),
};

export default {
  defaults,
  async build({ backbone, ops }, options) {
    if ((options.receptive_field === null) !== (options.jump === null)) {
      throw new InputError("Cannot tell what cells see: set receptive_field and jump together, or neither");
    }
    const native = await ops();
    const hyperpixels = recent((maps) => {
      const joined = concatMaps(maps, { normalise: false, resampling: "align-corners" });
      return { pixels: hyperpixelsOf(joined, fieldOf(maps[0]!, options), options.prune), frame: joined.frame };
    });
    const view = async (image: Image) => hyperpixels(await backbone.extract(image));
    const method: Method = {
      async correspond(source, target, points) {
        const a = await view(source);
        const b = await view(target);
        checkOverlap(a.pixels, source);
        checkOverlap(b.pixels, target);
        const pair = { source: a.pixels, target: b.pixels };
        const confidence = await houghConfidence(native, await appearance(native, pair, options), pair, options);
        const from = scalesOf(a.frame);
        const to = scalesOf(b.frame);
        const places = points.xy.map((value, i) => value * from[i % 2]!);
        const moved = transferPoints(places, a.pixels.boxes, b.pixels.boxes, confidence);
        const xy = moved.xy.map((value, i) => value / to[i % 2]!);
        return { ...clampPoints({ n: points.n, xy }, target), score: moved.score };
      },
      close: async () => await backbone.close?.(),
    };
    return method;
  },
} satisfies MethodPlugin<typeof defaults>;

/** What cells of the first layer see. */
function fieldOf({ name }: FeatureMap, options: { receptive_field: number | null; jump: number | null }): Field {
  const { receptive_field: size, jump } = options;
  if (size !== null && jump !== null) return { size, jump };
  // Of a fused backbone the layer is named part/layer.
  const layer = /^(?:.*\/)?(\d+)(?:\.sum)?$/.exec(name)?.[1];
  const field = layer === undefined ? undefined : RESNET_FIELDS[Number(layer)];
  if (field !== undefined) return field;
  throw new ConfigError(
    `Cannot tell what cells of layer "${name}" see: it is no bottleneck 0 to ${
      RESNET_FIELDS.length - 1
    } of a ResNet; ` +
      "put such a layer first, or set receptive_field and jump (bottleneck 7 of a ResNet: receptive_field=91 jump=8)",
  );
}

function checkOverlap({ boxes }: Hyperpixels, { origin }: Image): void {
  if (boxes.n > 0) return;
  throw new InputError(`Cannot match "${origin}": it is smaller than what one cell sees; set prune=false`);
}

/**
 * Original to network pixels as HPF's code moves points: by the factor of the longest side, without the half pixel by
 * which resizing shifts centres. A picture whose aspect was not kept has a factor per side.
 */
function scalesOf({ original, network, x, y }: Frame): [number, number] {
  const longest = Math.max(network.width, network.height) / Math.max(original.width, original.height);
  // The other side is rounded down to whole pixels.
  const isKept = Math.abs(original.width * longest - network.width) <= 1 &&
    Math.abs(original.height * longest - network.height) <= 1;
  return isKept ? [longest, longest] : [x.scale, y.scale];
}
