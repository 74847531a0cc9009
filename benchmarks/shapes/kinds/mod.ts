import { car } from "./car.ts";
import type { Kind } from "./kind.ts";
import { quadruped } from "./quadruped.ts";

/** All kinds, in the order they are listed and numbered. */
export const KINDS: readonly Kind[] = [quadruped, car];
