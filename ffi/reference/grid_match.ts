/** Two maps of descriptors: [height][width][channels]. */
export interface MapPair {
  readonly a: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly b: Float32Array;
  readonly targetHeight: number;
  readonly targetWidth: number;
  readonly channels: number;
}

/** Euclidean distance of pixel `p` of a and pixel `q` of b. */
function distance({ a, b, channels }: MapPair, p: number, q: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += (a[p * channels + c]! - b[q * channels + c]!) ** 2;
  return Math.fround(Math.sqrt(sum));
}

/**
 * What every pixel on a grid of a costs under every translation on a grid: min(distance, bound), and the bound where the
 * translation leads out of b or the distance is NaN.
 *
 * Translations are step * (tx, ty) with tx in -nx .. nx, ty in -ny .. ny.
 *
 * @param out [2 nx + 1][2 ny + 1][ceil(width / step)][ceil(height / step)]: x before y, as the authors of DSP have it
 */
export function translationCosts(
  maps: MapPair,
  step: number,
  nx: number,
  ny: number,
  bound: number,
  out: Float32Array,
): void {
  const { height, width, targetHeight, targetWidth } = maps;
  let i = 0;
  for (let dx = -nx * step; dx <= nx * step; dx += step) {
    for (let dy = -ny * step; dy <= ny * step; dy += step) {
      for (let x = 0; x < width; x += step) {
        for (let y = 0; y < height; y += step, i++) {
          const tx = x + dx, ty = y + dy;
          const inside = tx >= 0 && tx < targetWidth && ty >= 0 && ty < targetHeight;
          const found = inside ? distance(maps, y * width + x, ty * targetWidth + tx) : bound;
          out[i] = found < bound ? found : bound;
        }
      }
    }
  }
}

/** How {@linkcode windowMatch} searches. */
export interface WindowRule {
  /** Displacements up to so far from the start on each axis, and the step between those that are tried. */
  readonly radius: number;
  readonly step: number;
  /** Cost per pixel of difference from the start, |dx| + |dy|. */
  readonly penalty: number;
  /** Cost of a displacement that leads out of b. */
  readonly outside: number;
}

/**
 * Every pixel's best displacement around a start of its own: the smallest distance + penalty, all in single precision.
 * Ties: the first, dx before dy, both increasing. NaN never wins; where nothing else is met, the start stays.
 *
 * @param start [height][width][2]: displacements (x, y) @param flow as start @param cost [height][width]: the distance
 */
export function windowMatch(
  maps: MapPair,
  start: Int32Array,
  rule: WindowRule,
  flow: Int32Array,
  cost: Float32Array,
): void {
  const { height, width, targetHeight, targetWidth } = maps;
  const { radius, step, penalty, outside } = rule;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      let least = Infinity;
      flow[2 * p] = start[2 * p]!;
      flow[2 * p + 1] = start[2 * p + 1]!;
      cost[p] = outside;
      for (let dx = -radius; dx <= radius; dx += step) {
        for (let dy = -radius; dy <= radius; dy += step) {
          const tx = x + start[2 * p]! + dx, ty = y + start[2 * p + 1]! + dy;
          const inside = tx >= 0 && tx < targetWidth && ty >= 0 && ty < targetHeight;
          const found = inside ? distance(maps, p, ty * targetWidth + tx) : Math.fround(outside);
          const value = Math.fround(found + Math.fround(Math.fround(penalty) * (Math.abs(dx) + Math.abs(dy))));
          if (!(value < least)) continue;
          least = value;
          flow[2 * p] = start[2 * p]! + dx;
          flow[2 * p + 1] = start[2 * p + 1]! + dy;
          cost[p] = found;
        }
      }
    }
  }
}
