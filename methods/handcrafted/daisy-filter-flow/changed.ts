/**
 * Any backbone's features under scale and rotation: the target picture itself is changed.
 *
 * @module
 */
import { toCells, toPoints } from "../../../core/frame.ts";
import { sampleMap } from "../../../core/match/sample.ts";
import { sha256 } from "../../../core/sha256.ts";
import type { FeatureMap, Image, Size } from "../../../core/types.ts";
/** Features of length 1; those without any stay 0. */
export function unit(data: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  for (let from = 0; from < data.length; from += channels) {
    let square = 0;
    for (let i = from; i < from + channels; i++) square += data[i]! * data[i]!;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let i = from; i < from + channels; i++) out[i] = data[i]! * scale;
  }
  return out;
}

/**
 * The picture as a descriptor of size `scale`, turned by `degrees` (from +x towards +y), sees it: scaled by 1 / scale
 * and turned back, about its centre, on a canvas that holds all of it (its border repeated beyond).
 */
export async function changedPicture(image: Image, scale: number, degrees: number): Promise<Image> {
  const { forward, width, height } = change(image, scale, degrees);
  const data = new Uint8Array(width * height * 3);
  const side = image.width * 3;
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = forward.back(x, y);
      const cx = Math.min(Math.max(u, 0), image.width - 1), cy = Math.min(Math.max(v, 0), image.height - 1);
      const x0 = Math.min(Math.floor(cx), Math.max(image.width - 2, 0)), fx = cx - x0;
      const y0 = Math.min(Math.floor(cy), Math.max(image.height - 2, 0)), fy = cy - y0;
      const right = image.width > 1 ? 3 : 0, below = image.height > 1 ? side : 0;
      for (let c = 0, p = y0 * side + x0 * 3; c < 3; c++, p++, o++) {
        const top = image.data[p]! * (1 - fx) + image.data[p + right]! * fx;
        const bottom = image.data[p + below]! * (1 - fx) + image.data[p + below + right]! * fx;
        data[o] = Math.floor(top * (1 - fy) + bottom * fy + 0.5);
      }
    }
  }
  const label = `${image.sha256} scale ${scale} rotation ${degrees}`;
  return { width, height, data, sha256: await sha256(label), origin: `${image.origin} (${label})` };
}

/** Features of a changed picture, brought back to the cells of the unchanged one. */
export function unchangedCells(
  map: FeatureMap,
  like: FeatureMap,
  image: Image,
  scale: number,
  degrees: number,
): FeatureMap {
  const { forward } = change(image, scale, degrees);
  const { rows, cols } = like.grid;
  const cells = new Float64Array(rows * cols * 2);
  for (let i = 0; i < rows * cols; i++) {
    cells[2 * i] = i % cols;
    cells[2 * i + 1] = Math.floor(i / cols);
  }
  const points = toPoints({ n: rows * cols, xy: cells }, like);
  const moved = new Float64Array(points.xy.length);
  for (let i = 0; i < moved.length; i += 2) moved.set(forward.to(points.xy[i]!, points.xy[i + 1]!), i);
  const data = sampleMap(map, toCells({ n: points.n, xy: moved }, map));
  return { ...like, channels: map.channels, data };
}

/** The map from a picture to its changed form, and the size of that. */
function change({ width, height }: Size, scale: number, degrees: number) {
  const cos = Math.cos(degrees * Math.PI / 180) / scale, sin = Math.sin(degrees * Math.PI / 180) / scale;
  const size = {
    width: Math.max(Math.round(Math.abs(width * cos) + Math.abs(height * sin)), 1),
    height: Math.max(Math.round(Math.abs(width * sin) + Math.abs(height * cos)), 1),
  };
  const cx = (width - 1) / 2, cy = (height - 1) / 2, dx = (size.width - 1) / 2, dy = (size.height - 1) / 2;
  const square = scale * scale;
  const forward = {
    to: (x: number, y: number): [number, number] => [
      dx + (x - cx) * cos + (y - cy) * sin,
      dy - (x - cx) * sin + (y - cy) * cos,
    ],
    back: (x: number, y: number): [number, number] => [
      cx + ((x - dx) * cos - (y - dy) * sin) * square,
      cy + ((x - dx) * sin + (y - dy) * cos) * square,
    ],
  };
  return { forward, ...size };
}
