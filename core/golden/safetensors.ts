import { InputError } from "../errors.ts";

/** One tensor of a safetensors file. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major; integers and booleans become typed arrays of their own width, float16 becomes float32. */
  readonly data: Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array | BigInt64Array;
}

const ARRAYS: Record<string, { bytes: number; view: (buffer: ArrayBuffer) => StoredTensor["data"] }> = {
  F64: { bytes: 8, view: (b) => new Float64Array(b) },
  F32: { bytes: 4, view: (b) => new Float32Array(b) },
  F16: { bytes: 2, view: (b) => Float32Array.from(new Float16Array(b)) },
  I64: { bytes: 8, view: (b) => new BigInt64Array(b) },
  I32: { bytes: 4, view: (b) => new Int32Array(b) },
  I16: { bytes: 2, view: (b) => new Int16Array(b) },
  I8: { bytes: 1, view: (b) => new Int8Array(b) },
  U8: { bytes: 1, view: (b) => new Uint8Array(b) },
  BOOL: { bytes: 1, view: (b) => new Uint8Array(b) },
};

/**
 * Reads a small safetensors file whole, as the recorded vectors are.
 *
 * @throws InputError naming the file when it is absent, cut off, or holds a type or range that cannot be.
 */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await Deno.readFile(path);
  } catch {
    throw new InputError(`Cannot read "${path}": no such file`);
  }
  const broken = (why: string) => new InputError(`Cannot read "${path}": ${why}`);
  if (bytes.length < 8) throw broken("shorter than a safetensors header");
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  if (headerBytes > bytes.length - 8) throw broken("its header reaches beyond the end of the file");
  const tensors = new Map<string, StoredTensor>();
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
  } catch {
    throw broken("its header is not JSON");
  }
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const kind = ARRAYS[entry.dtype];
    if (kind === undefined) throw broken(`tensor "${name}" has the unknown type ${entry.dtype}`);
    const [begin, end] = entry.data_offsets.map((offset) => offset + 8 + headerBytes) as [number, number];
    const count = entry.shape.reduce((product, side) => product * side, 1);
    if (end > bytes.length || end - begin !== count * kind.bytes) {
      throw broken(`tensor "${name}" does not fit its range`);
    }
    // A copy, since views need aligned offsets and the format promises none.
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, data: kind.view(bytes.slice(begin, end).buffer) });
  }
  return tensors;
}
