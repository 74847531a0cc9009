import { vitBackbone } from "../../core/graph/vit/backbone.ts";
import { clip } from "../../core/graph/vit/families.ts";

/** CLIP ViT-B/16. One map per block read, 768 channels at stride 16, without the norm that CLIP gives its class token. */
export default vitBackbone(clip("base", 16));
