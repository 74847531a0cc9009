/** What {@linkcode bpPyramid} minimises, and how. */
export interface BpPyramidProblem {
  /** [nodes][nx][ny]: cost of every translation of every node. */
  readonly unary: Float32Array;
  /** Level l has 2^l x 2^l nodes. */
  readonly levels: number;
  /** Translations per axis. */
  readonly nx: number;
  readonly ny: number;
  /** Cost per step of difference between neighbours' translations, and its bound: single precision. */
  readonly stretch: number;
  readonly bound: number;
  /** At most so many. */
  readonly iterations: number;
  /** Messages from children to parents, which the authors' program leaves out by a slip. */
  readonly upward: boolean;
}

/** Number of nodes of a pyramid. */
export function pyramidNodes(levels: number): number {
  return (4 ** levels - 1) / 3;
}

/** Node of column x and row y of a level; columns first, as the authors number them. */
function nodeAt(level: number, x: number, y: number): number {
  return pyramidNodes(level) + x * 2 ** level + y;
}

/**
 * Every node's best translation in a pyramid of grids: min-sum belief propagation of Kim, Liu, Sha and Grauman,
 * "Deformable Spatial Pyramid Matching", CVPR 2013, section 3.2, in the order of the authors' program.
 *
 * Messages go down the pyramid, (up), then along each level from the top left and from the bottom right, until no state
 * changes. A message changes its receiver's belief at once, and beliefs lose their mean. All in single precision and in
 * this order, so that every implementation gives the same states. Ties: the first; a node all of whose beliefs are NaN or
 * infinite has state -1.
 *
 * @param states [nodes]: x * ny + y
 */
export function bpPyramid(problem: BpPyramidProblem, states: Int32Array): void {
  const { unary, levels, nx, ny, iterations } = problem;
  const nodes = pyramidNodes(levels), count = nx * ny;
  const belief = unary.slice();
  const messages = new Map<number, Float32Array>();
  const message = (from: number, to: number) => {
    const key = from * nodes + to;
    let values = messages.get(key);
    if (values === undefined) messages.set(key, values = new Float32Array(count));
    return values;
  };
  const send = (from: number, to: number) => {
    const there = message(from, to), back = message(to, from);
    const sender = belief.subarray(from * count, (from + 1) * count);
    const receiver = belief.subarray(to * count, (to + 1) * count);
    for (let k = 0; k < count; k++) {
      receiver[k] = receiver[k]! - there[k]!;
      there[k] = sender[k]! - back[k]!;
    }
    distanceTransform(there, problem);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      receiver[k] = receiver[k]! + there[k]!;
      sum = Math.fround(sum + receiver[k]!);
    }
    const mean = Math.fround(sum / count);
    for (let k = 0; k < count; k++) receiver[k] = receiver[k]! - mean;
  };
  const order = schedule(levels, problem.upward);
  states.fill(-1);
  for (let i = 0; i < iterations; i++) {
    for (const [from, to] of order) send(from, to);
    let changed = false;
    for (let node = 0; node < nodes; node++) {
      const best = leastState(belief.subarray(node * count, (node + 1) * count));
      changed ||= best !== states[node];
      states[node] = best;
    }
    if (!changed) break;
  }
}

/** Who speaks to whom in one iteration. */
function schedule(levels: number, upward: boolean): (readonly [number, number])[] {
  const order: [number, number][] = [];
  const each = (level: number, visit: (x: number, y: number) => void) => {
    for (let x = 0; x < 2 ** level; x++) for (let y = 0; y < 2 ** level; y++) visit(x, y);
  };
  for (let level = 0; level < levels - 1; level++) {
    each(level, (x, y) => {
      for (const dx of [0, 1]) {
        for (const dy of [0, 1]) order.push([nodeAt(level, x, y), nodeAt(level + 1, 2 * x + dx, 2 * y + dy)]);
      }
    });
  }
  for (let level = levels - 1; upward && level >= 1; level--) {
    each(level, (x, y) => order.push([nodeAt(level, x, y), nodeAt(level - 1, x >> 1, y >> 1)]));
  }
  for (const step of [1, -1]) {
    for (let level = 1; level < levels; level++) {
      const side = 2 ** level, last = 2 * (side - 1);
      for (let i = 0; i <= last; i++) {
        const diagonal = step === 1 ? i : last - i;
        for (let x = diagonal; x >= 0; x--) {
          const y = diagonal - x;
          if (x >= side || y >= side) continue;
          const from = nodeAt(level, x, y);
          const inside = (v: number) => v >= 0 && v < side;
          if (inside(x + step)) order.push([from, nodeAt(level, x + step, y)]);
          if (inside(y + step)) order.push([from, nodeAt(level, x, y + step)]);
        }
      }
    }
  }
  return order;
}

/** Lower envelope of cones of slope `stretch`, capped at the least value + `bound`: along y, then along x. */
function distanceTransform(values: Float32Array, { nx, ny, stretch, bound }: BpPyramidProblem): void {
  const slope = Math.fround(stretch), cap = Math.fround(bound);
  for (let x = 0; x < nx; x++) transformLine(values, x * ny, 1, ny, slope, cap);
  for (let y = 0; y < ny; y++) transformLine(values, y, ny, nx, slope, cap);
}

function transformLine(f: Float32Array, start: number, step: number, n: number, c: number, bound: number): void {
  let least = Infinity;
  const end = start + n * step;
  for (let i = start; i < end; i += step) if (f[i]! < least) least = f[i]!;
  const cap = Math.fround(least + bound);
  for (let i = start + step; i < end; i += step) {
    const v = Math.fround(f[i - step]! + c);
    if (v < f[i]!) f[i] = v;
  }
  for (let i = end - 2 * step; i >= start; i -= step) {
    const v = Math.fround(f[i + step]! + c);
    if (v < f[i]!) f[i] = v;
  }
  for (let i = start; i < end; i += step) if (cap < f[i]!) f[i] = cap;
}

/** The first of the least; -1 where none is below infinity. */
function leastState(belief: Float32Array): number {
  let best = -1, least = Infinity;
  belief.forEach((value, state) => {
    if (!(value < least)) return;
    least = value;
    best = state;
  });
  return best;
}
