import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { InputError } from "../errors.ts";
import { listProtocols, loadAnyProtocol, loadProtocol, protocolFolder } from "./load.ts";
import { isDense } from "./types.ts";

Deno.test("every protocol file is valid, names are unique, and every family has its default", async () => {
  const entries = await listProtocols();
  const names = entries.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const family of new Set(entries.map((entry) => entry.family))) {
    assertEquals(entries.filter((entry) => entry.family === family && entry.isDefault).length, 1);
    // A family's name may be a protocol's only where it is the default: it could not be asked for otherwise.
    const own = entries.find((entry) => entry.name === family);
    assertEquals(own === undefined || own.isDefault, true);
  }
});

Deno.test("every protocol but our own ones names repository, commit and file of its evaluator", async () => {
  for (const { family, protocol } of await listProtocols()) {
    assertEquals(protocol.source === null, ["original", "flow"].includes(family));
    if (protocol.source) {
      assertEquals(/^[\w.-]+\/[\w.-]+$/.test(protocol.source.repository), true);
      assertEquals(/^[0-9a-f]{7,40}$/.test(protocol.source.commit), true);
    }
  }
});

Deno.test("paper and original reproduce no defect", async () => {
  for (const name of ["paper", "original", "original-point", "original-category"]) {
    const protocol = await loadProtocol(name);
    assertEquals([protocol.name, protocol.defects, protocol.zeroThreshold], [name, [], "error"]);
  }
});

Deno.test("loadProtocol() takes a family's name for its default and returns the canonical one", async () => {
  assertEquals((await loadProtocol("geoaware")).name, "geoaware-840-image");
  assertEquals((await loadProtocol("geoaware-840-point")).average, "point");
  assertEquals((await loadProtocol("catspp")).family, "catspp");
});

Deno.test("loadProtocol() suggests the nearest name", async () => {
  await assertRejects(() => loadProtocol("papr"), InputError, 'Cannot find protocol "papr", did you mean "paper"?');
  const { message } = await assertRejects(() => loadProtocol("geoaware-840-points"), InputError);
  assertStringIncludes(message, 'did you mean "geoaware-840-point"?');
});

Deno.test("loadProtocol() names the file that cannot be read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "broken.yaml"), "name: [");
    await assertRejects(() => loadProtocol("broken", folder), InputError, "broken.yaml");
    await assertRejects(() => listProtocols(join(folder, "absent")), InputError, "absent");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the table of protocols in the README names every protocol and no other", async () => {
  const text = await Deno.readTextFile(join(protocolFolder(), "README.md"));
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
  assertEquals(named.sort(), (await listProtocols()).map(({ name }) => name).sort());
});

Deno.test("loadProtocol() refuses a dense protocol, loadAnyProtocol() gives it", async () => {
  await assertRejects(() => loadProtocol("tss"), InputError, "it judges dense predictions");
  const protocol = await loadAnyProtocol("tss");
  assertEquals([protocol.name, isDense(protocol)], ["tss", true]);
  assertEquals(isDense(await loadAnyProtocol("paper")), false);
});
