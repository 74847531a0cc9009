import { cnnBackbone } from "../../core/graph/cnn/backbone.ts";
import { squeezenetFamily } from "../../core/graph/cnn/families.ts";

/** SqueezeNet 1.1. Maps of 128 to 512 channels at strides 4 to 16. */
export default cnnBackbone(squeezenetFamily);
