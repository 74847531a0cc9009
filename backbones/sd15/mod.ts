import { diffusionBackbone } from "../../core/graph/diffusion/backbone.ts";
import { STABLE_DIFFUSION_1 } from "../../core/graph/diffusion/families.ts";

/**
 * Stable Diffusion 1.5. Maps `up0` .. `up3` of 1280, 1280, 640 and 320 channels at strides 32, 16, 8 and 8; before the
 * upsampling, layers 0 to 2 of each block, as `up0.2`, of as many channels at strides 64, 32, 16 and 8.
 */
export default diffusionBackbone(STABLE_DIFFUSION_1);
