/**
 * Dense predictions of every pair of a benchmark, each written to disk as it is made.
 *
 * @module
 */
import { join } from "@std/path";
import { ConfigError, InputError } from "../../errors.ts";
import type { BenchmarkPair, Flow, Image, Method } from "../../types.ts";
import { type EvaluateHooks, loadPair } from "../evaluate.ts";
import { ImageLoader } from "../images.ts";
import { LineFile } from "../line_file.ts";
import type { RunRecord } from "../record.ts";
import { bytesOf, denseFile, denseFormat, type DenseLine, isStored, mebibytes, waysOf, writeFlow } from "./store.ts";
import { flowFolder } from "./store.ts";

/** The outcome of a dense evaluation. */
export interface DenseEvaluation {
  /** In the benchmark's order; pairs that were skipped carry their reason. */
  readonly lines: readonly DenseLine[];
  /** How many were already there. */
  readonly resumed: number;
  /** Disk the predictions take. */
  readonly bytes: number;
}

/**
 * Predicts the dense field of `pairs`, resuming after what the folder holds. A stored prediction that is absent or
 * damaged is made again.
 *
 * @param limitBytes the run stops before its predictions take more
 * @throws ConfigError for a method without dense fields; otherwise as {@linkcode evaluate}
 */
export async function evaluateDense(
  method: Method,
  record: Pick<RunRecord, "direction" | "method">,
  pairs: readonly BenchmarkPair[],
  folder: string,
  shard: string | null,
  limitBytes: number,
  hooks: EvaluateHooks,
): Promise<DenseEvaluation> {
  checkHasFlow(method, record.method.name);
  await removeLeftovers(flowFolder(folder));
  const order = pairs.map((pair) => pair.id);
  const file = await LineFile.open(join(folder, denseFile(shard)), order, denseFormat(pairs, record.direction));
  const images = new ImageLoader();
  try {
    for (const [id, line] of [...file.done]) {
      if (await isStored(folder, line)) continue;
      hooks.log(`The dense prediction of pair "${id}" is absent or damaged; it is made again`);
      file.done.delete(id);
    }
    const resumed = file.done.size;
    let bytes = 0;
    for (const line of file.done.values()) bytes += bytesOf(line);
    hooks.progress?.(resumed, pairs.length, 0);
    let fresh = 0;
    for (const pair of pairs) {
      if (file.done.has(pair.id)) continue;
      hooks.signal?.throwIfAborted();
      const line = await predict(method, pair, record, images, folder, limitBytes - bytes, hooks.log);
      bytes += bytesOf(line);
      // A line is written after its files: what the list names is on disk.
      file.append(line);
      fresh++;
      if (fresh === 1) warnOfDisk(bytes / file.done.size * pairs.length, limitBytes, hooks.log);
      hooks.progress?.(file.done.size, pairs.length, fresh);
    }
    await file.finish();
    return { lines: order.map((id) => file.done.get(id)!), resumed, bytes };
  } finally {
    file.close();
  }
}

/** Throws ConfigError for a method that has no dense field. */
export function checkHasFlow(method: Method, name: string): void {
  if (method.flow !== undefined) return;
  throw new ConfigError(
    `Cannot make dense predictions with method "${name}": it matches points only; a protocol of keypoints works`,
  );
}

function warnOfDisk(expected: number, limit: number, log: (line: string) => void): void {
  if (expected <= limit) return;
  log(
    `Dense predictions will take about ${mebibytes(expected)} MiB and run.flow_disk allows ${mebibytes(limit)}; the ` +
      `run stops there and resumes with a larger one`,
  );
}

async function predict(
  method: Method,
  pair: BenchmarkPair,
  record: Pick<RunRecord, "direction">,
  images: ImageLoader,
  folder: string,
  room: number,
  log: (line: string) => void,
): Promise<DenseLine> {
  const line: { -readonly [key in keyof DenseLine]: DenseLine[key] } = { pair: pair.id };
  const found: { way: "forward" | "reverse"; flow: Flow }[] = [];
  try {
    const { source, target } = await loadPair(pair, images);
    for (const way of waysOf(record.direction)) {
      const [from, to] = way === "forward" ? [source, target] : [target, source];
      const flow = await method.flow!(from, to);
      check(flow, from, pair.id);
      found.push({ way, flow });
    }
  } catch (error) {
    if (!(error instanceof InputError) || error instanceof ConfigError) throw error;
    log(`Skipped pair "${pair.id}": ${error.message}`);
    return { pair: pair.id, skipped: error.message };
  }
  // Outside the try: a disk that takes no more stops the run instead of skipping every pair.
  for (const { way, flow } of found) {
    line[way] = await writeFlow(folder, pair.id, way, { lattice: flow.source, data: flow.data }, room - bytesOf(line));
  }
  return line;
}

/** A flow whose lattice does not fit is a bug of the method, not of the data. */
function check({ source: { frame, grid }, data }: Flow, from: Image, pair: string): void {
  const { width, height } = frame.original;
  if (data.length !== grid.rows * grid.cols * 2 || width !== from.width || height !== from.height) {
    throw new TypeError(
      `The method returned ${
        data.length / 2
      } positions for ${grid.rows} x ${grid.cols} cells of a ${width}x${height} ` +
        `picture, and pair "${pair}" starts from ${from.width}x${from.height}`,
    );
  }
}

/** Half-written files of a process that was killed; the caller holds the run's lock. */
async function removeLeftovers(folder: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".tmp")) await Deno.remove(join(folder, name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
