import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InputError } from "../errors.ts";
import type { Card } from "../types.ts";
import { learnedWeights, RandomWeights } from "./learned.ts";

function card(url: string): Card {
  const weights = [{
    name: "net.pth",
    url,
    sha256: "recorded on first download",
    licence: "MIT",
    source: "the authors",
  }];
  return { kind: "method", name: "some-net", weights } as unknown as Card;
}

Deno.test("learnedWeights() without weights says in one line where they come from and what else would work", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get("SC_WEIGHTS");
  Deno.env.set("SC_WEIGHTS", folder);
  try {
    const ask = (url: string) =>
      assertRejects(() => learnedWeights(card(url), { weights: "", variant: "" }), InputError);
    const direct = await ask("https://example.org/net.pth");
    assertStringIncludes(direct.message, "deno task weights name=some-net");
    assertStringIncludes(direct.message, "weights=PATH");
    assert(!direct.message.includes("\n"));
    const page = await ask("https://example.org/folder/abc");
    assertStringIncludes(page.message, "https://example.org/folder/abc");
    assert(!page.message.includes("deno task weights"), "a page is no file to download");
  } finally {
    if (before === undefined) Deno.env.delete("SC_WEIGHTS");
    else Deno.env.set("SC_WEIGHTS", before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("learnedWeights() with weights=random marks what it gives as meaningless", async () => {
  const { meaningless, set } = await learnedWeights(card("https://example.org/net.pth"), {
    weights: "random",
    variant: "",
  });
  assertEquals(meaningless, "random weights");
  const values = set.take("w", [2, 3]).read();
  // The rule's own example, computed in Python: seed 0, name "w", shape [2, 3].
  const want = [0.5514649, -0.82903636, 0.45953462, 0.35418063, 0.50943434, -0.12180724];
  for (const [i, value] of want.entries()) assert(Math.abs(values[i]! - value) < 1e-6);
});

Deno.test("RandomWeights give the same numbers each time, others for another name or seed", () => {
  const read = (seed: number, name: string) => [...new RandomWeights(seed).take(name, [4, 4]).read()];
  assertEquals(read(1, "a"), read(1, "a"));
  assert(read(1, "a").join() !== read(1, "b").join());
  assert(read(1, "a").join() !== read(2, "a").join());
});
