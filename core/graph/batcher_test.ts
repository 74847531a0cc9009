import { assertEquals, assertRejects } from "@std/assert";
import { Batcher } from "./batcher.ts";

function recording(limit: number) {
  const groups: number[][] = [];
  const batcher = new Batcher<number, number>(limit, (inputs) => {
    groups.push([...inputs]);
    if (inputs.includes(13)) return Promise.reject(new Error("unlucky"));
    return Promise.resolve(inputs.map((input) => 10 * input));
  });
  return { groups, ask: (key: string, input: number) => batcher.ask(key, input) };
}

Deno.test("Batcher answers full groups at once and the rest after a short wait, each with its own answer", async () => {
  const { groups, ask } = recording(2);
  assertEquals(await Promise.all([ask("a", 1), ask("b", 2), ask("a", 3), ask("a", 4)]), [10, 20, 30, 40]);
  assertEquals(groups, [[1, 3], [2], [4]]);
});

Deno.test("Batcher with a limit of 1 answers each request by itself", async () => {
  const { groups, ask } = recording(1);
  assertEquals(await Promise.all([ask("a", 1), ask("a", 2)]), [10, 20]);
  assertEquals(groups, [[1], [2]]);
});

Deno.test("Batcher rejects a whole group, and goes on with the next", async () => {
  const { ask } = recording(2);
  const both = await Promise.allSettled([ask("a", 13), ask("a", 1)]);
  assertEquals(both.map(({ status }) => status), ["rejected", "rejected"]);
  await assertRejects(() => ask("a", 13), Error, "unlucky");
  assertEquals(await ask("a", 1), 10);
});
