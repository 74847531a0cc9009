import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ConfigError } from "../errors.ts";
import { tensorOf } from "../weights/tensor.ts";
import { Graph } from "./graph.ts";
import { defaultSession } from "./session_options.ts";
import * as ops from "./ops/mod.ts";
import { runOnce, Session } from "./session.ts";

function tensor(shape: number[], values: number[]) {
  return { shape, data: Float32Array.from(values) };
}

Deno.test("linear() uses PyTorch's weight layout", async () => {
  const g = new Graph("linear");
  const x = g.input("x", [1, 2, 3]);
  const weight = g.weight(tensorOf("w", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
  const bias = g.weight(tensorOf("b", [2], Float32Array.of(10, 20)));
  const { y } = await runOnce(g.model({ y: ops.linear(g, x, weight, bias) }), {
    x: tensor([1, 2, 3], [1, 0, 0, 0, 1, 1]),
  }, defaultSession);
  assertEquals(y!.shape, [1, 2, 2]);
  assertEquals([...y!.data], [11, 24, 15, 31]);
});

Deno.test("model() leaves out layers after the last tap and never reads their weights", () => {
  const g = new Graph("net");
  const x = g.input("x", [1, 4]);
  const tapped = ops.relu(g, x);
  const unread = {
    name: "late",
    shape: [4, 4],
    dtype: "float32" as const,
    read: () => {
      throw new Error("was read");
    },
  };
  ops.linear(g, tapped, g.weight(unread));
  const model = g.model({ tapped });
  assertEquals(model.proto.graph!.node!.map(({ opType }) => opType), ["Relu", "Identity"]);
  assertEquals(model.proto.graph!.initializer!.length, 0);
});

Deno.test("operations refuse shapes that do not fit and name the layer", () => {
  const g = new Graph("net");
  const x = g.input("x", [1, 5, 4]);
  const weight = g.weight(tensorOf("w", [2, 3], new Float32Array(6)));
  assertThrows(
    () => g.scope("blocks.3", () => g.scope("mlp.fc1", () => ops.linear(g, x, weight))),
    RangeError,
    'Cannot build layer "blocks.3.mlp.fc1": linear expects a weight [out, 4] and got [2,3]',
  );
});

Deno.test("run() transfers its inputs and checks their shapes first", async () => {
  const g = new Graph("net");
  const model = g.model({ y: ops.relu(g, g.input("x", [2])) });
  await using session = await Session.open(model, defaultSession);
  await assertRejects(() => session.run({ x: tensor([3], [1, 2, 3]) }), RangeError, 'input "x" is [3], not [2]');
  await assertRejects(() => session.run({}), RangeError, 'input "x" is missing');
  const x = tensor([2], [-1, 2]);
  assertEquals([...(await session.run({ x })).y!.data], [0, 2]);
  assertEquals(x.data.length, 0);
});

Deno.test("run() writes into memory that was given back, and into none that was not", async () => {
  const g = new Graph("net");
  const x = g.input("x", [2]);
  await using session = await Session.open(g.model({ y: ops.relu(g, x), z: ops.add(g, x, x) }), defaultSession);
  const first = await session.run({ x: tensor([2], [-1, 2]) });
  const second = await session.run({ x: tensor([2], [3, 4]) });
  assertEquals([[...first.y!.data], [...first.z!.data]], [[0, 2], [-2, 4]]);
  session.recycle(first);
  const third = await session.run({ x: tensor([2], [5, -6]) });
  assertEquals([[...third.y!.data], [...third.z!.data]], [[5, 0], [10, -12]]);
  assertEquals([first.y!.data.length, first.z!.data.length], [0, 0], "given away");
  assertEquals([[...second.y!.data], [...second.z!.data]], [[3, 4], [6, 8]]);
  const fourth = await session.run({ x: tensor([2], [7, 8]) });
  assertEquals([[...third.y!.data], [...fourth.y!.data]], [[5, 0], [7, 8]]);
});

Deno.test("the event loop keeps turning while a network runs", async () => {
  const g = new Graph("slow");
  let y = g.input("x", [1, 8, 256, 256]);
  const weight = g.weight(tensorOf("w", [8, 8, 5, 5], new Float32Array(1600).fill(0.01)));
  for (let i = 0; i < 12; i++) y = ops.conv(g, y, weight, undefined, { padding: 2 });
  await using session = await Session.open(g.model({ y }), { ...defaultSession, threads: 1 });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  const before = performance.now();
  await session.run({ x: tensor([1, 8, 256, 256], Array(8 * 65536).fill(0.1)) });
  const took = performance.now() - before;
  clearInterval(timer);
  // A blocked loop gives one tick at most; a free one gives about took / 2, fewer on a busy machine.
  assertEquals(ticks > 3, true, `${ticks} ticks in ${took} ms`);
});

Deno.test("close() gives memory back, and rounds of opening and closing take no more each time", async () => {
  const script = fromFileUrl(new URL("./_memory_rounds.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "--no-check", "-A", script] })
    .output();
  const text = new TextDecoder().decode(stdout);
  assert(text.startsWith("{"), new TextDecoder().decode(stderr));
  const { before, open, closed }: { before: number; open: number[]; closed: number[] } = JSON.parse(text);
  const held = open[0]! - before;
  assert(held > 150, text);
  // The runtime's own code stays, and so does what the collector has not come to yet.
  for (const after of closed) assert(after - before < held / 2, text);
});

Deno.test("open() says in one line what it cannot do", async () => {
  const g = new Graph("net");
  const model = g.model({ y: ops.relu(g, g.input("x", [2])) });
  const onGpu = (provider: string) => Session.open(model, { ...defaultSession, provider });
  for (const provider of ["cuda", "webgpu"]) {
    let session: Session;
    try {
      session = await onGpu(provider);
    } catch (error) {
      assert(error instanceof ConfigError);
      assertMatch(
        error.message,
        new RegExp(`^Cannot open network "net" on ${provider}: .*; provider=cpu works everywhere$`),
      );
      continue;
    }
    // A machine that has one runs on it.
    assertEquals([...(await session.run({ x: tensor([2], [-1, 2]) })).y!.data], [0, 2]);
    await session.close();
  }
});
