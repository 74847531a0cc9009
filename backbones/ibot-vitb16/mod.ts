import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dino } from "../../core/graph/vit/families.ts";

/** iBOT ViT-B/16. One map per block read, 768 channels at stride 16. */
export default vitBackbone(dino("base", 16));
