import { flip } from "../../core/image/flip.ts";
import type { BenchmarkPair, Box, ImageRef, Points, Size } from "../../core/types.ts";

/** The pair with both pictures mirrored left to right, as rows with `flip` = 1 of the train list ask. */
export function mirrored(pair: BenchmarkPair): BenchmarkPair {
  const { images, points, boxes } = pair;
  const source = sizeOf(images.source), target = sizeOf(images.target);
  return {
    ...pair,
    id: `${pair.id}-flip`,
    images: { source: mirroredRef(images.source), target: mirroredRef(images.target) },
    points: { source: mirroredPoints(points.source, source), target: mirroredPoints(points.target, target) },
    ...(boxes && { boxes: { source: mirroredBox(boxes.source, source), target: mirroredBox(boxes.target, target) } }),
  };
}

function sizeOf({ size, id }: ImageRef): Size {
  if (!size) throw new TypeError(`the size of "${id}" must be known to mirror it`);
  return size;
}

function mirroredRef(ref: ImageRef): ImageRef {
  return { ...ref, id: `${ref.id}|flip`, load: async () => await flip(await ref.load()) };
}

// Pixel centres are at whole numbers: the first column and the last change places.
function mirroredPoints({ n, xy }: Points, { width }: Size): Points {
  return { n, xy: xy.map((value, i) => i % 2 === 0 ? width - 1 - value : value) };
}

function mirroredBox({ x1, y1, x2, y2 }: Box, { width }: Size): Box {
  return { x1: width - 1 - x2, y1, x2: width - 1 - x1, y2 };
}
