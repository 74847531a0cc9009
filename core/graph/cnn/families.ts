/**
 * The published convolutional networks, as torchvision publishes them.
 *
 * @module
 */
import type { CnnFamily } from "./backbone.ts";
import { ungrouped } from "./grouped.ts";
import { mobilenetV2 } from "./mobilenet_v2.ts";
import { RESNET_BLOCKS, type ResnetForm, resnetMaps } from "./resnet.ts";
import { resnetTrunk } from "./trunk.ts";
import { squeezenet } from "./squeezenet.ts";
import { vgg16 } from "./vgg.ts";

/** ResNet-50 or ResNet-101. */
export function resnetFamily(depth: keyof typeof RESNET_BLOCKS, form: ResnetForm = {}): CnnFamily {
  const count = RESNET_BLOCKS[depth].reduce((sum, n) => sum + n, 0);
  return {
    layersDoc:
      `maps to read, one or a list: 0 (after the first pooling), bottlenecks 1 to ${count} after their ReLU, ` +
      `1.sum to ${count}.sum before it, or stages layer1 to layer4; second.* where a file holds two networks`,
    layer: "layer3",
    ignore: ["fc.*"],
    rename: (tensors) => ungrouped(resnetTrunk(tensors)),
    build: resnetMaps(depth, form),
  };
}

/** VGG-16. */
export const vgg16Family: CnnFamily = {
  layersDoc: "maps to read, one or a list: conv1_1 to conv5_3 after their ReLU, pool1 to pool5",
  layer: "conv4_3",
  ignore: ["classifier.*"],
  build: vgg16,
};

/** MobileNetV2. */
export const mobilenetV2Family: CnnFamily = {
  layersDoc: "maps to read, one or a list: 0 to 18 by torchvision's index, or 2_expand to 17_expand inside a block",
  layer: "13",
  ignore: ["classifier.*"],
  build: mobilenetV2,
};

/** SqueezeNet 1.1. */
export const squeezenetFamily: CnnFamily = {
  layersDoc: "maps to read, one or a list: conv1, fire2 to fire9",
  layer: "fire9",
  ignore: ["classifier.*"],
  build: squeezenet,
};
