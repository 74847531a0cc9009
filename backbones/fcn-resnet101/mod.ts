import { cnnBackbone } from "../../core/graph/cnn/backbone.ts";
import { resnetFamily } from "../../core/graph/cnn/families.ts";

const family = resnetFamily(101, { deepStem: true, dilated: true });

/**
 * The ResNet-101 inside a fully convolutional network: three convolutions as a stem, and stages 3 and 4 as fine as stage
 * 2. Maps of 128 (stem), 256, 512, 1024 and 2048 channels at strides 4, 4, 8, 8, 8.
 */
export default cnnBackbone({
  ...family,
  // The segmentation heads lie beside the network, or after it where its names have no prefix.
  ignore: [...family.ignore, "head.*", "auxlayer.*"],
});
