import { bend, type Labels } from "./changes.ts";
import type { Energy, Problem } from "./energy.ts";

/** Labels whose energy was lowered, and that energy before and after every round. */
export interface Refined {
  readonly labels: Labels;
  readonly energies: readonly number[];
}

/**
 * Lowers the energy node by node: each tries its neighbours' transformations, its own change a scale or rotation further,
 * and its own translation at halving distances. What lowers the energy of all is kept, so the energy never rises.
 *
 * @param others labels of other solutions, tried too
 */
export function refine(
  energy: Energy,
  problem: Problem,
  start: Labels,
  others: readonly Labels[],
  rounds: number,
): Refined {
  const { nodes, edges, changes, size: { step } } = problem;
  const labels = { change: start.change.slice(), dx: start.dx.slice(), dy: start.dy.slice() };
  const energies = [energy.total(labels)];
  const n = changes.rotations.length, m = changes.scales.length;
  const neighbours = nodes.map((_, i) => edges.flatMap(({ a, b }) => a === i ? [b] : b === i ? [a] : []));
  for (let round = 0; round < rounds; round++) {
    let moved = false;
    // Down the pyramid, then up.
    for (let k = 0; k < nodes.length; k++) {
      const i = round % 2 === 0 ? k : nodes.length - 1 - k, node = nodes[i]!;
      let best = energy.around(i, labels, labels.change[i]!, labels.dx[i]!, labels.dy[i]!);
      const attempt = (change: number, dx: number, dy: number) => {
        const found = energy.around(i, labels, change, dx, dy, best);
        // Rounding must not look like progress.
        if (!(found < best - 1e-9)) return false;
        best = found;
        [labels.change[i], labels.dx[i], labels.dy[i]] = [change, dx, dy];
        return moved = true;
      };
      for (const other of others) attempt(other.change[i]!, other.dx[i]!, other.dy[i]!);
      for (const j of neighbours[i]!) {
        const change = labels.change[j]!;
        const [bx, by] = bend(changes, change, node.x - nodes[j]!.x, node.y - nodes[j]!.y);
        attempt(change, Math.round(bx) + labels.dx[j]!, Math.round(by) + labels.dy[j]!);
      }
      for (const [ds, dr] of [[0, -1], [0, 1], [-1, 0], [1, 0]] as const) {
        const scale = Math.floor(labels.change[i]! / n) + ds, rotation = labels.change[i]! % n + dr;
        if (scale < 0 || scale >= m || rotation < 0 || rotation >= n) continue;
        attempt(scale * n + rotation, labels.dx[i]!, labels.dy[i]!);
      }
      for (let d = 2 * step; d >= 1; d = Math.floor(d / 2)) {
        for (const [x, y] of [[-d, 0], [d, 0], [0, -d], [0, d]] as const) {
          attempt(labels.change[i]!, labels.dx[i]! + x, labels.dy[i]! + y);
        }
      }
    }
    energies.push(energy.total(labels));
    if (!moved) break;
  }
  return { labels, energies };
}
