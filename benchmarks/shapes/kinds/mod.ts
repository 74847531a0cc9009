import { aeroplane } from "./aeroplane.ts";
import { bird } from "./bird.ts";
import { boat } from "./boat.ts";
import { bottle } from "./bottle.ts";
import { car } from "./car.ts";
import { chair } from "./chair.ts";
import type { Kind } from "./kind.ts";
import { motorbike } from "./motorbike.ts";
import { quadruped } from "./quadruped.ts";

/** All kinds, in the order they are listed and drawn. */
export const KINDS: readonly Kind[] = [quadruped, bird, car, motorbike, aeroplane, boat, chair, bottle];
