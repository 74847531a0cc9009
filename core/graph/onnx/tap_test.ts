import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../errors.ts";
import { tensorOf } from "../../weights/tensor.ts";
import { Graph } from "../graph.ts";
import { add, relu } from "../ops/mod.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { decodeModel, encodeModel, type ModelProto } from "./proto.ts";
import { tapModel } from "./tap.ts";

/** relu(x) + 1 -> output "sum"; then relu(sum + 2) -> output "late". */
function file(): { proto: ModelProto; names: string[] } {
  const g = new Graph("file");
  const x = g.input("image", [1, 2]);
  const first = relu(g, x);
  const sum = add(g, first, g.weight(tensorOf("one", [1], Float32Array.of(1))));
  const late = relu(g, add(g, sum, g.weight(tensorOf("two", [1], Float32Array.of(2)))));
  const { proto } = g.model({ sum, late });
  return { proto: decodeModel(encodeModel(proto), "file.onnx"), names: [first.id] };
}

async function withPath(run: (path: string) => Promise<void> | void): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("tapModel() reads an intermediate tensor and cuts off what comes after", () =>
  withPath(async (path) => {
    const { proto, names } = file();
    const model = tapModel(proto, path, names, [1, 2]);
    assertEquals(model.proto.graph!.node!.map(({ opType }) => opType), ["Relu"]);
    assertEquals(model.proto.graph!.initializer, []);
    const outputs = await runOnce(model, { image: { shape: [1, 2], data: Float32Array.of(-3, 4) } }, defaultSession);
    assertEquals([...outputs[names[0]!]!.data], [0, 4]);
  }));

Deno.test("tapModel() names a near tensor, or the outputs where none is near", () =>
  withPath((path) => {
    const { proto } = file();
    assertThrows(() => tapModel(proto, path, ["lete"], [1, 2]), InputError, 'did you mean "late"?');
    assertThrows(() => tapModel(proto, path, ["backbone.stage7"], [1, 2]), InputError, "its outputs are: sum, late");
  }));

Deno.test("tapModel() refuses a picture of a shape the network does not take", () =>
  withPath((path) => {
    assertThrows(() => tapModel(file().proto, path, ["sum"], [1, 3]), InputError, "its input takes [1, 2]");
  }));

Deno.test("decodeModel() refuses what is no network in one line", () => {
  for (const bytes of [new Uint8Array(0), new TextEncoder().encode("<html>"), new Uint8Array(64).fill(0xff)]) {
    const error = assertThrows(() => decodeModel(bytes, "x.onnx"), InputError) as Error;
    assert(error.message.startsWith('Cannot read "x.onnx" as ONNX: ') && !error.message.includes("\n"));
  }
});
