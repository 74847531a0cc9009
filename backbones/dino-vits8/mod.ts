import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dino } from "../../core/graph/vit/families.ts";

/** DINO ViT-S/8. One map per block read, 384 channels at stride 8. */
export default vitBackbone(dino("small", 8));
