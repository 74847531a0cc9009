/**
 * Localizers by the name the command line knows them by: they read target positions out of a cost volume.
 *
 * @module
 */
import type { LocalizerPlugin } from "../types.ts";
import { bilinear } from "./bilinear.ts";
import { kernelSoftArgmax } from "./kernel_soft_argmax.ts";
import { nearest } from "./nearest.ts";
import { softArgmax } from "./soft_argmax.ts";
import { windowSoftArgmax } from "./window_soft_argmax.ts";

/** Every localizer. A new one is a file of this folder and a line here. */
export const localizers: { readonly [name: string]: LocalizerPlugin } = {
  "nearest": nearest,
  "bilinear": bilinear,
  "soft-argmax": softArgmax,
  "kernel-soft-argmax": kernelSoftArgmax,
  "window-soft-argmax": windowSoftArgmax,
};
