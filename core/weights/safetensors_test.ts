import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { withFile } from "./_fixtures.ts";
import { openWeights } from "./open.ts";
import { readSafetensors } from "./safetensors.ts";

function file(header: unknown, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const DATA = new Uint8Array([0, 0, 128, 63, 0, 0, 0, 192, 0x80, 0x3f, 0x00, 0x38]);
const HEADER = {
  __metadata__: { format: "pt" },
  w: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
  b: { dtype: "BF16", shape: [1], data_offsets: [8, 10] },
  h: { dtype: "F16", shape: [1], data_offsets: [10, 12] },
};

Deno.test("readSafetensors() describes tensors and reads them when asked", async () => {
  await withFile(file(HEADER, DATA), ".safetensors", (path) => {
    const tensors = readSafetensors(path);
    assertEquals([...tensors.keys()], ["w", "b", "h"]);
    assertEquals([...tensors.get("w")!.read()], [1, -2]);
    assertEquals([...tensors.get("b")!.read()], [1]);
    assertEquals([...tensors.get("h")!.read()], [0.5]);
  });
});

Deno.test("openWeights() tells a safetensors file whose length begins like a pickle", async () => {
  const text = JSON.stringify(HEADER);
  await withFile(file(text.padEnd(0x180), DATA), ".bin", (path) => {
    assertEquals([...openWeights(path).keys()], ["w", "b", "h"]);
  });
});

Deno.test("readSafetensors() refuses damaged files in one line that names file and tensor", async () => {
  const cases: [Uint8Array, string][] = [
    [file(HEADER, DATA.subarray(0, 9)), 'it ends within tensor "b"; it is truncated'],
    [file(HEADER, DATA).subarray(0, 30), "the file ends after 30 bytes; it is truncated"],
    [file("{oops", DATA), "its header is not JSON"],
    [file({ w: { dtype: "F32", shape: [3], data_offsets: [0, 8] } }, DATA), 'tensor "w" of shape [3] has 8 bytes'],
    [file({ w: { dtype: "F9", shape: [2], data_offsets: [0, 8] } }, DATA), 'tensor "w" has the unknown type "F9"'],
    [file({ w: { dtype: "F32", shape: [-2], data_offsets: [0, 8] } }, DATA), 'tensor "w" has no proper shape'],
    [new Uint8Array(3), "it has 3 bytes"],
  ];
  for (const [bytes, message] of cases) {
    await withFile(bytes, ".safetensors", (path) => {
      assertThrows(() => readSafetensors(path), InputError, message);
    });
  }
});
