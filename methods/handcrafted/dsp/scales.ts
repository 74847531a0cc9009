/**
 * The target's descriptors at several scales, on the cells of the unscaled picture.
 *
 * @module
 */
import { toCells, toPoints } from "../../../core/frame.ts";
import { resizePil } from "../../../core/image/resize.ts";
import { sha256 } from "../../../core/sha256.ts";
import type { ByteMap, FeatureMap, Image, Lattice } from "../../../core/types.ts";

/**
 * Descriptors `scale` times as large: those of the picture reduced by `scale` (antialiased bilinear, at least one pixel
 * per side), each cell taking the nearest one. So any backbone's descriptors have scales, SIFT's bins not being the only
 * ones that can grow.
 *
 * @param describe gives the one map of a picture @param like the map of the unscaled picture
 */
export async function scaledMap(
  describe: (image: Image) => Promise<FeatureMap | ByteMap>,
  image: Image,
  like: Lattice,
  scale: number,
): Promise<FeatureMap | ByteMap> {
  const width = Math.max(Math.round(image.width / scale), 1), height = Math.max(Math.round(image.height / scale), 1);
  const label = `${image.sha256} ${image.width}x${image.height} to ${width}x${height}`;
  const map = await describe({
    width,
    height,
    data: resizePil(image, { width, height }, "bilinear"),
    sha256: await sha256(label),
    origin: `${image.origin} at ${width}x${height}`,
  });
  const { rows, cols } = like.grid, { channels } = map;
  const xy = new Float64Array(2 * rows * cols);
  for (let i = 0; i < rows * cols; i++) {
    xy[2 * i] = i % cols;
    xy[2 * i + 1] = Math.floor(i / cols);
  }
  const points = toPoints({ n: rows * cols, xy }, like);
  const reduced = new Float64Array(points.xy.length);
  for (let i = 0; i < reduced.length; i += 2) {
    reduced[i] = (points.xy[i]! + 0.5) * width / image.width - 0.5;
    reduced[i + 1] = (points.xy[i + 1]! + 0.5) * height / image.height - 0.5;
  }
  const cells = toCells({ n: points.n, xy: reduced }, map);
  const length = rows * cols * channels;
  const data = map.data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  const nearest = (v: number, n: number) => Math.min(Math.max(Math.floor(v + 0.5), 0), n - 1);
  for (let i = 0; i < rows * cols; i++) {
    const at = nearest(cells.xy[2 * i + 1]!, map.grid.rows) * map.grid.cols + nearest(cells.xy[2 * i]!, map.grid.cols);
    data.set(map.data.subarray(at * channels, (at + 1) * channels), i * channels);
  }
  return { name: map.name, frame: like.frame, grid: like.grid, channels, data } as FeatureMap | ByteMap;
}
