/**
 * Proposals that do not look at the picture: the baselines of the paper (table 1: sliding windows, uniform, Gaussian).
 *
 * @module
 */
import type { Size } from "../../../../core/types.ts";
import { normal, uniform } from "./random.ts";

/** Sides of the sliding windows. */
const SIDES = [16, 32, 64, 128, 256];

/**
 * Sliding windows of all sides 16, 32, 64, 128, 256 by each other that fit. The windows of a shape lie on a lattice of
 * equal steps in x and y, each proportional to the window's shorter side, spread so that it touches all borders; the
 * proportion is the one whose number of windows is nearest to `count` from below.
 *
 * Larger shapes come first, so that cutting the list keeps what covers the picture.
 */
export function slidingWindows({ width, height }: Size, count: number): number[][] {
  const shapes = SIDES.flatMap((w) => SIDES.map((h) => ({ w, h })))
    .filter(({ w, h }) => w < width && h < height)
    .sort((a, b) => b.w * b.h - a.w * a.h || b.w - a.w);
  const places = (room: number, step: number) => 1 + Math.floor(room / step);
  const total = (share: number) =>
    shapes.reduce((sum, { w, h }) => {
      const step = share * Math.min(w, h);
      return sum + places(width - w - 1, step) * places(height - h - 1, step);
    }, 0);
  // The count falls with the step, so halving finds the smallest step that is not too many.
  let low = 0.05, high = 64;
  for (let turn = 0; turn < 40; turn++) {
    const middle = (low + high) / 2;
    if (total(middle) > count) low = middle;
    else high = middle;
  }
  const boxes: number[][] = [];
  for (const { w, h } of shapes) {
    const step = high * Math.min(w, h);
    const cols = places(width - w - 1, step), rows = places(height - h - 1, step);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        const x = spread(c, cols, width - w - 1), y = spread(r, rows, height - h - 1);
        boxes.push([x, y, x + w, y + h]);
      }
    }
  }
  return boxes;
}

function spread(index: number, count: number, room: number): number {
  return count === 1 ? room / 2 : room * index / (count - 1);
}

/** Boxes whose two corners are uniform in the picture. */
export function uniformWindows({ width, height }: Size, count: number, seed: number): number[][] {
  const random = uniform(seed);
  return Array.from({ length: count }, () => {
    const [x1, x2] = [random() * (width - 1), random() * (width - 1)].sort((a, b) => a - b);
    const [y1, y2] = [random() * (height - 1), random() * (height - 1)].sort((a, b) => a - b);
    return [x1!, y1!, x2!, y2!];
  });
}

/** Boxes whose centre and sides are normal around the picture's centre and half its sides, deviation a quarter side. */
export function gaussianWindows({ width, height }: Size, count: number, seed: number): number[][] {
  const next = normal(uniform(seed));
  return Array.from({ length: count }, () => {
    const x = width / 2 + next() * width / 4, y = height / 2 + next() * height / 4;
    const w = Math.abs(width / 2 + next() * width / 4), h = Math.abs(height / 2 + next() * height / 4);
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
  });
}
