import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { download } from "../data/download.ts";
import { InputError } from "../errors.ts";
import type { Card, WeightCard } from "../types.ts";
import { hashFile } from "./hash.ts";
import { resolveWeights, UNRECORDED, weightCard, weightPath } from "./store.ts";

const entry = (name: string, sha256: string = UNRECORDED, url = "http://localhost/"): WeightCard => ({
  name,
  url: url + name,
  sha256,
  licence: "MIT",
  source: "test",
});
const card = (...weights: WeightCard[]) => ({ name: "tiny", version: 1, weights } as unknown as Card);

/** sha256 of "abc", from FIPS 180-2. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("hashFile() is sha256 and notices a changed file", () =>
  withFolder(async (dir) => {
    const path = join(dir, "w");
    await Deno.writeTextFile(path, "abc");
    assertEquals(await hashFile(path), ABC);
    assertEquals(await hashFile(path), ABC);
    await Deno.writeTextFile(path, "abcd");
    assert(await hashFile(path) !== ABC);
    await assertRejects(() => hashFile(join(dir, "x")), InputError, "no such file");
    await assertRejects(() => hashFile(dir), InputError, "it is a folder");
  }));

Deno.test("resolveWeights() takes what a download put into the store and recorded", () =>
  withFolder(async (dir) => {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("abc"));
    try {
      const file = entry("w.pth", UNRECORDED, `http://localhost:${server.addr.port}/`);
      const path = weightPath(file, dir);
      await download({ url: file.url, dest: path });
      assertEquals(await resolveWeights(card(file), { dir }), { path, sha256: ABC });
      await Deno.writeTextFile(path, "abX");
      await assertRejects(
        () => resolveWeights(card(file), { dir }),
        InputError,
        `, not ${ABC}; delete and fetch them again`,
      );
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("resolveWeights() says how to get what is not there", () =>
  withFolder(async (dir) => {
    await assertRejects(
      () => resolveWeights(card(entry("w.pth")), { dir }),
      InputError,
      'are not there; get them by "deno task weights name=tiny" (MIT), or give a file by backbone.weights=PATH',
    );
  }));

Deno.test("resolveWeights() refuses a file of another hash than the card's, but takes any file that is given", () =>
  withFolder(async (dir) => {
    const file = entry("w.pth", "0".repeat(64));
    await Deno.writeTextFile(join(dir, "w.pth"), "abc");
    await assertRejects(() => resolveWeights(card(file), { dir }), InputError, `their sha256 is ${ABC}, not 000`);
    assertEquals(await resolveWeights(card(file), { weights: join(dir, "w.pth") }), {
      path: join(dir, "w.pth"),
      sha256: ABC,
    });
  }));

Deno.test("weightCard() and weightPath() choose one file and keep it inside the store", () => {
  assertThrows(() => weightCard(card()), InputError, "its card names none");
  assertThrows(() => weightCard(card(entry("a"), entry("b"))), InputError, "choose one of a, b");
  assertThrows(() => weightCard(card(entry("a.pth")), "b.pth"), InputError, 'did you mean "a.pth"?');
  for (const name of ["../x", "a/b", "..", ".hidden", "a\\b"]) {
    assertThrows(() => weightPath(entry(name), "/store"), InputError, "a plain file name is needed");
  }
});
