import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname } from "@std/path";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type Answer, type Asked, rangeAnswer, withServer } from "./testing/server.ts";
import { inputErrorOf, inTempFolder, put } from "./testing/benchmark.ts";
import { download, type DownloadOptions } from "./download.ts";

const FILE = new Uint8Array(200_000).map((_, i) => (i * 2654435761) >>> 13);
const SHA256 = createHash("sha256").update(FILE).digest("hex");
const OTHER = FILE.map((byte) => byte ^ 1);
const FAST: DownloadOptions = { attempts: 3, pause: () => Promise.resolve() };

/** Runs `fn` with a server and a path to download to. */
async function scene(
  answer: (asked: Asked) => Answer,
  fn: (url: string, dest: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  await inTempFolder((folder) => withServer(answer, (url, asked) => fn(`${url}/set.zip`, `${folder}/set.zip`, asked)));
}

function names(dest: string): string[] {
  return [...Deno.readDirSync(dirname(dest))].map(({ name }) => name).sort();
}

Deno.test("download() writes the file, reports progress, and records its sha256", async () => {
  await scene((asked) => rangeAnswer(asked, FILE, '"1"'), async (url, dest) => {
    const seen: [number, number | undefined][] = [];
    const result = await download({ url, dest }, { ...FAST, progress: (...args) => seen.push(args) });
    assertEquals(result, { path: dest, bytes: FILE.length, sha256: SHA256, fetched: true, checked: "nothing" });
    assertEquals(Deno.readFileSync(dest), FILE);
    assertEquals([seen[0], seen.at(-1)], [[0, FILE.length], [FILE.length, FILE.length]]);
    assertEquals(JSON.parse(Deno.readTextFileSync(`${dest}.json`)), { url, bytes: FILE.length, sha256: SHA256 });
    assertEquals(names(dest), ["set.zip", "set.zip.json"]);
  });
});

Deno.test("download() does not ask for a file that is there, and checks it", async () => {
  await scene((asked) => rangeAnswer(asked, FILE, '"1"'), async (url, dest, asked) => {
    await download({ url, dest }, FAST);
    const again = await download({ url, dest }, FAST);
    assertEquals([asked.length, again.fetched, again.checked], [1, false, "recorded sha256"]);
    put(dest, OTHER);
    const message = await inputErrorOf(() => download({ url, dest }, FAST));
    assert(
      message.startsWith(`Cannot use "${dest}": its sha256 is `) && message.includes(`recorded ${SHA256}`),
      message,
    );
  });
});

Deno.test("download() continues after cut connections, from the byte it has", async () => {
  await scene((asked) => rangeAnswer(asked, FILE, '"1"', 60_000), async (url, dest, asked) => {
    const { bytes } = await download({ url, dest, sha256: SHA256 }, FAST);
    assertEquals([bytes, ...asked.map(({ from }) => from)], [FILE.length, undefined, 60_000, 120_000, 180_000]);
  });
});

Deno.test("download() continues in a later process", async () => {
  let upTo = 50_000, cuts = 0;
  const answer = (asked: Asked) =>
    asked.from !== undefined && cuts++ < 3 ? { status: "503 Busy" } : rangeAnswer(asked, FILE, '"1"', upTo);
  await scene(answer, async (url, dest, asked) => {
    await inputErrorOf(() => download({ url, dest }, FAST));
    assertEquals(names(dest), ["set.zip.part", "set.zip.part.json"]);
    upTo = FILE.length;
    cuts = 3;
    await download({ url, dest, sha256: SHA256 }, FAST);
    assertEquals(asked.at(-1)!.from, 50_000);
    assertEquals(names(dest), ["set.zip", "set.zip.json"]);
  });
});

Deno.test("download() starts over when the server has another file by now", async () => {
  let etag = '"old"', file = OTHER, upTo = 60_000;
  await scene((asked) => rangeAnswer(asked, file, etag, upTo), async (url, dest, asked) => {
    // Stopped after the first cut, as a killed process would be.
    const stop = () => Promise.reject(new Error("stopped"));
    await assertRejects(() => download({ url, dest }, { ...FAST, pause: stop }), Error, "stopped");
    [etag, file, upTo] = ['"new"', FILE, FILE.length];
    await download({ url, dest, sha256: SHA256 }, FAST);
    assertEquals([asked.at(-1)!.from, asked.at(-1)!.headers.get("if-range")], [60_000, '"old"']);
  });
});

Deno.test("download() starts over where the server ignores ranges, and gives up when that never ends", async () => {
  let upTo = 60_000;
  const answer = (): Answer => ({
    headers: { etag: '"1"', "content-length": FILE.length },
    body: FILE.subarray(0, upTo),
  });
  await scene(answer, async (url, dest, asked) => {
    const message = await inputErrorOf(() => download({ url, dest }, FAST));
    assert(message.includes("60000 of 200000 bytes") && message.includes("gave up after 3 tries"), message);
    assertEquals(asked.length, 4);
    upTo = FILE.length;
    await download({ url, dest, sha256: SHA256 }, FAST);
  });
});

Deno.test("download() never continues a file that nothing identifies", async () => {
  let upTo = 60_000;
  const answer = (asked: Asked): Answer => {
    const { headers, ...rest } = rangeAnswer(asked, FILE, "", upTo);
    return { ...rest, headers: { "content-length": headers!["content-length"]!, etag: 'W/"weak"' } };
  };
  await scene(answer, async (url, dest, asked) => {
    await inputErrorOf(() => download({ url, dest }, FAST));
    upTo = FILE.length;
    await download({ url, dest, sha256: SHA256 }, FAST);
    assert(asked.every(({ from }) => from === undefined));
  });
});

Deno.test("download() finishes a .part that was complete already", async () => {
  await scene((asked) => rangeAnswer(asked, FILE, '"1"'), async (url, dest, asked) => {
    put(`${dest}.part`, FILE);
    put(`${dest}.part.json`, JSON.stringify({ url, validator: '"1"' }));
    await download({ url, dest, sha256: SHA256 }, FAST);
    assertEquals(asked.map(({ from }) => from), [FILE.length]);
  });
});

Deno.test("download() refuses a length other than the expected one before taking a byte", async () => {
  await scene((asked) => rangeAnswer(asked, FILE, '"1"'), async (url, dest) => {
    const message = await inputErrorOf(() => download({ url, dest, bytes: 123 }, FAST));
    assert(message.startsWith(`Cannot download ${url}: the server announces 200000 bytes, 123 are expected`), message);
    assertEquals(Deno.statSync(`${dest}.part`).size, 0);
  });
});

Deno.test("download() takes more bytes than announced, or fewer, for what they are", async () => {
  // Fewer: the server says 300000, sends 200000 and closes.
  await scene(() => ({ headers: { "content-length": 300_000 }, body: FILE }), async (url, dest) => {
    assert((await inputErrorOf(() => download({ url, dest }, FAST))).includes("200000 of 300000 bytes"));
  });
  // More: it says 1000 and goes on; HTTP ends at 1000 and the sum tells.
  await scene(() => ({ headers: { "content-length": 1000 }, body: FILE }), async (url, dest) => {
    const message = await inputErrorOf(() => download({ url, dest, sha256: SHA256 }, FAST));
    assert(message.includes("its sha256 is ") && message.includes("it was removed"), message);
    assertEquals(names(dest), []);
  });
  await scene(() => ({}), async (url, dest) => {
    assert((await inputErrorOf(() => download({ url, dest }, FAST))).includes("the server sends nothing"));
  });
  // No length at all, and more than is expected.
  await scene(() => ({ body: FILE }), async (url, dest) => {
    const message = await inputErrorOf(() => download({ url, dest, bytes: 1000 }, FAST));
    assert(message.includes("more than the 1000 bytes"), message);
  });
});

Deno.test("download() takes a .tar.gz file as it is where the server calls it encoded, and refuses other encoded files", async () => {
  const body = new Uint8Array(gzipSync(FILE));
  const headers = { "content-length": body.length, "content-encoding": "gzip", etag: '"1"' };
  await scene(() => ({ headers, body }), async (url, dest, asked) => {
    const { bytes } = await download({ url: url.replace(".zip", ".tar.gz"), dest }, FAST);
    assertEquals([bytes, asked[0]!.headers.get("accept-encoding")], [body.length, "identity"]);
    assertEquals(Deno.readFileSync(dest), body);
  });
  await scene(() => ({ headers, body }), async (url, dest) => {
    assert((await inputErrorOf(() => download({ url, dest }, FAST))).includes("compressed (gzip) though asked not to"));
  });
});

Deno.test("download() refuses a range other than the one asked for", async () => {
  const answer = (asked: Asked): Answer => {
    const honest = rangeAnswer(asked, FILE, '"1"', 60_000);
    return asked.from === undefined ? honest : {
      ...honest,
      headers: { ...honest.headers, "content-range": "bytes 0-139999/200000" },
    };
  };
  await scene(answer, async (url, dest) => {
    const message = await inputErrorOf(() => download({ url, dest }, FAST));
    assert(message.includes('asked for bytes from 60000, the server answers "bytes 0-139999/200000"'), message);
  });
});

Deno.test("download() gives up on a connection on which nothing comes", async () => {
  const answer = (): Answer => ({ headers: { "content-length": FILE.length }, body: FILE.subarray(0, 10), hang: true });
  await scene(answer, async (url, dest) => {
    const message = await inputErrorOf(() => download({ url, dest }, { ...FAST, attempts: 2, idleSeconds: 0.1 }));
    assert(message.includes("nothing came for 0.1 s, after 10 of 200000 bytes"), message);
  });
});

Deno.test("download() tries again after 503, not after 404, and not without end where nobody listens", async () => {
  let busy = 2;
  const answer = (asked: Asked) => busy-- > 0 ? { status: "503 Busy" } : rangeAnswer(asked, FILE, '"1"');
  await scene(answer, async (url, dest, asked) => {
    await download({ url, dest, sha256: SHA256 }, FAST);
    assertEquals(asked.length, 3);
  });
  await scene(() => ({ status: "404 Not Found", headers: { "content-length": 0 } }), async (url, dest, asked) => {
    assertEquals(
      await inputErrorOf(() => download({ url, dest }, FAST)),
      `Cannot download ${url}: the server answers 404`,
    );
    assertEquals(asked.length, 1);
  });
  await inTempFolder(async (folder) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${listener.addr.port}/x`;
    listener.close();
    assert((await inputErrorOf(() => download({ url, dest: `${folder}/x` }, FAST))).includes("gave up after 3 tries"));
  });
});

Deno.test("download() removes a file whose sha256 is not the given or the recorded one", async () => {
  await scene((asked) => rangeAnswer(asked, OTHER, '"1"'), async (url, dest) => {
    const message = await inputErrorOf(() => download({ url, dest, sha256: SHA256 }, FAST));
    assert(
      message.startsWith(`Cannot use the download of ${url}: its sha256 is `) &&
        message.includes(`the card has ${SHA256}`),
    );
    assertEquals(names(dest), []);
    put(`${dest}.json`, JSON.stringify({ url, bytes: 1, sha256: SHA256 }));
    assert((await inputErrorOf(() => download({ url, dest }, FAST))).includes(`recorded ${SHA256}`));
    assertEquals(names(dest), ["set.zip.json"]);
  });
});

Deno.test("download() does not write where another process does", async () => {
  await scene((asked) => rangeAnswer(asked, FILE, '"1"'), async (url, dest) => {
    put(`${dest}.part`, "");
    using other = Deno.openSync(`${dest}.part`, { write: true });
    other.lockSync(true);
    assert((await inputErrorOf(() => download({ url, dest }, FAST))).includes("another process is writing"));
  });
});
