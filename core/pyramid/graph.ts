/**
 * The pyramid of grid cells and belief propagation over it.
 *
 * @module
 */

/** Translations of a node, as numbers: x * ny + y. */
export interface States {
  readonly nx: number;
  readonly ny: number;
}

/** How nodes agree. */
export interface GraphOptions {
  /** Cost per step of difference between neighbouring nodes' translations, per axis, and its bound per axis. */
  readonly stretch: number;
  readonly stretchBound: number;
  readonly iterations: number;
  /** Messages from children to parents, which the authors' program leaves out by a slip. */
  readonly upward: boolean;
}

/** Number of nodes above level `level`. */
export function nodesAbove(level: number): number {
  return (4 ** level - 1) / 3;
}

/** Node of column x and row y of a level; columns first, as the authors number them. */
export function nodeAt(level: number, x: number, y: number): number {
  return nodesAbove(level) + x * 2 ** level + y;
}

/**
 * Every node's best state by min-sum belief propagation: messages down the pyramid, (up), then along each level from the
 * top left and from the bottom right, until no state changes. All in single precision and in the authors' order:
 * a message changes its receiver's belief at once, and beliefs lose their mean.
 *
 * @param unary [nodes][nx * ny]
 */
export function passMessages(unary: Float32Array, levels: number, states: States, options: GraphOptions): Int32Array {
  const nodes = nodesAbove(levels), count = states.nx * states.ny;
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
    distanceTransform(there, states, options.stretch, options.stretchBound);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      receiver[k] = receiver[k]! + there[k]!;
      sum = Math.fround(sum + receiver[k]!);
    }
    const mean = Math.fround(sum / count);
    for (let k = 0; k < count; k++) receiver[k] = receiver[k]! - mean;
  };
  const order = schedule(levels, options.upward);
  let best = new Int32Array(nodes).fill(-1);
  for (let i = 0; i < options.iterations; i++) {
    for (const [from, to] of order) send(from, to);
    const next = leastStates(belief, nodes, count);
    const same = next.every((state, node) => state === best[node]);
    best = next;
    if (same) break;
  }
  return best;
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

/** Lower envelope of cones of slope `c`, capped at the least value + `bound`: along y, then along x. */
function distanceTransform(values: Float32Array, { nx, ny }: States, c: number, bound: number): void {
  const slope = Math.fround(c), cap = Math.fround(bound);
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

/** The first state of least belief of every node. */
function leastStates(belief: Float32Array, nodes: number, count: number): Int32Array<ArrayBuffer> {
  const best = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    let least = Infinity;
    for (let k = 0; k < count; k++) {
      if (belief[node * count + k]! < least) {
        least = belief[node * count + k]!;
        best[node] = k;
      }
    }
  }
  return best;
}
