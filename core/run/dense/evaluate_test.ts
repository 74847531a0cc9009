import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { inTempFolder } from "../../data/testing/benchmark.ts";
import { ConfigError, InputError } from "../../errors.ts";
import type { BenchmarkPair, Method } from "../../types.ts";
import { densePair, fieldBy, flowMethod, pixelLattice } from "./_testing.ts";
import { evaluateDense } from "./evaluate.ts";
import { flowFolder } from "./store.ts";

const SIZE = { width: 8, height: 6 };
const SIZES = { source: SIZE, target: SIZE };
const pairs = ["a", "b", "c", "d"].map((id) => densePair(id, "g", SIZES, {}));
const identity = flowMethod((source) => ({ lattice: pixelLattice(source), data: fieldBy(source, (x, y) => [x, y]) }));

function predict(folder: string, list: readonly BenchmarkPair[], { method = identity, limit = 1e9 } = {}) {
  const logged: string[] = [];
  const record = { direction: "forward", method: { name: "demo" } } as Parameters<typeof evaluateDense>[1];
  const outcome = evaluateDense(method, record, list, folder, null, limit, { log: (line) => logged.push(line) });
  return { outcome, logged };
}

Deno.test("a dense run stops before it takes more disk than allowed, says so early, and resumes with more", () =>
  inTempFolder(async (folder) => {
    const one = (await predict(`${folder}`, pairs.slice(0, 1)).outcome).bytes;
    await Deno.remove(folder, { recursive: true });
    await Deno.mkdir(folder);
    const { outcome, logged } = predict(folder, pairs, { limit: 2.5 * one });
    const { message } = await assertRejects(() => outcome, InputError);
    assertStringIncludes(message, 'Cannot keep the dense prediction of pair "c"');
    assertStringIncludes(message, "run.flow_disk=MIB allows more");
    assertEquals(logged.length, 1);
    assertStringIncludes(logged[0]!, "Dense predictions will take about");
    assertEquals((await Array.fromAsync(Deno.readDir(flowFolder(folder)))).length, 2);
    const rest = await predict(folder, pairs).outcome;
    assertEquals([rest.resumed, rest.lines.length, rest.bytes], [2, 4, 4 * one]);
  }));

Deno.test("a method without a dense field is refused before anything is written", () =>
  inTempFolder(async (folder) => {
    const method: Method = { correspond: () => Promise.reject(new Error("not asked")) };
    await assertRejects(
      () => predict(folder, pairs, { method }).outcome,
      ConfigError,
      'Cannot make dense predictions with method "demo": it matches points only',
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a pair that cannot be read is skipped with its reason, and tried again by the next run", () =>
  inTempFolder(async (folder) => {
    let broken = true;
    const image = pairs[1]!.images.source;
    const load = () => broken ? Promise.reject(new InputError("no such picture")) : image.load();
    const list = [
      pairs[0]!,
      { ...pairs[1]!, images: { ...pairs[1]!.images, source: { ...image, load } } },
      { ...pairs[2]!, images: { source: pairs[2]!.images.source, target: pairs[2]!.images.source } },
    ];
    const { outcome, logged } = predict(folder, list);
    const { lines } = await outcome;
    assertEquals(lines.map(({ skipped }) => skipped), [
      undefined,
      "no such picture",
      'source and target are the same picture "c:source"',
    ]);
    assertEquals(logged.length, 2);
    broken = false;
    const again = await predict(folder, list).outcome;
    assertEquals([again.resumed, again.lines[1]!.skipped], [1, undefined]);
  }));

Deno.test("a flow that does not fit its picture is a bug of its method, not a skipped pair", () =>
  inTempFolder(async (folder) => {
    const short = flowMethod((source) => ({ lattice: pixelLattice(source), data: new Float32Array(4) }));
    await assertRejects(
      () => predict(folder, pairs, { method: short }).outcome,
      TypeError,
      "returned 2 positions for 6 x 8",
    );
    const other = flowMethod(() => ({
      lattice: pixelLattice({ width: 3, height: 2 }),
      data: new Float32Array(12),
    }));
    await assertRejects(() => predict(folder, pairs, { method: other }).outcome, TypeError, "starts from 8x6");
  }));

Deno.test("a stored prediction that is gone or changed is made again, and only that one", () =>
  inTempFolder(async (folder) => {
    const before = await predict(folder, pairs).outcome;
    const names = (await Array.fromAsync(Deno.readDir(flowFolder(folder)))).map(({ name }) => name).sort();
    await Deno.remove(`${flowFolder(folder)}/${names[0]}`);
    await Deno.writeTextFile(`${flowFolder(folder)}/${names[1]}`, "changed");
    const { outcome, logged } = predict(folder, pairs);
    const after = await outcome;
    assertEquals(after.resumed, 2);
    assert(logged.length === 2 && logged.every((line) => line.includes("absent or damaged")));
    assertEquals(after.lines, before.lines);
  }));
