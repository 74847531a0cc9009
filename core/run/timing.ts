/**
 * What a run cost, in `timing.json`: apart from its result, since it differs between equal runs.
 *
 * @module
 */
import { join } from "@std/path";
import type { CacheCounts } from "../cache/mod.ts";
import { readJson, toJson, writeWhole } from "./files.ts";

const MIB = 1024 * 1024;

/** Milliseconds between two looks at the memory held. */
const PERIOD = 20;

/** `timing.json`: of the last process that computed predictions of the run. */
export interface RunTiming {
  readonly seconds: number;
  /** Predictions made in that time; those of an earlier process are not among them. */
  readonly pairs: number;
  readonly pairsPerSecond: number;
  /** Largest resident size seen while they were made, looked at 50 times a second. */
  readonly peakMemoryMiB: number;
  /** Resident size before the method was built: what earlier runs of the same process had left. */
  readonly startMemoryMiB: number;
  readonly cache: CacheCounts;
  readonly cores: number;
}

/**
 * Watches the process's resident size. The system's own high-water mark is out of reach: reading it takes all of Deno's
 * permissions. What comes and goes between two looks is not seen.
 */
export class MemoryWatch implements Disposable {
  /** Bytes when the watch began. */
  readonly start = Deno.memoryUsage().rss;
  #peak = this.start;
  readonly #timer = setInterval(() => this.look(), PERIOD);

  /** Largest size seen so far, in bytes. */
  get peak(): number {
    this.look();
    return this.#peak;
  }

  look(): void {
    this.#peak = Math.max(this.#peak, Deno.memoryUsage().rss);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Writes `timing.json`. */
export async function writeTiming(
  folder: string,
  spent: { readonly ms: number; readonly pairs: number; readonly memory: MemoryWatch; readonly cache: CacheCounts },
): Promise<void> {
  const { ms, pairs, memory, cache } = spent;
  const timing: RunTiming = {
    seconds: ms / 1000,
    pairs,
    pairsPerSecond: pairs / (ms / 1000),
    peakMemoryMiB: Math.round(memory.peak / MIB),
    startMemoryMiB: Math.round(memory.start / MIB),
    cache,
    cores: navigator.hardwareConcurrency,
  };
  await writeWhole(join(folder, "timing.json"), toJson(timing));
}

/** Reads it; undefined where a run has none (merged shards). */
export async function readTiming(folder: string): Promise<RunTiming | undefined> {
  return await readJson(join(folder, "timing.json")) as RunTiming | undefined;
}
