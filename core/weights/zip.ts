/**
 * The directory of a ZIP file: where each entry lies, so that stored entries can be read, or mapped, in place.
 * Checkpoints are ZIP files (PyTorch, NumPy) with entries of gigabytes; nothing is unpacked that is not asked for.
 *
 * @module
 */
import { inflateRawSync } from "node:zlib";
import { InputError, messageOf } from "../errors.ts";
import type { RandomFile } from "./file.ts";

/** One entry. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored as it is; 8: deflated. */
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  /** Place of the entry's local header. */
  readonly header: number;
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;

/** Entries by name, in the order of the directory. @throws InputError where the file is no ZIP or is truncated. */
export function readZip(file: RandomFile): Map<string, ZipEntry> {
  const { offset, size, count } = findDirectory(file);
  const bytes = file.read(offset, size, "the directory");
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) {
      throw broken(file, `entry ${i} of its directory is damaged`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    if (at + 46 + nameLength + extraLength > bytes.length) throw broken(file, `entry ${i} of its directory is damaged`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    let [packed, full, header] = [20, 24, 42].map((field) => view.getUint32(at + field, true)) as [
      number,
      number,
      number,
    ];
    const extra = extra64(view, at + 46 + nameLength, extraLength);
    // ZIP64 keeps, in this order, only the fields that did not fit.
    if (full === 0xffffffff) full = extra.shift() ?? full;
    if (packed === 0xffffffff) packed = extra.shift() ?? packed;
    if (header === 0xffffffff) header = extra.shift() ?? header;
    entries.set(name, { name, method: view.getUint16(at + 10, true), packed, size: full, header });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** Where the values of a stored entry begin. @throws InputError where the entry is compressed or damaged. */
export function storedOffset(file: RandomFile, entry: ZipEntry): number {
  if (entry.method !== 0) throw broken(file, `entry "${entry.name}" is compressed where it must be stored`);
  return dataOffset(file, entry);
}

/** The unpacked bytes of an entry. */
export function readEntry(file: RandomFile, entry: ZipEntry, limit: number): Uint8Array<ArrayBuffer> {
  if (entry.size > limit) throw broken(file, `entry "${entry.name}" would have ${entry.size} bytes`);
  const bytes = file.read(dataOffset(file, entry), entry.packed, `entry "${entry.name}"`);
  if (entry.method === 0) return bytes;
  if (entry.method !== 8) throw broken(file, `entry "${entry.name}" uses compression method ${entry.method}`);
  try {
    return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: entry.size }));
  } catch (error) {
    throw broken(file, `entry "${entry.name}" cannot be unpacked: ${messageOf(error)}`);
  }
}

function dataOffset(file: RandomFile, entry: ZipEntry): number {
  const view = new DataView(file.read(entry.header, 30, `entry "${entry.name}"`).buffer);
  if (view.getUint32(0, true) !== LOCAL) throw broken(file, `entry "${entry.name}" is damaged`);
  return entry.header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
}

function findDirectory(file: RandomFile): { offset: number; size: number; count: number } {
  const length = Math.min(file.size, 22 + 0xffff);
  const start = file.size - length;
  const view = new DataView(file.read(start, length, "the end").buffer);
  let at = length - 22;
  while (at >= 0 && view.getUint32(at, true) !== END) at--;
  if (at < 0) throw broken(file, "its end is missing; it is truncated, fetch it again");
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let offset = view.getUint32(at + 16, true);
  if (at >= 20 && view.getUint32(at - 20, true) === END64_LOCATOR) {
    const place = Number(view.getBigUint64(at - 12, true));
    const end = new DataView(file.read(place, 56, "the end of the directory").buffer);
    if (end.getUint32(0, true) !== END64) throw broken(file, "its directory is damaged");
    [count, size, offset] = [32, 40, 48].map((field) => Number(end.getBigUint64(field, true))) as [
      number,
      number,
      number,
    ];
  }
  return { offset, size, count };
}

function extra64(view: DataView, at: number, length: number): number[] {
  const end = at + length;
  while (at + 4 <= end) {
    const size = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && at + 4 + size <= end) {
      return Array.from({ length: Math.floor(size / 8) }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
    }
    at += 4 + size;
  }
  return [];
}

function broken({ path }: RandomFile, why: string): InputError {
  return new InputError(`Cannot read "${path}" as a ZIP archive: ${why}`);
}
