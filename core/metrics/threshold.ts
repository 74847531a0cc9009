import { InputError } from "../errors.ts";
import type { Pair, Points } from "../types.ts";
import { axes, type FrameAxes, mapAxis } from "./axes.ts";
import type { Projection } from "./project.ts";
import type { ScoredPair } from "./types.ts";

/**
 * The length in frame pixels that alpha = 1 stands for.
 *
 * @param present columns that the official arrays count as filled
 * @throws InputError naming the pair where a box is missing or malformed
 */
export function thresholdOf(pair: ScoredPair, setup: Projection, present: number): number {
  const { protocol, rule, single } = setup;
  const size = pair.sizes[rule.side];
  const frame = axes(protocol, size);
  switch (rule.of) {
    case "image": {
      const { kind, side = 0 } = protocol.frame;
      if (kind === "original") return Math.max(size.width, size.height);
      if (kind === "shrink" || kind === "fit") return Math.max(size.width, size.height) * frame.x.mul;
      return side;
    }
    case "box": {
      const box = boxOf(pair, rule.side, protocol.name);
      if (protocol.frame.kind === "pad") {
        return Math.max(box.x2 - box.x1, box.y2 - box.y1) * frame.x.mul;
      }
      const w = mapAxis(box.x2, frame.x, single) - mapAxis(box.x1, frame.x, single);
      const h = mapAxis(box.y2, frame.y, single) - mapAxis(box.y1, frame.y, single);
      return single ? Math.fround(Math.max(w, h)) : Math.max(w, h);
    }
    case "keypoints":
    case "keypoints-padded":
      return keypointExtent(pair.points[rule.side], setup, frame, present);
  }
}

function keypointExtent(
  points: Points,
  setup: Projection,
  frame: FrameAxes,
  present: number,
): number {
  const { rule, single, floor, slots } = setup;
  // Unused slots hold the padding value itself, in the frame.
  const padded = rule.of === "keypoints-padded" && points.n < slots;
  let minX = padded ? rule.padding! : Infinity, minY = minX;
  let maxX = padded ? rule.padding! : -Infinity, maxY = maxX;
  const n = Math.min(points.n, present);
  for (let i = 0; i < 2 * n; i += 2) {
    const x = mapAxis(floor ? Math.floor(points.xy[i]!) : points.xy[i]!, frame.x, single);
    const y = mapAxis(floor ? Math.floor(points.xy[i + 1]!) : points.xy[i + 1]!, frame.y, single);
    if (x < minX) minX = x;
    if (x > maxX) maxX = x;
    if (y < minY) minY = y;
    if (y > maxY) maxY = y;
  }
  const extent = Math.max(maxX - minX, maxY - minY);
  return single ? Math.fround(extent) : extent;
}

function boxOf(pair: ScoredPair, side: keyof Pair<unknown>, protocol: string) {
  const box = pair.boxes?.[side];
  if (box === undefined) {
    throw new InputError(`Cannot score pair "${pair.id}" under "${protocol}": boxes.${side} is missing`);
  }
  if (!(Number.isFinite(box.x1 + box.y1 + box.x2 + box.y2) && box.x2 >= box.x1 && box.y2 >= box.y1)) {
    throw new InputError(
      `Cannot score pair "${pair.id}": boxes.${side} is (${box.x1}, ${box.y1}) to (${box.x2}, ${box.y2})`,
    );
  }
  return box;
}
