import { assertEquals } from "@std/assert";
import { digestFile, readFileRecord, writeFileRecord } from "./file_record.ts";
import { inTempFolder } from "./testing/benchmark.ts";

Deno.test("digestFile() gives length and sha256", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/abc`;
    Deno.writeTextFileSync(path, "abc");
    // FIPS 180-2, example B.1.
    assertEquals(await digestFile(path), {
      bytes: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
  }));

Deno.test("a record is read as it was written; absent, half written or foreign ones count as none", () =>
  inTempFolder((folder) => {
    const path = `${folder}/w.pth`;
    assertEquals(readFileRecord(path), undefined);
    const record = { url: "http://localhost/w.pth", bytes: 3, sha256: "0".repeat(64) };
    writeFileRecord(path, record);
    assertEquals(readFileRecord(path), record);
    for (const text of ['{"url": "http', "[]", "null", '{"sha256": 5}']) {
      Deno.writeTextFileSync(`${path}.json`, text);
      assertEquals(readFileRecord(path), undefined, text);
    }
    return Promise.resolve();
  }));
