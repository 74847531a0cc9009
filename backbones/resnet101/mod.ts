import { cnnBackbone } from "../../core/graph/cnn/backbone.ts";
import { resnetFamily } from "../../core/graph/cnn/families.ts";

/** ResNet-101. Maps of 64 (stem), 256, 512, 1024 and 2048 channels at strides 4, 4, 8, 16, 32. */
export default cnnBackbone(resnetFamily(101));
