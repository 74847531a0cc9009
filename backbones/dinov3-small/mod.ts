import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dinov3 } from "../../core/graph/vit/families.ts";

/** DINOv3 ViT-S/16, 384 channels. One map per block read, 384 channels at stride 16. */
export default vitBackbone(dinov3("small"));
