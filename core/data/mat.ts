/**
 * Reader of MATLAB level 5 .mat files (`save -v6` and `-v7`), the form of the annotations of PF-WILLOW, PF-PASCAL,
 * Caltech-101 and others. Format: "MAT-File Format", The MathWorks, chapter 1.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { inflate, MatCursor, MatError } from "./_mat_cursor.ts";
import { readMatrix } from "./_mat_matrix.ts";
import type { MatNumeric, MatStruct, MatValue } from "./mat_types.ts";

export type * from "./mat_types.ts";

/** Limits of {@linkcode parseMat}. */
export interface MatLimits {
  /** The most bytes all compressed parts together may unpack to (default 512 MiB): a bound for hostile files. */
  readonly maxBytes?: number;
}

const HEADER_BYTES = 128;

/**
 * The variables of a .mat file by name.
 *
 * @throws {InputError} when the file is absent, truncated, of another version, or malformed; names the file and the fault
 */
export function readMat(path: string, limits: MatLimits = {}): MatFile {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : (error as Error).message;
    throw new InputError(`Cannot read "${path}": ${why}`, { cause: error });
  }
  return parseMat(bytes, path, limits);
}

/** {@linkcode readMat} for bytes in memory; `path` is what messages call them. */
export function parseMat(bytes: Uint8Array, path: string, limits: MatLimits = {}): MatFile {
  try {
    return new MatFile(path, variables(bytes, limits.maxBytes ?? 512 * 2 ** 20));
  } catch (error) {
    if (!(error instanceof MatError)) throw error;
    throw new InputError(`Cannot read "${path}": ${error.message}`, { cause: error });
  }
}

/** The variables of one file, with access that names the file and the variable when the wrong thing is there. */
export class MatFile {
  constructor(readonly path: string, readonly variables: ReadonlyMap<string, MatValue>) {}

  /** The variable of this name. */
  get(name: string): MatValue {
    const value = this.variables.get(name);
    if (value) return value;
    const there = [...this.variables.keys()].join(", ") || "none";
    throw new InputError(`Cannot read "${this.path}": it has no variable "${name}" (it has: ${there})`);
  }

  /** A numeric variable. */
  numeric(name: string): MatNumeric {
    const value = this.get(name);
    if (value.kind === "numeric") return value;
    throw new InputError(`Cannot read "${this.path}": "${name}" is a ${value.kind} array, a numeric one is needed`);
  }

  /** A plain (1x1) struct. */
  struct(name: string): ReadonlyMap<string, MatValue> {
    const value = this.get(name);
    const item = value.kind === "struct" ? (value as MatStruct).items[0] : undefined;
    if (item) return item;
    throw new InputError(`Cannot read "${this.path}": "${name}" is a ${value.kind} array, a struct is needed`);
  }
}

/** The rows of a matrix, from MATLAB's column-major order. */
export function matRows(matrix: MatNumeric): Float64Array[] {
  const rows = matrix.dims[0]!;
  const cols = rows === 0 ? 0 : matrix.data.length / rows;
  return Array.from(
    { length: rows },
    (_, r) => Float64Array.from({ length: cols }, (_, c) => matrix.data[c * rows + r]!),
  );
}

function variables(bytes: Uint8Array, maxBytes: number): Map<string, MatValue> {
  const little = checkHeader(bytes);
  const found = new Map<string, MatValue>();
  const budget = { bytes: maxBytes };
  const file = new MatCursor(bytes, HEADER_BYTES, bytes.length, little);
  while (file.left > 0) {
    // Some writers end a file with a few zero bytes.
    if (file.left < 8) break;
    const element = file.element();
    let matrix = element;
    if (element.type === "compressed") {
      matrix = new MatCursor(inflate(element.bytes(), budget), 0, undefined, little).element();
    }
    if (matrix.type !== "matrix") throw new MatError(`a top-level element is of type ${matrix.type}, not a matrix`);
    const { name, value } = readMatrix(matrix.cursor(), 0);
    // A nameless top-level array is MATLAB's own subsystem data (of objects), not a variable.
    if (name !== "") found.set(name, value);
  }
  return found;
}

/** Tells little endian from big, and names the other formats that carry the same ending. */
function checkHeader(bytes: Uint8Array): boolean {
  if (bytes.length === 0) throw new MatError("the file is empty");
  const starts = (text: string) => [...text].every((char, i) => bytes[i] === char.charCodeAt(0));
  if (starts("\x89HDF\r\n\x1a\n") || starts("MATLAB 7.3 MAT-file")) {
    throw new MatError("it is a version 7.3 (HDF5) file, which is not supported; in MATLAB, save it again with -v7");
  }
  // Level 4 has no text header: its first four bytes are a small number, so one of them is zero.
  if (bytes.length >= 4 && bytes.subarray(0, 4).includes(0)) {
    throw new MatError("it is a level 4 file or no .mat file at all; in MATLAB, save it again with -v7");
  }
  if (bytes.length < HEADER_BYTES) {
    throw new MatError(`it has ${bytes.length} bytes, less than the ${HEADER_BYTES} of a .mat header: truncated?`);
  }
  const mark = String.fromCharCode(bytes[126]!, bytes[127]!);
  if (mark !== "IM" && mark !== "MI") throw new MatError("it is no MATLAB level 5 file (no endian mark in its header)");
  const little = mark === "IM";
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint16(124, little);
  if (version !== 0x0100) {
    throw new MatError(`its format version is 0x${version.toString(16)}, only 0x100 (-v6, -v7) is supported`);
  }
  return little;
}
