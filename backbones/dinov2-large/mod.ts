import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dinov2 } from "../../core/graph/vit/families.ts";

/** DINOv2 ViT-L/14, 1024 channels. One map per block read, 1024 channels at stride 14. */
export default vitBackbone(dinov2("large"));
