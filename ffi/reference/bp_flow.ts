/** One level of SIFT Flow: what {@linkcode bpFlow} minimises. */
export interface BpFlowProblem {
  /** Size of the source map, and of the flow. */
  readonly width: number;
  readonly height: number;
  readonly targetWidth: number;
  readonly targetHeight: number;
  readonly channels: number;
  /** [height][width][channels] */
  readonly source: Uint8Array;
  /** [targetHeight][targetWidth][channels] */
  readonly target: Uint8Array;
  /** [height][width][2]: the displacement (x, y) at the centre of each pixel's search window. */
  readonly centre: Int32Array;
  /** Displacements up to so far from the centre on each axis. */
  readonly window: number;
  /** Cost per pixel of difference between neighbouring displacements, and its bound. */
  readonly alpha: number;
  readonly bound: number;
  /** Cost per pixel of displacement. */
  readonly gamma: number;
  readonly iterations: number;
  /** How often pixels are merged two by two for a start of the messages. */
  readonly merges: number;
  /**
   * False: as the authors' program. True: without its two slips. The first: displacements out of the target should cost
   * the median of the others, but the histogram counts costs from 0 and is read as if from the smallest cost, which adds
   * the smallest cost. The second: where two windows do not meet, the message should go on linearly, but rises from the
   * first state to the last (falls, where the sender is pixel 0), whatever side the window lies on.
   */
  readonly corrected: boolean;
  /** Energies after every iteration, not only the last. */
  readonly trace: boolean;
}

/** Iterations on merged pixels. */
const MERGED_ITERATIONS = 20;
/** Bins of the histogram that gives the cost of displacements out of the target. */
const HISTOGRAM_BINS = 20000;

/** Both planes (0: x, 1: y) of a grid of pixels and what they say to each other. */
interface Layer {
  readonly width: number;
  readonly height: number;
  /** [pixels][2] */
  readonly centre: Int32Array;
  /** [pixels][y state][x state] */
  readonly data: Int32Array;
  /** Per plane, [pixels][states]: cost of the displacement itself. */
  readonly range: readonly Int32Array[];
  /** Per plane, [pixels][4][states]: messages that arrive from the left, right, top, bottom. */
  readonly spatial: readonly Int32Array[];
  /** Per plane, [pixels][states]: message that arrives from the other plane. */
  readonly dual: readonly Int32Array[];
}

/**
 * Sequential min-sum belief propagation on two coupled planes of displacements, in integers: Liu, Yuen and Torralba,
 * "SIFT Flow", TPAMI 2011, section 3.1.2, in the order of the authors' program.
 *
 * The energy of a flow (u, v): L1 distance of descriptors + gamma (|u| + |v|) per pixel + min(alpha |du|, bound) and the
 * same of v per pair of 4-neighbours. Displacements out of the target have a cost of their own, about the median of the
 * others. Ties: the first state, in the order of increasing displacement.
 *
 * Iteration i updates plane i mod 2: messages to the right and down in raster order if i mod 4 < 2, else to the left
 * and up in reverse order; in iterations with i mod 8 < 4 each pixel then informs the other plane. For a start, pixels
 * merged two by two (costs added, centres averaged, gamma halved) run 20 iterations of the same, recursively.
 *
 * @param flow [height][width][2]: displacements (x, y)
 * @param energies [trace ? iterations : 1][2]: energy after each or the last iteration, as high * 2^24 + low
 */
export function bpFlow(problem: BpFlowProblem, flow: Int32Array, energies: Int32Array): void {
  const { width, height, centre, window, gamma } = problem;
  energies.fill(0);
  if (width * height === 0) return;
  const layer = newLayer(width, height, centre, dataTerm(problem), window, gamma);
  passMessages(layer, problem, gamma, problem.iterations, problem.merges, (i) => {
    if (!problem.trace && i < problem.iterations - 1) return;
    const energy = readOut(layer, problem, flow), at = problem.trace ? 2 * i : 0;
    energies[at] = Math.floor(energy / 2 ** 24);
    energies[at + 1] = energy % 2 ** 24;
  });
}

function newLayer(
  width: number,
  height: number,
  centre: Int32Array,
  data: Int32Array,
  window: number,
  gamma: number,
): Layer {
  const states = 2 * window + 1, pixels = width * height;
  const range = [0, 1].map((plane) => {
    const costs = new Int32Array(pixels * states);
    for (let p = 0; p < pixels; p++) {
      for (let l = 0; l < states; l++) costs[p * states + l] = gamma * Math.abs(l - window + centre[2 * p + plane]!);
    }
    return costs;
  });
  const spatial = [0, 1].map(() => new Int32Array(pixels * 4 * states));
  const dual = [0, 1].map(() => new Int32Array(pixels * states));
  return { width, height, centre, data, range, spatial, dual };
}

/** L1 distances; displacements out of the target get what the histogram tells. [pixels][y state][x state] */
function dataTerm(
  { width, height, targetWidth, targetHeight, channels, source, target, centre, window, corrected }: BpFlowProblem,
): Int32Array {
  const states = 2 * window + 1;
  const costs = new Int32Array(width * height * states * states).fill(-1);
  let least = 32767, most = 0, total = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      for (let dy = -window; dy <= window; dy++) {
        for (let dx = -window; dx <= window; dx++, i++) {
          const tx = x + centre[2 * p]! + dx, ty = y + centre[2 * p + 1]! + dy;
          if (tx < 0 || tx >= targetWidth || ty < 0 || ty >= targetHeight) continue;
          const a = p * channels, b = (ty * targetWidth + tx) * channels;
          let sum = 0;
          for (let c = 0; c < channels; c++) sum += Math.abs(source[a + c]! - target[b + c]!);
          costs[i] = sum;
          least = Math.min(least, sum);
          most = Math.max(most, sum);
          total++;
        }
      }
    }
  }
  const outside = Math.trunc(medianCost(costs, least, most, total, corrected));
  for (let i = 0; i < costs.length; i++) if (costs[i] === -1) costs[i] = outside;
  return costs;
}

/** The lower edge of the histogram's bin in which half of the valid costs are reached, of bin 1 at least. */
function medianCost(costs: Int32Array, least: number, most: number, total: number, corrected: boolean): number {
  // Where no displacement meets the target, or all cost the same, no histogram exists and any constant is as good.
  if (total === 0 || most <= least) return total === 0 ? 0 : least;
  const interval = (most - least) / HISTOGRAM_BINS;
  const bins = new Float64Array(HISTOGRAM_BINS), from = corrected ? least : 0;
  for (const cost of costs) {
    if (cost >= 0) bins[Math.min(Math.trunc((cost - from) / interval), HISTOGRAM_BINS - 1)]! += 1;
  }
  for (let i = 0, mass = 0; i < HISTOGRAM_BINS; i++) {
    mass += bins[i]! / total;
    if (mass >= 0.5) return Math.max(i, 1) * interval + least;
  }
  return most;
}

function passMessages(
  layer: Layer,
  problem: BpFlowProblem,
  gamma: number,
  iterations: number,
  merges: number,
  after?: (iteration: number) => void,
): void {
  if (merges > 0) {
    const merged = mergePixels(layer, problem.window, gamma / 2);
    passMessages(merged, problem, gamma / 2, MERGED_ITERATIONS, merges - 1);
    spread(merged, layer, 2 * problem.window + 1);
  }
  const { width, height } = layer;
  for (let i = 0; i < iterations; i++) {
    const plane = i % 2, forward = i % 4 < 2, both = i % 8 < 4;
    for (let n = 0; n < width * height; n++) {
      const p = forward ? n : width * height - 1 - n;
      const x = p % width, y = (p - x) / width;
      if (forward) {
        if (x < width - 1) tellNeighbour(layer, problem, plane, p, p + 1, 0);
        if (y < height - 1) tellNeighbour(layer, problem, plane, p, p + width, 2);
      } else {
        if (x > 0) tellNeighbour(layer, problem, plane, p, p - 1, 1);
        if (y > 0) tellNeighbour(layer, problem, plane, p, p - width, 3);
      }
      if (both) tellOtherPlane(layer, problem, plane, p);
    }
    after?.(i);
  }
}

/** Range term and incoming messages of a pixel, without the one from `except` (where that one goes back to). */
function gather({ width, height, range, spatial }: Layer, states: number, plane: number, p: number, except: number) {
  const x = p % width, y = (p - x) / width;
  const from = [x > 0, x < width - 1, y > 0, y < height - 1];
  const sum = Array.from({ length: states }, (_, l) => range[plane]![p * states + l]!);
  for (let d = 0; d < 4; d++) {
    if (!from[d] || d === except) continue;
    for (let l = 0; l < states; l++) sum[l]! += spatial[plane]![(p * 4 + d) * states + l]!;
  }
  return sum;
}

/** Direction (0 from the left, 1 from the right, 2 from the top, 3 from the bottom) a message comes back from. */
const OPPOSITE = [1, 0, 3, 2];

/** The message of pixel `p` to its neighbour `q`, where it arrives as one of direction `d`. */
function tellNeighbour(layer: Layer, problem: BpFlowProblem, plane: number, p: number, q: number, d: number): void {
  const { alpha, bound, window, corrected } = problem;
  const states = 2 * window + 1;
  const sum = gather(layer, states, plane, p, OPPOSITE[d]!);
  for (let l = 0; l < states; l++) sum[l]! += layer.dual[plane]![p * states + l]!;
  const most = Math.min(...sum) + bound;
  // The lower envelope of cones of slope alpha, in two passes.
  for (let l = 1; l < states; l++) sum[l] = Math.min(sum[l]!, sum[l - 1]! + alpha);
  for (let l = states - 2; l >= 0; l--) sum[l] = Math.min(sum[l]!, sum[l + 1]! + alpha);
  // State l of q is the displacement of state l + shift of p; beyond the last states the envelope goes on linearly.
  const shift = layer.centre[2 * q + plane]! - layer.centre[2 * p + plane]!;
  const message = Array.from({ length: states }, (_, l) => {
    if (!corrected && Math.abs(shift) > 2 * window) return Math.min(p > 0 ? l * alpha : -l * alpha, most);
    const at = Math.min(Math.max(l + shift, 0), states - 1);
    return Math.min(sum[at]! + alpha * Math.abs(l + shift - at), most);
  });
  const least = Math.min(...message);
  const to = (q * 4 + d) * states;
  for (let l = 0; l < states; l++) layer.spatial[plane]![to + l] = message[l]! - least;
}

/** The message of a pixel's node on `plane` to its node on the other plane. */
function tellOtherPlane(layer: Layer, { window }: BpFlowProblem, plane: number, p: number): void {
  const states = 2 * window + 1;
  const sum = gather(layer, states, plane, p, -1);
  const { data } = layer;
  const message = Array.from({ length: states }, (_, other) => {
    let least = Infinity;
    for (let own = 0; own < states; own++) {
      const [x, y] = plane === 0 ? [own, other] : [other, own];
      least = Math.min(least, sum[own]! + data[(p * states + y) * states + x]!);
    }
    return least;
  });
  const least = Math.min(...message);
  for (let l = 0; l < states; l++) layer.dual[1 - plane]![p * states + l] = message[l]! - least;
}

/** Each node's best displacement; returns the energy of the flow. */
function readOut(layer: Layer, { window, alpha, bound }: BpFlowProblem, flow: Int32Array): number {
  const states = 2 * window + 1;
  const { width, height, centre, data, range, dual } = layer;
  let energy = 0;
  for (let p = 0; p < width * height; p++) {
    const best = [0, 1].map((plane) => {
      const belief = gather(layer, states, plane, p, -1);
      for (let l = 0; l < states; l++) belief[l]! += dual[plane]![p * states + l]!;
      const l = belief.indexOf(Math.min(...belief));
      flow[2 * p + plane] = l - window + centre[2 * p + plane]!;
      energy += range[plane]![p * states + l]!;
      return l;
    });
    energy += data[(p * states + best[1]!) * states + best[0]!]!;
  }
  for (let p = 0; p < width * height; p++) {
    const x = p % width, y = (p - x) / width;
    for (let plane = 0; plane < 2; plane++) {
      const here = flow[2 * p + plane]!;
      if (x < width - 1) energy += Math.min(alpha * Math.abs(here - flow[2 * (p + 1) + plane]!), bound);
      if (y < height - 1) energy += Math.min(alpha * Math.abs(here - flow[2 * (p + width) + plane]!), bound);
    }
  }
  return energy;
}

/** The pixel two by two: costs add up by state, centres are means cut to whole numbers, messages start at 0. */
function mergePixels(fine: Layer, window: number, gamma: number): Layer {
  const states = 2 * window + 1;
  const width = Math.ceil(fine.width / 2), height = Math.ceil(fine.height / 2);
  const centre = new Int32Array(2 * width * height);
  const data = new Int32Array(width * height * states * states);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      let count = 0, sumX = 0, sumY = 0;
      for (let fy = 2 * y; fy < Math.min(2 * y + 2, fine.height); fy++) {
        for (let fx = 2 * x; fx < Math.min(2 * x + 2, fine.width); fx++) {
          const f = fy * fine.width + fx;
          for (let i = 0; i < states * states; i++) {
            data[p * states * states + i]! += fine.data[f * states * states + i]!;
          }
          sumX += fine.centre[2 * f]!;
          sumY += fine.centre[2 * f + 1]!;
          count++;
        }
      }
      centre[2 * p] = Math.trunc(sumX / count);
      centre[2 * p + 1] = Math.trunc(sumY / count);
    }
  }
  return newLayer(width, height, centre, data, window, gamma);
}

/** Copies the messages of each merged pixel to its pixels. */
function spread(merged: Layer, fine: Layer, states: number): void {
  for (let y = 0; y < fine.height; y++) {
    for (let x = 0; x < fine.width; x++) {
      const from = (y >> 1) * merged.width + (x >> 1), to = y * fine.width + x;
      for (let plane = 0; plane < 2; plane++) {
        const dual = merged.dual[plane]!.subarray(from * states, (from + 1) * states);
        fine.dual[plane]!.set(dual, to * states);
        const spatial = merged.spatial[plane]!.subarray(from * 4 * states, (from + 1) * 4 * states);
        fine.spatial[plane]!.set(spatial, to * 4 * states);
      }
    }
  }
}
