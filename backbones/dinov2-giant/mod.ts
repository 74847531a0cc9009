import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { dinov2 } from "../../core/graph/vit/families.ts";

/** DINOv2 ViT-g/14, 1536 channels. One map per block read, 1536 channels at stride 14. */
export default vitBackbone(dinov2("giant"));
