import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dino } from "../../core/graph/vit/families.ts";

/** DINO ViT-B/8. One map per block read, 768 channels at stride 8. */
export default vitBackbone(dino("base", 8));
