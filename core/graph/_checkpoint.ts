import type { FilledTensor } from "../golden/vectors.ts";

/** Bytes of float32 values as another element type; bfloat16 is cut off, not rounded. */
const TYPES = {
  F32: (data: Float32Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  F16: (data: Float32Array) => new Uint8Array(Float16Array.from(data).buffer),
  BF16: (data: Float32Array) =>
    new Uint8Array(Uint16Array.from(new Uint32Array(data.slice().buffer), (word) => word >>> 16).buffer),
};

/** Runs a test with parameters in a safetensors file of their own. */
export async function withCheckpoint(
  parameters: Iterable<readonly [name: string, tensor: FilledTensor]>,
  type: keyof typeof TYPES,
  run: (path: string) => Promise<void>,
): Promise<void> {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, data }] of parameters) {
    const bytes = TYPES[type](data);
    header[name] = { dtype: type, shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, new Blob([length, text, ...parts] as BlobPart[]).stream());
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}
