import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dinov3 } from "../../core/graph/vit/families.ts";

/** DINOv3 ViT-L/16, 1024 channels. One map per block read, 1024 channels at stride 16. */
export default vitBackbone(dinov3("large"));
