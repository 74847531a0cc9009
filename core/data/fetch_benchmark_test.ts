import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { InputError } from "../errors.ts";
import type { Benchmark, Card, OptionValue } from "../types.ts";
import { tarGzOf, zipOf } from "./testing/archive_writer.ts";
import { type Answer, type Asked, rangeAnswer, withServer } from "./testing/server.ts";
import { inputErrorOf, inTempFolder, put } from "./testing/benchmark.ts";
import { dataCommand, describeData, fetchBenchmark, type FetchOptions } from "./fetch_benchmark.ts";
import { dataPlan } from "./sources.ts";

const LIST = new TextEncoder().encode("imageA,imageB\n");
const PICTURES = zipOf([{ name: "set/a.png", data: "png" }, { name: "set/b.png", data: "png" }]);
const FILES: { [path: string]: Uint8Array } = { "/list.csv": LIST, "/set.zip": PICTURES };
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const FAST: FetchOptions = { attempts: 2, pause: () => Promise.resolve() };

function card(extra: { [key: string]: OptionValue }): Card {
  return {
    kind: "benchmark",
    name: "toy",
    category: "",
    version: 1,
    summary: "two pictures",
    licence: "made up for the test",
    trainedOn: [],
    settings: {},
    weights: [],
    presets: {},
    reported: [],
    folder: "benchmarks/toy",
    extra,
  };
}

const toy = (url: string, more: { [key: string]: OptionValue } = {}) =>
  card({
    data: [{ file: "list.csv", url: `${url}/list.csv` }, {
      file: "set.zip",
      url: `${url}/set.zip`,
      unpack: "zip",
      ...more,
    }],
  });

/** Serves {@linkcode FILES}; `change` may answer otherwise. */
async function scene(
  fn: (url: string, dest: string, asked: Asked[]) => Promise<void>,
  change: (asked: Asked) => Answer | undefined = () => undefined,
): Promise<void> {
  const answer = (asked: Asked): Answer => {
    const file = FILES[asked.path];
    return change(asked) ??
      (file ? rangeAnswer(asked, file, '"1"') : { status: "404 Not Found", headers: { "content-length": 0 } });
  };
  await inTempFolder((folder) => withServer(answer, (url, asked) => fn(url, join(folder, "toy"), asked)));
}

const BENCHMARK: Benchmark = {
  name: "toy",
  split: "test",
  threshold: "box",
  synthetic: false,
  pairs: [],
  sha256: "",
  notes: ['0 pairs listed, the official split "test" has 7: numbers are not comparable'],
};

Deno.test("fetchBenchmark() downloads and unpacks every source, keeps no archive, and asks for nothing twice", async () => {
  await scene(async (url, dest, asked) => {
    const stages = new Set<string>();
    const first = await fetchBenchmark(toy(url), dest, {
      ...FAST,
      progress: (stage, file) => stages.add(`${stage} ${file}`),
    });
    assertEquals(Deno.readTextFileSync(join(dest, "set/a.png")), "png");
    assertEquals(Deno.readFileSync(join(dest, "list.csv")), LIST);
    assertEquals([...stages], ["download list.csv", "download set.zip", "unpack set.zip"]);
    assertEquals(first.files.map(({ fetched, checked, unpacked }) => [fetched, checked, unpacked]), [
      [true, "nothing", undefined],
      [true, "nothing", 2],
    ]);
    assertEquals([...Deno.readDirSync(join(dest, ".downloads"))].map(({ name }) => name).includes("set.zip"), false);
    const again = await fetchBenchmark(toy(url), dest, FAST);
    assertEquals([asked.length, ...again.files.map(({ fetched }) => fetched)], [2, false, false]);
    assertEquals(again.files.map(({ sha256 }) => sha256), [sha256(LIST), sha256(PICTURES)]);
  });
});

Deno.test("fetchBenchmark() unpacks archives inside archives", async () => {
  const inner = tarGzOf([{ name: "pictures/x.jpg", data: "jpg" }]);
  FILES["/outer.zip"] = zipOf([{ name: "outer/inner.tar.gz", data: inner }]);
  await scene(async (url, dest) => {
    const source = { file: "outer.zip", url: `${url}/outer.zip`, unpack: "zip", inner: ["outer/inner.tar.gz"] };
    await fetchBenchmark(card({ data: [source] }), dest, FAST);
    assertEquals(Deno.readTextFileSync(join(dest, "outer/pictures/x.jpg")), "jpg");
    assertEquals([...Deno.readDirSync(join(dest, "outer"))].map(({ name }) => name), ["pictures"]);
  });
});

Deno.test("fetchBenchmark() removes a corrupted archive, says where it came from, and succeeds the next time", async () => {
  let corrupt = true;
  const change = ({ path }: Asked): Answer | undefined => {
    if (!corrupt || path !== "/set.zip") return undefined;
    const body = PICTURES.slice();
    body[40]! ^= 0xff;
    return { headers: { "content-length": body.length, etag: '"x"' }, body };
  };
  await scene(async (url, dest) => {
    const message = await inputErrorOf(() => fetchBenchmark(toy(url), dest, FAST));
    assert(
      message.includes("it is damaged or cut off") && message.endsWith(`it came from ${url}/set.zip and was removed`),
    );
    assertEquals([...Deno.readDirSync(dest)].map(({ name }) => name).filter((name) => name === "set"), []);
    corrupt = false;
    assertEquals((await fetchBenchmark(toy(url), dest, FAST)).files[1]!.unpacked, 2);
  }, change);
});

Deno.test("fetchBenchmark() keeps the archive where the disk or a limit, not the bytes, is at fault", async () => {
  await scene(async (url, dest, asked) => {
    const limits = { maxEntries: 1 };
    assert(
      (await inputErrorOf(() => fetchBenchmark(toy(url), dest, { ...FAST, limits }))).includes("more than 1 entries"),
    );
    await fetchBenchmark(toy(url), dest, FAST);
    assertEquals(asked.filter(({ path }) => path === "/set.zip").length, 1);
  });
});

Deno.test("fetchBenchmark() fetches again when the card has another sha256 than what was unpacked", async () => {
  await scene(async (url, dest) => {
    await fetchBenchmark(toy(url), dest, FAST);
    const message = await inputErrorOf(() => fetchBenchmark(toy(url, { sha256: "0".repeat(64) }), dest, FAST));
    assert(message.includes(`the card has ${"0".repeat(64)}`), message);
    const good = await fetchBenchmark(toy(url, { sha256: sha256(PICTURES) }), dest, FAST);
    assertEquals(good.files[1]!.checked, "given sha256");
  });
});

Deno.test("fetchBenchmark() reports what the benchmark says of the folder, and what is missing", async () => {
  await scene(async (url, dest) => {
    const opened: string[] = [];
    const open = (root: string) => (opened.push(root), Promise.resolve(BENCHMARK));
    const report = await fetchBenchmark(toy(url), dest, { ...FAST, open });
    assertEquals([opened, report.pairs, report.notes, report.missing], [[dest], 0, BENCHMARK.notes, []]);
    const broken = () => Promise.reject(new InputError("Cannot open benchmark: no pictures"));
    const manual = card({ manual: ["the pictures are at example.org"] });
    const { missing } = await fetchBenchmark(manual, dest, { ...FAST, open: broken });
    assertEquals(missing, ["Cannot open benchmark: no pictures", "the pictures are at example.org"]);
  });
});

Deno.test("describeData() shows licence, size and address; it asks for sizes and lives without an answer", async () => {
  await scene(async (url) => {
    const lines = await describeData(toy(url, { bytes: 2_500_000_000, note: "slow" }));
    assertEquals(lines, [
      "toy: two pictures",
      "licence: made up for the test",
      `from ${url}/list.csv (0.0 MB)`,
      `from ${url}/set.zip (2.50 GB); slow`,
    ]);
    const lost = card({ data: [{ file: "no", url: `${url}/no` }], manual: ["ask the authors"] });
    assertEquals((await describeData(lost)).slice(2), [`from ${url}/no (size not told)`, "by hand: ask the authors"]);
  });
});

Deno.test("dataCommand() says what it does and whether the data is complete", async () => {
  await scene(async (url, dest) => {
    const lines: string[] = [];
    const options = { ...FAST, log: (line: string) => lines.push(line), open: () => Promise.resolve(BENCHMARK) };
    assertEquals(await dataCommand(toy(url), dest, options), true);
    assert(lines.includes("licence: made up for the test"));
    assert(lines.includes(`list.csv: downloaded, 0.0 MB, sha256 ${sha256(LIST)} recorded`), lines.join("\n"));
    assert(lines.includes(`0 pairs in "${dest}"`) && lines.includes(`note: ${BENCHMARK.notes[0]}`));
    const open = () => Promise.reject(new InputError("no list"));
    assertEquals(await dataCommand(toy(url), dest, { ...options, open }), false);
    assert(lines.includes("missing: no list") && lines.includes("list.csv: was there, 0.0 MB, recorded sha256 agrees"));
  });
});

Deno.test("dataPlan() names the key of a card that is wrong, such as a path that leads out", () => {
  const message = (source: OptionValue) => inputErrorOf(() => dataPlan(card({ data: [source] })));
  return Promise.all([
    message({ file: "../x", url: "http://a/b" }),
    message({ file: "x", url: "no address" }),
    message({ file: "x", url: "http://a/b", unpack: "rar" }),
    message({ file: "x.zip", url: "http://a/b", unpack: "zip", inner: ["../x.zip"] }),
  ]).then((messages) => {
    const starts = ["extra.data.0.file", "extra.data.0.url", "extra.data.0.unpack", "extra.data.0.inner.0"];
    messages.forEach((text, i) => {
      assert(text.startsWith(`Cannot use card "benchmarks/toy/benchmark.yaml": "${starts[i]}" `), text);
    });
  });
});

Deno.test("every benchmark's card has a data plan that can be read", async () => {
  const { Registry } = await import("../registry.ts");
  const registry = await Registry.open();
  const cards = registry.list("benchmark");
  assertEquals(registry.broken.filter(({ kind }) => kind === "benchmark"), []);
  for (const one of cards) dataPlan(one);
  const downloadable = cards.filter((one) => dataPlan(one).sources.length > 0).map(({ name }) => name);
  assert(downloadable.includes("spair-71k") && downloadable.includes("pf-willow"), downloadable.join());
});

Deno.test("a damaged marker counts as none", async () => {
  await scene(async (url, dest, asked) => {
    await fetchBenchmark(toy(url), dest, { ...FAST, keep: true });
    put(join(dest, ".downloads/set.zip.unpacked.json"), '{"bytes": 1');
    assertEquals((await fetchBenchmark(toy(url), dest, FAST)).files[1]!.unpacked, 2);
    assertEquals(asked.length, 2);
  });
});
