import { bend, type Labels } from "./changes.ts";
import type { Energy, Problem } from "./energy.ts";

/** Labels whose energy was lowered. */
export interface Refined {
  readonly labels: Labels;
  readonly stages: readonly Stage[];
}

/** Levels whose labels are chosen together, given those above. */
export interface Stage {
  readonly levels: readonly number[];
  /** Energies of the levels under each start's labels. */
  readonly starts: readonly number[];
  /** Energies of the levels before and after every round. */
  readonly rounds: readonly number[];
}

/**
 * Lowers the energy node by node: each tries its neighbours' transformations, its own change a scale or rotation further,
 * and its own translation at halving distances.
 */
export function refine(energy: Energy, problem: Problem, starts: readonly Labels[], rounds: number): Refined {
  const { nodes, upward } = problem;
  const levels = [...new Set(nodes.map(({ level }) => level))];
  const labels = { change: starts[0]!.change.slice(), dx: starts[0]!.dx.slice(), dy: starts[0]!.dy.slice() };
  const stages = (upward ? [levels] : levels.map((level) => [level])).map((stage): Stage => {
    const members = [...nodes.keys()].filter((i) => stage.includes(nodes[i]!.level));
    const total = () => stage.reduce((sum, level) => sum + energy.level(labels, level), 0);
    const take = (from: Labels) => {
      for (const i of members) {
        [labels.change[i], labels.dx[i], labels.dy[i]] = [from.change[i]!, from.dx[i]!, from.dy[i]!];
      }
    };
    const first = starts.map((start) => {
      take(start);
      return total();
    });
    take(starts[first.indexOf(Math.min(...first))]!);
    const energies = [total()];
    for (let round = 0; round < rounds; round++) {
      // Down the pyramid, then up.
      const order = round % 2 === 0 ? members : members.toReversed();
      let moved = false;
      for (const i of order) if (improve(energy, problem, labels, starts, i)) moved = true;
      energies.push(total());
      if (!moved) break;
    }
    return { levels: stage, starts: first, rounds: energies };
  });
  return { labels, stages };
}

/** Whether a node found a better label. */
function improve(energy: Energy, problem: Problem, labels: Labels, others: readonly Labels[], i: number): boolean {
  const { nodes, edges, changes, size: { step }, upward } = problem;
  const n = changes.rotations.length, m = changes.scales.length;
  const node = nodes[i]!;
  let moved = false;
  let best = energy.around(i, labels, labels.change[i]!, labels.dx[i]!, labels.dy[i]!);
  const attempt = (change: number, dx: number, dy: number) => {
    const found = energy.around(i, labels, change, dx, dy, best);
    // Rounding must not look like progress.
    if (!(found < best - 1e-9)) return;
    best = found;
    [labels.change[i], labels.dx[i], labels.dy[i]] = [change, dx, dy];
    moved = true;
  };
  for (const other of others) attempt(other.change[i]!, other.dx[i]!, other.dy[i]!);
  for (const { a, b } of edges) {
    if (a !== i && b !== i) continue;
    const j = a === i ? b : a;
    if (!upward && nodes[j]!.level > node.level) continue;
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
  return moved;
}
