/**
 * One dense prediction as bytes: the method's own cells, target positions in original pixels, without loss.
 *
 * A header line of JSON, then the positions: all x, then all y, row by row. Neighbouring cells point to neighbouring
 * places, so each value is XORed with the one before it and the bytes are regrouped (all lowest bytes first, ...) before
 * they are deflated.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { AxisMap, Frame, Grid, Lattice, Size } from "../../types.ts";

/** A dense prediction without its confidences: what scoring needs. */
export interface StoredFlow {
  /** Where the cells lie in the picture the flow starts from. */
  readonly lattice: Lattice;
  /** [rows][cols][2]: (x, y) in original pixels of the other picture; both NaN where there is none. */
  readonly data: Float32Array;
}

interface Header {
  readonly format: "flow 1";
  /** What the file is of: pair and direction. */
  readonly label: string;
  readonly frame: Frame;
  readonly grid: Grid;
}

/** The bytes of a prediction. Equal predictions give equal bytes. @param label says whose it is, and is checked back */
export function encodeFlow(label: string, { lattice, data }: StoredFlow): Uint8Array {
  const header: Header = { format: "flow 1", label, ...plain(lattice) };
  const head = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const body = deflateRawSync(shuffle(data), { level: 6 });
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** Reads {@linkcode encodeFlow} back; undefined where the bytes are not a prediction of this label. */
export function decodeFlow(label: string, bytes: Uint8Array): StoredFlow | undefined {
  const end = bytes.indexOf(10);
  if (end < 0) return undefined;
  let header: Header;
  let body: Uint8Array;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    if (header?.format !== "flow 1" || header.label !== label) return undefined;
    const { rows, cols } = header.grid;
    // The limit keeps a damaged or foreign file from unpacking into all memory.
    body = inflateRawSync(bytes.subarray(end + 1), { maxOutputLength: rows * cols * 8 + 1 });
    if (body.length !== rows * cols * 8) return undefined;
  } catch {
    return undefined;
  }
  return { lattice: { frame: header.frame, grid: header.grid }, data: unshuffle(body) };
}

/**
 * The lattice and nothing else, in one order: a size may be a whole picture by its type, and a picture's pixels must not
 * get into every file.
 */
function plain({ frame, grid }: Lattice): Lattice {
  const size = ({ width, height }: Size): Size => ({ width, height });
  const map = ({ scale, shift }: AxisMap): AxisMap => ({ scale, shift });
  const point = ({ x, y }: { readonly x: number; readonly y: number }) => ({ x, y });
  return {
    frame: {
      convention: frame.convention,
      original: size(frame.original),
      network: size(frame.network),
      x: map(frame.x),
      y: map(frame.y),
    },
    grid: {
      convention: grid.convention,
      rows: grid.rows,
      cols: grid.cols,
      stride: point(grid.stride),
      origin: point(grid.origin),
    },
  };
}

const NONE = 0x7fc00000;

function shuffle(data: Float32Array): Uint8Array {
  const n = data.length;
  const half = n / 2;
  const bits = new Uint32Array(data.buffer, data.byteOffset, n);
  const out = new Uint8Array(4 * n);
  let before = 0;
  for (let i = 0; i < n; i++) {
    const cell = i < half ? i : i - half;
    // A cell is known in both coordinates or in none, and unknown has one spelling: equal predictions, equal bytes.
    const known = Number.isFinite(data[2 * cell]!) && Number.isFinite(data[2 * cell + 1]!);
    const value = known ? bits[2 * cell + (i < half ? 0 : 1)]! : NONE;
    const delta = value ^ before;
    before = value;
    out[i] = delta & 255;
    out[n + i] = delta >>> 8 & 255;
    out[2 * n + i] = delta >>> 16 & 255;
    out[3 * n + i] = delta >>> 24;
  }
  return out;
}

function unshuffle(bytes: Uint8Array): Float32Array {
  const n = bytes.length / 4;
  const half = n / 2;
  const data = new Float32Array(n);
  const bits = new Uint32Array(data.buffer);
  let value = 0;
  for (let i = 0; i < n; i++) {
    value ^= bytes[i]! | bytes[n + i]! << 8 | bytes[2 * n + i]! << 16 | bytes[3 * n + i]! << 24;
    bits[i < half ? 2 * i : 2 * (i - half) + 1] = value;
  }
  return data;
}
