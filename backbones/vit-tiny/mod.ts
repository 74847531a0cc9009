import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { supervised } from "../../core/graph/vit/families.ts";

/** ViT-Ti/16. One map per block read, 192 channels at stride 16. */
export default vitBackbone(supervised("tiny"));
