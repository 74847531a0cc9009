/**
 * Arithmetic against the machine's ceiling, in a way that a busy machine disturbs little: the ceiling is measured between
 * the rounds, and beside wall-clock time the processor time of the process is taken, which waiting does not lengthen.
 *
 * @module
 */
import process from "node:process";
import type { Ops } from "../mod.ts";

/** The fastest round's times, the middle round's shares. */
export interface AgainstPeak {
  /** Milliseconds. */
  readonly wall: number;
  /** Milliseconds of all threads together. */
  readonly cpu: number;
  /** Share of the ceiling by wall-clock time, and by processor time per thread. */
  readonly ofPeak: number;
  readonly ofPeakCpu: number;
}

/** Runs `work` some rounds. @param gflop arithmetic of one round, in 10^9 operations, a multiply-add counting two */
export async function againstPeak(
  ops: Ops,
  gflop: number,
  rounds: number,
  work: () => Promise<Disposable>,
): Promise<AgainstPeak> {
  (await work())[Symbol.dispose]();
  let wall = Infinity, cpu = Infinity;
  const shares: number[] = [], cpuShares: number[] = [];
  let peak = await ops.fmaPeak(8);
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage(), start = performance.now();
    const result = await work();
    const took = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    const tookCpu = (user + system) / 1000;
    result[Symbol.dispose]();
    // A machine that is shared may run at half its speed for a while: only the ceiling of the same moment counts.
    const after = await ops.fmaPeak(8), ceiling = Math.max(peak, after);
    peak = after;
    wall = Math.min(wall, took);
    cpu = Math.min(cpu, tookCpu);
    shares.push(gflop / (took / 1000) / ceiling);
    cpuShares.push(gflop / (tookCpu / 1000) * ops.engine.threads / ceiling);
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { wall, cpu, ofPeak: median(shares), ofPeakCpu: median(cpuShares) };
}

/** One row of a Markdown table. */
export function row(name: string, { wall, cpu, ofPeak, ofPeakCpu }: AgainstPeak): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return `| ${name} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} | ${percent(ofPeak)} | ${percent(ofPeakCpu)} |`;
}

/** The head of the table that {@linkcode row} fills. */
export const head = "| case | wall ms | processor ms | of peak, wall | of peak, processor |\n|---|---|---|---|---|";

/** `count` values in [-0.5, 0.5), quickly. */
export function noise(count: number): Float32Array<ArrayBuffer> {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
