/**
 * For tests of the family: checkpoints by name, and the number of a network's parameters.
 *
 * @module
 */
import { elementCount } from "../weights/tensor.ts";
import { RandomWeights } from "../weights/learned.ts";
import type { WeightTensor } from "../weights/tensor.ts";

/** Tensors by name: a shape of zeros, or values. */
export type Tensors = {
  readonly [name: string]: { readonly shape: readonly number[]; readonly data?: readonly number[] | Float32Array };
};

/** Writes tensors as a safetensors file, runs, and removes it. */
export async function withCheckpoint(tensors: Tensors, run: (path: string) => Promise<void>): Promise<void> {
  let at = 0;
  const header: Record<string, unknown> = {}, values: number[] = [];
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const count = elementCount(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [at, at += 4 * count] };
    for (let i = 0; i < count; i++) values.push(data?.[i] ?? 0);
  }
  const text = new TextEncoder().encode(JSON.stringify(header)), file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(new Uint8Array(Float32Array.from(values).buffer), 8 + text.length);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, file);
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Every tensor that a network takes, by name. */
export class TakenWeights extends RandomWeights {
  readonly taken: Record<string, { readonly shape: readonly number[] }> = {};

  override take(name: string, shape: readonly number[]): WeightTensor {
    this.taken[name] = { shape };
    return super.take(name, shape);
  }

  /** Numbers in all of them together. */
  get count(): number {
    return Object.values(this.taken).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }
}
