import { assertEquals, assertNotEquals } from "@std/assert";
import { canonical, codeHash } from "./record.ts";

Deno.test("codeHash() changes with the plugin's code, in any depth, and not with its tests", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/deep`);
    await Deno.writeTextFile(`${dir}/mod.ts`, "export default 1;");
    await Deno.writeTextFile(`${dir}/deep/part.ts`, "export const a = 1;");
    const before = await codeHash(dir);
    await Deno.writeTextFile(`${dir}/mod_test.ts`, "a test");
    await Deno.writeTextFile(`${dir}/x.golden.ts`, "a runner");
    await Deno.writeTextFile(`${dir}/method.yaml`, "name: x");
    assertEquals(await codeHash(dir), before);
    await Deno.writeTextFile(`${dir}/deep/part.ts`, "export const a = 2;");
    assertNotEquals(await codeHash(dir), before);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("canonical() gives equal text for equal settings in any order", () => {
  assertEquals(canonical({ b: [1, { d: null, c: "x" }], a: undefined }), '{"b":[1,{"c":"x","d":null}]}');
  assertEquals(canonical({ x: 1, a: 2 }), canonical({ a: 2, x: 1 }));
});
