/**
 * Where boxes come from.
 *
 * @module
 */
import type { Image } from "../../../../core/types.ts";
import { type Boxes, usableBoxes } from "../boxes.ts";
import { selectiveBoxes } from "./selective.ts";
import { gaussianWindows, slidingWindows, uniformWindows } from "./windows.ts";

/** Names of the generators. */
export const GENERATORS = ["selective", "sliding", "uniform", "gaussian"] as const;
export type Generator = typeof GENERATORS[number];

/** `count` boxes of a picture at most; the same picture, generator, count and seed give the same boxes. */
export function propose(image: Image, generator: Generator, count: number, seed: number): Boxes {
  return usableBoxes(rowsOf(image, generator, count, seed), image, count);
}

function rowsOf(image: Image, generator: Generator, count: number, seed: number): number[][] {
  switch (generator) {
    case "selective":
      return selectiveBoxes(image, seed);
    case "sliding":
      return slidingWindows(image, count);
    case "uniform":
      return uniformWindows(image, count, seed);
    case "gaussian":
      return gaussianWindows(image, count, seed);
  }
}
