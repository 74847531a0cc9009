import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { concat } from "./mat_writer.ts";

/** An entry for {@linkcode zipOf} and {@linkcode tarOf}: a name ending with `/` is a folder. */
export interface ArchiveEntry {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** Makes a link to this place instead of a file. */
  readonly link?: string;
  /** Zip only: written instead of the true check sum. */
  readonly crc?: number;
}

const text = (value: string) => new TextEncoder().encode(value);
const bytesOf = ({ data = "" }: ArchiveEntry) => typeof data === "string" ? text(data) : data;

/** A zip archive of deflated entries, for tests; by hand, so that it can hold what a library would refuse to write. */
export function zipOf(entries: readonly ArchiveEntry[]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [], centrals: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = text(entry.name);
    const data = entry.link === undefined ? bytesOf(entry) : text(entry.link);
    const packed = new Uint8Array(deflateRawSync(data));
    const crc = entry.crc ?? crc32(data);
    // From "general purpose bit flag" to "extra field length": the same in both headers. Bit 11: names are UTF-8.
    const shared = [[2, 1 << 11], [2, 8], [4, 0x21 << 16], [4, crc], [4, packed.length], [4, data.length], [
      2,
      name.length,
    ], [2, 0]];
    const local = concat([fields([[4, 0x04034b50], [2, 20], ...shared]), name, packed]);
    const attributes = entry.link === undefined ? 0 : (0o120777 << 16) >>> 0;
    const rest = [[2, 0], [2, 0], [2, 0], [4, attributes], [4, offset]];
    centrals.push(concat([fields([[4, 0x02014b50], [2, 20 | 3 << 8], [2, 20], ...shared, ...rest]), name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = concat(centrals);
  const n = entries.length;
  const end = fields([[4, 0x06054b50], [2, 0], [2, 0], [2, n], [2, n], [4, directory.length], [4, offset], [2, 0]]);
  return new Uint8Array(concat([...locals, directory, end]));
}

/** A POSIX tar archive, for tests. */
export function tarOf(entries: readonly ArchiveEntry[]): Uint8Array<ArrayBuffer> {
  const blocks = entries.flatMap((entry) => {
    const data = entry.link === undefined ? bytesOf(entry) : new Uint8Array();
    const header = new Uint8Array(512);
    const put = (at: number, value: string) => header.set(text(value), at);
    put(0, entry.name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, `${data.length.toString(8).padStart(11, "0")}\0`);
    put(136, "00000000000\0");
    put(156, entry.link !== undefined ? "2" : entry.name.endsWith("/") ? "5" : "0");
    put(157, entry.link ?? "");
    put(257, "ustar\x0000");
    put(148, "        ");
    const sum = header.reduce((a, b) => a + b, 0);
    put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
    return [header, data, new Uint8Array((512 - data.length % 512) % 512)];
  });
  return new Uint8Array(concat([...blocks, new Uint8Array(1024)]));
}

/** {@linkcode tarOf} with gzip. */
export function tarGzOf(entries: readonly ArchiveEntry[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(tarOf(entries)));
}

/** Little-endian numbers of 2 or 4 bytes. */
function fields(values: readonly (readonly number[])[]): Uint8Array {
  return concat(values.map(([width, value]) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value!, true);
    return bytes.subarray(0, width);
  }));
}
