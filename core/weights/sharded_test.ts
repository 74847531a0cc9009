import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { pythonBytes } from "./_fixtures.ts";
import { openWeights } from "./open.ts";
import { hashWeights } from "./sharded.ts";
import { resolveWeights } from "./store.ts";
import type { Card } from "../types.ts";

/** A safetensors file of float32 vectors. */
function safetensors(vectors: Record<string, number[]>): Uint8Array<ArrayBuffer> {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(vectors).map(([name, { length }]) => {
      return [name, { dtype: "F32", shape: [length], data_offsets: [at, at += 4 * length] }];
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(Float32Array.from(Object.values(vectors).flat()).buffer), 8 + text.length);
  return bytes;
}

const FILES = {
  "model-00001-of-00002.safetensors": safetensors({ a: [1, 2], b: [3] }),
  "model-00002-of-00002.safetensors": safetensors({ c: [4, 5, 6] }),
};
const MAP = {
  c: "model-00002-of-00002.safetensors",
  a: "model-00001-of-00002.safetensors",
  b: "model-00001-of-00002.safetensors",
};

async function withFiles(
  files: Record<string, Uint8Array | object>,
  run: (index: string, dir: string) => void | Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));
      await Deno.writeFile(`${dir}/${name}`, bytes);
    }
    await run(`${dir}/${Object.keys(files)[0]}`, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("openWeights() reads every file that a safetensors index names", () =>
  withFiles(
    { "model.safetensors.index.json": { metadata: { total_size: 24 }, weight_map: MAP }, ...FILES },
    (index) => {
      const values = [...openWeights(index)].map(([name, tensor]) => [name, [...tensor.read()]]);
      assertEquals(values, [["c", [4, 5, 6]], ["a", [1, 2]], ["b", [3]]]);
    },
  ));

Deno.test("openWeights() reads every file that an index of PyTorch files names", async () => {
  const names = ["0.weight", "0.bias", "0.running_mean", "0.running_var", "0.num_batches_tracked"];
  const rest = ["w", "view", "param", "half", "brain", "ints", "scalar"];
  const map = Object.fromEntries([...names, ...rest].map((name) => [name, "one.bin"]));
  const index = { weight_map: { ...map, a: "two.bin", b: "two.bin" } };
  const files = { "one.bin": pythonBytes("torch_zip"), "two.bin": safetensors({ a: [1, 2], b: [3] }) };
  await withFiles({ "pytorch_model.bin.index.json": index, ...files }, (path) => {
    const tensors = openWeights(path);
    assertEquals([...tensors.get("half")!.read()], [0.5, -2]);
    assertEquals([...tensors.get("a")!.read()], [1, 2]);
    assertEquals(tensors.size, 14);
  });
});

Deno.test("an index that does not fit its files is one clear line", async () => {
  const [first, second] = Object.entries(FILES) as [[string, Uint8Array], [string, Uint8Array]];
  const of = (map: unknown, ...files: [string, Uint8Array][]): Record<string, Uint8Array | object> => ({
    "m.index.json": { weight_map: map },
    ...Object.fromEntries(files),
  });
  const cases: [Record<string, Uint8Array | object>, string][] = [
    [of(MAP, first), "1 of its 2 files are not beside it: model-00002-of-00002.safetensors; fetch them too"],
    [of({ ...MAP, d: first[0] }, first, second), `"${first[0]}" holds no "d"`],
    [of({ a: first[0], c: second[0] }, first, second), `"${first[0]}" holds "b", which the index does not name`],
    [of({ a: "../x" }), 'tensor "a" lies in "../x", and a plain file name is needed'],
    [of([]), "it has no weight_map"],
    [{ "m.index.json": new TextEncoder().encode("{") }, "it is not JSON"],
    [of(MAP, first, [second[0], second[1].subarray(0, -1)]), 'ends within tensor "c"; it is truncated'],
  ];
  for (const [files, message] of cases) {
    await withFiles(files, (index) => {
      const error = assertThrows(() => openWeights(index), InputError, message) as Error;
      assertEquals(error.message.includes("\n"), false);
    });
  }
});

Deno.test("weights=INDEX is known by the content of all its files", () =>
  withFiles({ "m.safetensors.index.json": { weight_map: MAP }, ...FILES }, async (index, dir) => {
    const card = { name: "net", weights: [] as Card["weights"] } as Card;
    const { path, sha256 } = await resolveWeights(card, { weights: index });
    assertEquals(path, index);
    assertEquals(sha256, await hashWeights(index));
    const other = `${dir}/${MAP.c}`;
    await Deno.writeFile(other, safetensors({ c: [4, 5, 7] }));
    // The memory of hashes goes by time of change, too coarse for a test on some disks.
    await Deno.utime(other, 1, 1);
    assertNotEquals(await hashWeights(index), sha256);
    await Deno.remove(other);
    await assertRejects(
      () => resolveWeights(card, { weights: index }),
      InputError,
      "1 of its 2 files are not beside it",
    );
  }));
