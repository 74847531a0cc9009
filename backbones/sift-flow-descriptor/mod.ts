import { identityFrame, sampledGrid } from "../../core/frame.ts";
import { option } from "../../core/option.ts";
import type { BackbonePlugin, ByteMap, Image } from "../../core/types.ts";
import { CHANNELS, siftFlowDescriptor } from "./descriptor.ts";

const defaults = {
  cell: option(3, "side of one of the 4x4 spatial cells in pixels", { integer: true, min: 1, max: 64 }),
  filter: option(
    "package",
    "package: the cell filter as the released code executes it, off its centre; symmetric: as evidently meant",
    { choices: ["package", "symmetric"] },
  ),
};

/**
 * SIFT Flow's descriptors: one map, one cell per pixel, 128 channels [cell y][cell x][orientation], whole numbers
 * 0..255. A picture of any size has them: positions outside it are the nearest inside. Without gradients they are 0.
 */
export default {
  defaults,
  build({ card }, options) {
    const settings = { cell: options.cell, filter: options.filter as "package" | "symmetric" };
    const describe = (image: Image): ByteMap => ({
      name: "sift-flow",
      channels: CHANNELS,
      frame: identityFrame(image),
      grid: sampledGrid(image.height, image.width, { x: 1, y: 1 }, { x: 0, y: 0 }),
      data: siftFlowDescriptor(image, settings),
    });
    return {
      identity: `${card.name} v${card.version} ${JSON.stringify(settings)}`,
      keep: "memory",
      extract(image) {
        const map = describe(image);
        return Promise.resolve([{ ...map, data: Float32Array.from(map.data) }]);
      },
      extractBytes: (image) => Promise.resolve([describe(image)]),
    };
  },
} satisfies BackbonePlugin<typeof defaults>;
