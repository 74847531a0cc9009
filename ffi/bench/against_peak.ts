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
  /** Share of the ceiling over a span as long as the round, by wall-clock time, and by processor time per thread. */
  readonly ofPeak: number;
  readonly ofPeakCpu: number;
  /** Share of the fastest of many bursts of a quarter of a millisecond, which no processor here sustains. */
  readonly ofBurst: number;
}

/** Runs `work` some rounds. @param gflop arithmetic of one round, in 10^9 operations, a multiply-add counting two */
export async function againstPeak(
  ops: Ops,
  gflop: number,
  rounds: number,
  work: () => Promise<Disposable>,
): Promise<AgainstPeak> {
  (await work())[Symbol.dispose]();
  let wall = Infinity, cpu = Infinity, span = 8;
  const shares: number[] = [], cpuShares: number[] = [], burstShares: number[] = [];
  let peak = 0;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage(), start = performance.now();
    const result = await work();
    const took = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    const tookCpu = (user + system) / 1000;
    result[Symbol.dispose]();
    // A machine that is shared may run at half its speed for a while: only the ceiling of the same moment counts.
    if (round === 0) {
      span = Math.max(2, took);
      peak = await ops.fmaPeak(span);
    }
    const after = await ops.fmaPeak(span), ceiling = Math.max(peak, after);
    peak = after;
    let burst = 0;
    for (let i = 0; i < 20; i++) burst = Math.max(burst, await ops.fmaPeak(0.25));
    wall = Math.min(wall, took);
    cpu = Math.min(cpu, tookCpu);
    shares.push(gflop / (took / 1000) / ceiling);
    cpuShares.push(gflop / (tookCpu / 1000) * ops.engine.threads / ceiling);
    burstShares.push(gflop / (took / 1000) / burst);
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { wall, cpu, ofPeak: median(shares), ofPeakCpu: median(cpuShares), ofBurst: median(burstShares) };
}

/** One row of a Markdown table. */
export function row(name: string, { wall, cpu, ofPeak, ofPeakCpu, ofBurst }: AgainstPeak): string {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return `| ${name} | ${wall.toFixed(1)} | ${cpu.toFixed(1)} | ${percent(ofPeak)} | ${percent(ofPeakCpu)} | ${
    percent(ofBurst)
  } |`;
}

/** The head of the table that {@linkcode row} fills. */
export const head =
  "| case | wall ms | processor ms | of peak, wall | of peak, processor | of the best burst |\n|---|---|---|---|---|---|";

/** `count` values in [-0.5, 0.5), quickly. */
export function noise(count: number): Float32Array<ArrayBuffer> {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
