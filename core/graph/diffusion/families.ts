import { AUTOENCODER } from "./autoencoder.ts";
import type { DiffusionFamily } from "./backbone.ts";
import { UNET_SD1, UNET_SD2 } from "./unet.ts";

/** Stable Diffusion 1.5, trained at 512 pixels. */
export const STABLE_DIFFUSION_1: DiffusionFamily = { autoencoder: AUTOENCODER, unet: UNET_SD1, size: 512 };

/** Stable Diffusion 2.1, trained at 768 pixels. */
export const STABLE_DIFFUSION_2: DiffusionFamily = { autoencoder: AUTOENCODER, unet: UNET_SD2, size: 768 };
