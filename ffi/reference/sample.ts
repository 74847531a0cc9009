/** A map whose values are read between cells. */
export interface SampledMap {
  /** [height][width][channels] */
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** What lies outside, and whether points are relative to the cells of a flow. */
export interface SampleRule {
  /** Positions are moved inside first; else cells outside count as 0. */
  readonly border: boolean;
  /** Above 0: point i is added to cell (i % relative, floor(i / relative)). */
  readonly relative: number;
}

/** Bilinear values. A cell with weight 0 takes no part. @param points [n][2]: column, row. @param out [n][channels] */
export function sample(
  map: SampledMap,
  points: Float32Array,
  { border, relative }: SampleRule,
  out: Float32Array,
): void {
  const { data, height, width, channels } = map;
  for (let i = 0; i < points.length / 2; i++) {
    let x = Math.fround(points[2 * i]! + (relative > 0 ? i % relative : 0));
    let y = Math.fround(points[2 * i + 1]! + (relative > 0 ? Math.floor(i / relative) : 0));
    if (border) {
      x = Math.min(Math.max(x, 0), width - 1);
      y = Math.min(Math.max(y, 0), height - 1);
    }
    const left = Math.floor(x), top = Math.floor(y);
    for (let c = 0; c < channels; c++) {
      let sum = Number.isNaN(x) || Number.isNaN(y) ? NaN : 0;
      for (const [cx, cy] of [[left, top], [left + 1, top], [left, top + 1], [left + 1, top + 1]] as const) {
        const weight = (1 - Math.abs(x - cx)) * (1 - Math.abs(y - cy));
        const inside = cx >= 0 && cx < width && cy >= 0 && cy < height;
        if (inside && weight !== 0) sum += weight * data[(cy * width + cx) * channels + c]!;
      }
      out[i * channels + c] = sum;
    }
  }
}
