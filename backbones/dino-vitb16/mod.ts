import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dino } from "../../core/graph/vit/families.ts";

/** DINO ViT-B/16. One map per block read, 768 channels at stride 16. */
export default vitBackbone(dino("base", 16));
