import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dinov2 } from "../../core/graph/vit/families.ts";

/** DINOv2 ViT-S/14, 384 channels. One map per block read, 384 channels at stride 14. */
export default vitBackbone(dinov2("small"));
