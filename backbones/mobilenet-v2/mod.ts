import { cnnBackbone } from "../../core/graph/cnn/backbone.ts";
import { mobilenetV2Family } from "../../core/graph/cnn/families.ts";

/** MobileNetV2. Maps of 16 to 1280 channels at strides 2 to 32. */
export default cnnBackbone(mobilenetV2Family);
