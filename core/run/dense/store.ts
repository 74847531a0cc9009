/**
 * The dense predictions of a run: `dense.jsonl`, a line per pair, and a file per prediction in `flow/`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { InputError, messageOf } from "../../errors.ts";
import type { BenchmarkPair } from "../../types.ts";
import { writeWhole } from "../files.ts";
import { type LineFormat, type Lines, type PairLine, readLines } from "../line_file.ts";
import type { Direction } from "../predictions.ts";
import { decodeFlow, encodeFlow, type StoredFlow } from "./flow_file.ts";

/** A stored prediction, by content. */
export interface FlowRef {
  readonly bytes: number;
  /** Of the whole file. */
  readonly sha256: string;
}

/** One line of `dense.jsonl`: the predictions of a pair, or why there are none. */
export interface DenseLine extends PairLine {
  /** Source -> target, and target -> source where the run predicts it. */
  readonly forward?: FlowRef;
  readonly reverse?: FlowRef;
}

/** Which way a dense prediction runs. */
export type OneWay = "forward" | "reverse";

/** The ways a run predicts. */
export function waysOf(direction: Direction): readonly OneWay[] {
  return direction === "both" ? ["forward", "reverse"] : [direction];
}

/** The folder of a run's dense predictions. */
export function flowFolder(folder: string): string {
  return join(folder, "flow");
}

/** File of a run's list of dense predictions, or of one shard's. */
export function denseFile(shard: string | null): string {
  return shard === null ? "dense.jsonl" : `dense.part-${shard.replace("/", "-of-")}.jsonl`;
}

/** Pair ids hold slashes and have any length; a hash makes a file name of each. */
function flowPath(folder: string, pair: string, way: OneWay): string {
  return join(flowFolder(folder), `${hex(new TextEncoder().encode(pair)).slice(0, 24)}.${way}.flow`);
}

function hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function labelOf(pair: string, way: OneWay): string {
  return `${way} ${pair}`;
}

/** The lines of `dense.jsonl`. */
export function denseFormat(pairs: readonly BenchmarkPair[], direction: Direction): LineFormat<DenseLine> {
  const known = new Set(pairs.map((pair) => pair.id));
  const ways = waysOf(direction);
  return {
    encode: (line) => JSON.stringify(line),
    decode(text) {
      let raw: Record<string, unknown>;
      try {
        raw = JSON.parse(text);
      } catch {
        return undefined;
      }
      const pair = raw?.pair;
      if (typeof pair !== "string" || !known.has(pair)) return undefined;
      if (typeof raw.skipped === "string") return { pair, skipped: raw.skipped };
      const refs = ways.map((way) => [way, refOf(raw[way])] as const);
      return refs.every(([, ref]) => ref !== undefined) ? { pair, ...Object.fromEntries(refs) } : undefined;
    },
  };
}

function refOf(raw: unknown): FlowRef | undefined {
  const { bytes, sha256 } = (raw ?? {}) as Record<string, unknown>;
  return typeof bytes === "number" && typeof sha256 === "string" ? { bytes, sha256 } : undefined;
}

/** The whole lines of a list of dense predictions. */
export function readDense(
  path: string,
  pairs: readonly BenchmarkPair[],
  direction: Direction,
): Promise<Lines<DenseLine>> {
  return readLines(path, denseFormat(pairs, direction));
}

/** Bytes of the predictions a line names. */
export function bytesOf(line: DenseLine): number {
  return (line.forward?.bytes ?? 0) + (line.reverse?.bytes ?? 0);
}

/**
 * Stores a prediction, whole or not at all.
 *
 * @param room bytes that are left; a prediction that needs more is not written
 * @throws InputError when it cannot be written (full disk, no room left)
 */
export async function writeFlow(
  folder: string,
  pair: string,
  way: OneWay,
  flow: StoredFlow,
  room: number,
): Promise<FlowRef> {
  const bytes = encodeFlow(labelOf(pair, way), flow);
  if (bytes.length > room) {
    throw new InputError(
      `Cannot keep the dense prediction of pair "${pair}": it takes ${mebibytes(bytes.length)} MiB and the run has ` +
        `${mebibytes(Math.max(room, 0))} MiB left; run.flow_disk=MIB allows more`,
    );
  }
  await Deno.mkdir(flowFolder(folder), { recursive: true });
  await writeWhole(flowPath(folder, pair, way), bytes);
  return { bytes: bytes.length, sha256: hex(bytes) };
}

/** Bytes as MiB, with two figures below ten. */
export function mebibytes(bytes: number): string {
  const mib = bytes / 1024 / 1024;
  return mib >= 10 ? mib.toFixed(0) : mib >= 1 ? mib.toFixed(1) : mib.toFixed(2);
}

async function readChecked(folder: string, pair: string, way: OneWay, ref: FlowRef): Promise<Uint8Array | string> {
  try {
    const bytes = await Deno.readFile(flowPath(folder, pair, way));
    return bytes.length === ref.bytes && hex(bytes) === ref.sha256 ? bytes : "its content is not what was stored";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "no such file" : messageOf(error);
  }
}

/** Whether every prediction a line names is there with its content. */
export async function isStored(folder: string, line: DenseLine): Promise<boolean> {
  for (const way of ["forward", "reverse"] as const) {
    const ref = line[way];
    if (ref !== undefined && typeof await readChecked(folder, line.pair, way, ref) === "string") return false;
  }
  return true;
}

/**
 * Reads a prediction back.
 *
 * @throws InputError naming the file that is absent or not what was stored
 */
export async function readFlow(folder: string, pair: string, way: OneWay, ref: FlowRef): Promise<StoredFlow> {
  const bytes = await readChecked(folder, pair, way, ref);
  const flow = typeof bytes === "string" ? undefined : decodeFlow(labelOf(pair, way), bytes);
  if (flow !== undefined) return flow;
  const why = typeof bytes === "string" ? bytes : "it is no dense prediction of this pair";
  throw new InputError(
    `Cannot use "${flowPath(folder, pair, way)}": ${why}; the same \`deno task run\` predicts it again`,
  );
}
