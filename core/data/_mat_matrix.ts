import { type MatCursor, type MatElement, MatError } from "./_mat_cursor.ts";
import type { MatNumericClass, MatValue } from "./mat_types.ts";

const CLASSES = [
  "none",
  "cell",
  "struct",
  "object",
  "char",
  "sparse",
  "double",
  "single",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "function",
  "opaque",
] as const;

// Cells in cells in cells: deeper than any real annotation, shallow enough for the stack.
const MAX_DEPTH = 64;

/** Reads the parts of one miMATRIX element: flags, dimensions, name, contents. */
export function readMatrix(cursor: MatCursor, depth: number): { name: string; value: MatValue } {
  if (depth > MAX_DEPTH) throw new MatError(`arrays are nested more than ${MAX_DEPTH} deep: refused`);
  // An element of no bytes stands for the empty array [] inside cells and structs.
  if (cursor.left === 0) return { name: "", value: empty() };
  const flags = cursor.element().numbers()[0] ?? 0;
  const kind = CLASSES[flags & 0xff];
  if (kind === undefined || kind === "none") throw new MatError(`unknown array class ${flags & 0xff}: damaged?`);
  // Opaque values have another header, and nothing here needs what is inside.
  if (kind === "opaque") return { name: "", value: { kind: "unsupported", class: kind, dims: [1, 1] } };
  const dims = [...cursor.element().numbers()];
  const name = latin(cursor.element());
  const count = dims.reduce((a, b) => a * b, 1);
  if (dims.length < 2 || dims.some((d) => !(d >= 0)) || count > 2 ** 32) {
    throw new MatError(`"${name}" has the sizes ${dims.join("x")}: damaged?`);
  }
  return { name, value: contents(cursor, kind, flags, dims, count, name, depth) };
}

function contents(
  cursor: MatCursor,
  kind: typeof CLASSES[number],
  flags: number,
  dims: number[],
  count: number,
  name: string,
  depth: number,
): MatValue {
  switch (kind) {
    case "cell":
      return { kind, dims, items: times(count, cursor, () => nested(cursor, depth)) };
    case "struct":
      return { kind, dims, items: structs(cursor, count, depth) };
    case "char":
      return { kind, dims, rows: text(cursor.element(), dims, name) };
    case "object":
    case "sparse":
    case "function":
      return { kind: "unsupported", class: kind, dims };
    default: {
      const data = filled(cursor, count, name);
      const logical = (flags & 0x200) !== 0;
      const imaginary = (flags & 0x800) !== 0 ? { imaginary: filled(cursor, count, name) } : {};
      return { kind: "numeric", class: logical ? "logical" : kind as MatNumericClass, dims, data, ...imaginary };
    }
  }
}

function nested(cursor: MatCursor, depth: number): MatValue {
  const element = cursor.element();
  if (element.type !== "matrix") throw new MatError(`a cell or field holds a ${element.type} element: damaged?`);
  return readMatrix(element.cursor(), depth + 1).value;
}

function structs(cursor: MatCursor, count: number, depth: number): ReadonlyMap<string, MatValue>[] {
  const width = cursor.element().numbers()[0] ?? 0;
  if (!(width > 0)) throw new MatError(`struct field names are ${width} bytes long: damaged?`);
  const bytes = cursor.element().bytes();
  const names: string[] = [];
  for (let at = 0; at + width <= bytes.length; at += width) names.push(zeroEnded(bytes.subarray(at, at + width)));
  // A struct without fields takes no bytes per item, so its count is bounded by nothing in the file.
  if (names.length === 0) return count > 0 ? [new Map()] : [];
  return times(count, cursor, () => new Map(names.map((name) => [name, nested(cursor, depth)] as const)));
}

/** `count` reads, refused before memory is taken for more than the bytes can hold. */
function times<T>(count: number, cursor: MatCursor, read: () => T): T[] {
  if (count * 8 > cursor.left) throw new MatError(`an array announces ${count} items, more than its bytes can hold`);
  return Array.from({ length: count }, read);
}

function filled(cursor: MatCursor, count: number, name: string): Float64Array {
  const data = cursor.element().numbers();
  if (data.length === count) return data;
  throw new MatError(`"${name}" announces ${count} numbers and holds ${data.length}: damaged?`);
}

function text(element: MatElement, dims: readonly number[], name: string): string[] {
  const decoded = [...element.text()];
  const rows = dims[0]!;
  const cols = dims.slice(1).reduce((a, b) => a * b, 1);
  if (rows * cols === 0) return [];
  // Text beyond the basic plane has fewer characters than units, so only a single row can be taken as it is.
  if (rows === 1) return [decoded.join("")];
  if (decoded.length !== rows * cols) {
    throw new MatError(`"${name}" announces ${rows}x${cols} characters and holds ${decoded.length}: damaged?`);
  }
  return Array.from({ length: rows }, (_, r) => Array.from({ length: cols }, (_, c) => decoded[c * rows + r]).join(""));
}

function latin(element: MatElement): string {
  return new TextDecoder("latin1").decode(element.bytes());
}

function zeroEnded(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function empty(): MatValue {
  return { kind: "numeric", class: "double", dims: [0, 0], data: new Float64Array() };
}
