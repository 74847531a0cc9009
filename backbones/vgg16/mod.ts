import { cnnBackbone } from "../../core/graph/cnn/backbone.ts";
import { vgg16Family } from "../../core/graph/cnn/families.ts";

/** VGG-16. Maps of 64 to 512 channels at strides 1 to 32. */
export default cnnBackbone(vgg16Family);
