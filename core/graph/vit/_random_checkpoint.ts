import { dirname } from "@std/path";
import { WeightSet } from "../../weights/set.ts";
import { elementCount, type WeightTensor } from "../../weights/tensor.ts";
import type { VitConfig } from "./config.ts";
import { official } from "./dialects.ts";

/** Values drawn once and used again and again: drawing a giant's thousand million would take longer than its run. */
const DRAWN = 1 << 20;

/** Writes down what a network asks for. */
class Asked extends WeightSet {
  readonly shapes = new Map<string, readonly number[]>();

  constructor() {
    super("no file", new Map());
  }

  override take(name: string, shape: readonly number[]): WeightTensor {
    this.shapes.set(name, shape);
    return super.take(name, shape);
  }
}

/**
 * Writes a safetensors file with every parameter of a Vision Transformer under facebookresearch's names, of random
 * values that keep activations of the order of 1: for measuring time.
 */
export async function writeRandomVit(path: string, config: VitConfig): Promise<void> {
  const asked = new Asked();
  official(asked, config);
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, shape] of asked.shapes) {
    const end = at + 4 * elementCount(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [at, end] };
    at = end;
  }
  const json = JSON.stringify(header);
  // Padded, so that every value lies at a multiple of eight bytes, as the published files' do.
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  await Deno.mkdir(dirname(path), { recursive: true });
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const write = async (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  };
  await write(new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer));
  await write(text);
  const drawn = Float32Array.from({ length: DRAWN }, () => 2 * Math.random() - 1);
  const values = new Float32Array(DRAWN);
  for (const [name, shape] of asked.shapes) {
    const isScale = shape.length === 1 && name.endsWith("weight");
    const width = shape.length > 1 ? Math.sqrt(3 / elementCount(shape.slice(1))) : 0.1;
    for (let left = elementCount(shape); left > 0; left -= DRAWN) {
      const count = Math.min(left, DRAWN);
      for (let i = 0; i < count; i++) values[i] = (isScale ? 1 : 0) + width * drawn[i]!;
      await write(new Uint8Array(values.buffer, 0, 4 * count));
    }
  }
}
