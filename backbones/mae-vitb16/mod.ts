import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { mae } from "../../core/graph/vit/families.ts";

/** MAE ViT-B/16. One map per block read, 768 channels at stride 16. */
export default vitBackbone(mae("base"));
