import { fromFileUrl, join } from "@std/path";

const fixtures: Record<string, string> = JSON.parse(
  Deno.readTextFileSync(join(fromFileUrl(new URL(".", import.meta.url)), "testdata", "python.json")),
);

/** Bytes written by Python 3.11's own pickle module, NumPy 2.4 and PyTorch 2.13; see testdata/README.md for what they hold. */
export function pythonBytes(name: string): Uint8Array<ArrayBuffer> {
  const text = fixtures[name];
  if (text === undefined) throw new RangeError(`Cannot find fixture "${name}"`);
  return Uint8Array.fromBase64(text);
}

/** A ZIP of stored entries (checksums left 0: readers of checkpoints do not look at them). */
export function storedZip(entries: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const header = (
    signature: number,
    size: number,
    name: Uint8Array,
    length: number,
    fields: (view: DataView) => void,
  ) => {
    const bytes = new Uint8Array(size + name.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, signature, true);
    fields(view);
    const base = signature === 0x02014b50 ? 20 : 18;
    view.setUint32(base, length, true);
    view.setUint32(base + 4, length, true);
    view.setUint16(base + 8, name.length, true);
    bytes.set(name, size);
    return bytes;
  };
  for (const [name, data] of Object.entries(entries)) {
    const encoded = new TextEncoder().encode(name);
    const place = at;
    const local = header(0x04034b50, 30, encoded, data.length, () => {});
    parts.push(local, data);
    at += local.length + data.length;
    directory.push(header(0x02014b50, 46, encoded, data.length, (view) => view.setUint32(42, place, true)));
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, directory.length, true);
  end.setUint16(10, directory.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, at, true);
  const file = new Uint8Array(at + size + 22);
  let place = 0;
  for (const part of [...parts, ...directory, new Uint8Array(end.buffer)]) {
    file.set(part, place);
    place += part.length;
  }
  return file;
}

/** Runs a test with bytes in a file of their own. */
export async function withFile<T>(
  bytes: Uint8Array,
  suffix: string,
  run: (path: string) => T | Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempFile({ suffix });
  try {
    await Deno.writeFile(path, bytes);
    return await run(path);
  } finally {
    await Deno.remove(path);
  }
}
