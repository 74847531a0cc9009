import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type ArchiveEntry, tarGzOf, tarOf, zipOf } from "./testing/archive_writer.ts";
import { inputErrorOf, inTempFolder, put } from "./testing/benchmark.ts";
import { type ArchiveKind, unpack, type UnpackOptions } from "./unpack.ts";

const WRITERS = { zip: zipOf, tar: tarOf, "tar.gz": tarGzOf } as const;
const KINDS = Object.keys(WRITERS) as ArchiveKind[];

/** Paths of all files below a folder, sorted. */
function filesBelow(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name), `${prefix}${name}/`) : [prefix + name]
  ).sort();
}

/** Unpacks entries into a fresh `out/`; returns the result, or the message, and what is in the folder above it. */
async function attempt(kind: ArchiveKind, archive: Uint8Array, options: UnpackOptions = {}) {
  return await inTempFolder(async (folder) => {
    const path = join(folder, `a.${kind}`);
    put(path, archive);
    let message = "";
    let result;
    try {
      result = await unpack(path, join(folder, "out"), kind, options);
    } catch {
      message = await inputErrorOf(() => unpack(path, join(folder, "out"), kind, options));
    }
    const files = filesBelow(folder).filter((name) => name !== `a.${kind}`);
    const folders = [...Deno.readDirSync(join(folder, "out"))].length;
    return { result, message: message.replace(path, "A"), files, folders };
  });
}

const GOOD: ArchiveEntry[] = [
  { name: "set/" },
  { name: "set/a.txt", data: "alpha" },
  { name: "set/deep/er/b:c.json", data: "{}" },
  { name: "set/empty", data: "" },
  { name: "./set/big.bin", data: new Uint8Array(300_000).map((_, i) => i * i >> 3) },
];

for (const kind of KINDS) {
  Deno.test(`unpack() writes files, folders and empty files of a ${kind} archive`, async () => {
    await inTempFolder(async (folder) => {
      put(join(folder, "a"), WRITERS[kind](GOOD));
      const seen: number[] = [];
      const result = await unpack(join(folder, "a"), join(folder, "out"), kind, { progress: (n) => seen.push(n) });
      assertEquals(filesBelow(join(folder, "out")), ["set/a.txt", "set/big.bin", "set/deep/er/b:c.json", "set/empty"]);
      assertEquals(Deno.readTextFileSync(join(folder, "out/set/a.txt")), "alpha");
      assertEquals(Deno.readFileSync(join(folder, "out/set/big.bin")), GOOD[4]!.data as Uint8Array);
      assertEquals(result, { files: 4, bytes: 300_007, leftOut: [] });
      assertEquals(seen.at(-1), 300_007);
    });
  });

  for (const name of ["../evil", "set/../../evil", "/tmp/evil", "C:\\evil", "..\\evil", "\\\\host\\evil"]) {
    Deno.test(`unpack() refuses ${name} in a ${kind} archive and leaves nothing`, async () => {
      const { message, files, folders } = await attempt(kind, WRITERS[kind]([...GOOD, { name, data: "x" }]));
      assertEquals(message, `Cannot unpack "A": the entry "${name}" would land outside the folder: refused`);
      assertEquals([files, folders], [[], 0]);
    });
  }

  Deno.test(`unpack() makes no links from a ${kind} archive, and writes through none`, async () => {
    const entries = [{ name: "set/link", link: "../.." }, { name: "set/link2", link: "/etc/passwd" }, ...GOOD];
    const { result, files } = await attempt(kind, WRITERS[kind](entries));
    assertEquals(result!.leftOut, ["set/link", "set/link2"]);
    assertEquals(files.length, 4);
    // A file below the name of a link becomes a file in a plain folder.
    const through = await attempt(kind, WRITERS[kind]([{ name: "out", link: "../.." }, { name: "out/x", data: "x" }]));
    assertEquals(through.files, ["out/out/x"]);
  });

  Deno.test(`unpack() refuses a ${kind} archive that unpacks to too much, in all or for its size`, async () => {
    const zeros = WRITERS[kind]([{ name: "zeros", data: new Uint8Array(65 * 2 ** 20) }]);
    const limited = await attempt(kind, zeros, { limits: { maxBytes: 1e6 } });
    assert(limited.message.includes("unpacks to more than 1000000 bytes"), limited.message);
    assertEquals([limited.files, limited.folders], [[], 0]);
    if (kind !== "tar") assert((await attempt(kind, zeros)).message.endsWith("refused as a bomb"));
    const many = WRITERS[kind](Array.from({ length: 11 }, (_, i) => ({ name: `f${i}` })));
    assert((await attempt(kind, many, { limits: { maxEntries: 10 } })).message.includes("more than 10 entries"));
  });

  Deno.test(`unpack() refuses a ${kind} archive with one name twice`, async () => {
    const { message } = await attempt(kind, WRITERS[kind]([...GOOD, { name: "set/a.txt", data: "other" }]));
    assert(message.includes('"set/a.txt" is there twice'), message);
  });

  Deno.test(`unpack() of a ${kind} archive cut anywhere is one clear error and leaves nothing`, async () => {
    const whole = WRITERS[kind](GOOD);
    // Of a plain tar file, the zeros at the end may be missing.
    const needed = kind === "tar" ? whole.length - 1024 - 512 : whole.length - 1;
    for (const part of [0.01, 0.2, 0.5, 0.9, 1]) {
      const { message, files } = await attempt(kind, whole.subarray(0, Math.floor(needed * part)));
      assert(message.startsWith('Cannot unpack "A": '), `${part}: ${message}`);
      assertEquals(files, []);
    }
  });

  Deno.test(`unpack() says that a file is no ${kind} archive`, async () => {
    const html = "<!DOCTYPE html><title>404</title>".repeat(100);
    const { message } = await attempt(kind, new TextEncoder().encode(html));
    assert(message.startsWith('Cannot unpack "A": it is '), message);
    assert((await inputErrorOf(() => unpack("no/such", "no/where", kind))).includes("no such file"));
  });
}

Deno.test("unpack() finds a changed byte by the check sum of zip and gzip", async () => {
  const bad = [...GOOD.slice(0, 4), { name: "set/wrong", data: "wrong", crc: 1 }];
  assert((await attempt("zip", zipOf(bad))).message.startsWith('Cannot unpack "A": it is damaged or cut off'));
  const gz = tarGzOf(GOOD);
  gz[gz.length - 6]! ^= 1;
  assert((await attempt("tar.gz", gz)).message.startsWith('Cannot unpack "A": it is damaged or cut off'));
});

Deno.test("unpack() leaves out a desktop's own files", async () => {
  const junk = [{ name: "__MACOSX/set/._a", data: "x" }, { name: "set/.DS_Store", data: "x" }, {
    name: "set/._b",
    data: "x",
  }];
  const { result, files } = await attempt("zip", zipOf([...junk, ...GOOD]));
  assertEquals([result!.leftOut.length, files.length], [3, 4]);
});

Deno.test("unpack() joins folders that are there, replaces files, and leaves the rest alone", async () => {
  await inTempFolder(async (folder) => {
    put(join(folder, "out/set/a.txt"), "old");
    put(join(folder, "out/set/mine.txt"), "mine");
    put(join(folder, "a.zip"), zipOf(GOOD));
    await unpack(join(folder, "a.zip"), join(folder, "out"), "zip");
    assertEquals(Deno.readTextFileSync(join(folder, "out/set/a.txt")), "alpha");
    assertEquals(Deno.readTextFileSync(join(folder, "out/set/mine.txt")), "mine");
  });
});
