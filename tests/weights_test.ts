/**
 * The way to real checkpoints: `deno task weights`, then a run, in a copy of the project whose cards name a server of
 * the test's own. The files have the true names and shapes of the published ones; only their values mean nothing.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { rangeAnswer, withServer } from "../core/data/testing/server.ts";
import { withTempDir } from "./_cli.ts";
import { copyProject, denoIn } from "./_project_copy.ts";
import { dinov2SmallListing, type Listing, resnet50Listing, torchFile } from "./_torch_file.ts";

const FILES = {
  "/dinov2_vits14_pretrain.pth": torchFile(dinov2SmallListing()),
  "/resnet50-0676ba61.pth": torchFile(resnet50Listing()),
};

const DINO = "dinov2_vits14_pretrain.pth";

/** Bytes that the server sends of DINOv2 before it cuts the connection, the first time. */
const CUT = 1_000_000;

/** Writes the server's address in place of the publishers'. */
async function pointCard(dir: string, backbone: string, url: string): Promise<void> {
  const path = join(dir, "backbones", backbone, "backbone.yaml");
  const text = await Deno.readTextFile(path);
  const pointed = text.replaceAll(/url: https:\S+\/(?=\S+\.pth)/g, `url: ${url}/`);
  assert(pointed !== text, path);
  await Deno.writeTextFile(path, pointed);
}

function renamedKeys(listing: Listing): Listing {
  return new Map(
    [...listing].map(([name, entry]) => [name.replace(/^blocks\.3\.attn\.proj/, "blocks.3.attn.out"), entry]),
  );
}

Deno.test("published weights are downloaded, resumed, kept, used, and refused in one line when they are wrong", (t) =>
  withTempDir((dir) => {
    let cuts = 1;
    return withServer(({ path, ...asked }) => {
      const file = FILES[path as keyof typeof FILES];
      if (file === undefined) return { status: "404 Not Found", headers: { "content-length": 0 } };
      const isCut = path === `/${DINO}` && cuts-- > 0;
      return rangeAnswer({ path, ...asked }, file, `"${path}"`, isCut ? CUT : file.length);
    }, async (url, log) => {
      const store = join(dir, "store");
      const project = join(dir, "project");
      await copyProject(project, [
        "backbones/dinov2-small",
        "backbones/resnet50",
        "methods/feature-enhancement/nearest-neighbour",
        "benchmarks/shapes",
      ]);
      for (const backbone of ["dinov2-small", "resnet50"]) await pointCard(project, backbone, url);
      const task = (...words: string[]) => denoIn(project, ["task", "-q", ...words], { SC_WEIGHTS: store });
      const run = (...words: string[]) =>
        task("run", "benchmark.pairs=2", "benchmark.kinds=bottle", "benchmark.size=96", ...words);
      const dino = ["backbone=dinov2-small", "backbone.size=98"];
      const works = async (words: string[]) => {
        const { code, stdout, stderr } = await run(...words);
        assertEquals(code, 0, stderr);
        assertMatch(stdout, /nearest-neighbour \+ /);
      };
      const refused = async (words: string[], ...parts: string[]) => {
        const { code, stdout, stderr } = await (words[0] === "weights" ? task(...words) : run(...words));
        assertEquals([code, stdout.includes("PCK")], [1, false], stdout + stderr);
        // Notes say what is true of every run on rendered pictures.
        const lines = stderr.trim().split("\n").filter((line) => !line.startsWith("note: "));
        assertEquals(lines.length, 1, stderr);
        assertMatch(lines[0]!, /^error: /);
        for (const part of parts) assertStringIncludes(lines[0]!, part);
      };

      await t.step(
        "without them a run says the command that fetches them",
        () =>
          refused(
            dino,
            `weights "${join(store, DINO)}" are not there; get them by "deno task weights name=dinov2-small"`,
          ),
      );

      await t.step("a transfer that is cut goes on from the byte it has", async () => {
        const { code, stdout, stderr } = await task("weights", "name=dinov2-small", `file=${DINO}`);
        assertEquals(code, 0, stderr);
        assertStringIncludes(stdout, `${join(store, DINO)}: downloaded, sha256 `);
        assertStringIncludes(stdout, "(recorded now)");
        assertEquals(log.map(({ path, from }) => [path, from]), [[`/${DINO}`, undefined], [`/${DINO}`, CUT]]);
        assertEquals(await Deno.readFile(join(store, DINO)), FILES[`/${DINO}`]);
        const names = (await Array.fromAsync(Deno.readDir(store))).map((entry) => entry.name).sort();
        assertEquals(names, [DINO, `${DINO}.json`]);
      });

      await t.step("asked again, the file is there and nothing is fetched", async () => {
        const before = log.length;
        const { code, stdout, stderr } = await task("weights", "name=dinov2-small", `file=${DINO}`);
        assertEquals(code, 0, stderr);
        assertMatch(stdout, /: was there, sha256 [0-9a-f]{64} \(recorded sha256 agrees\)/);
        assertEquals(log.length, before);
      });

      await t.step("a run uses them", () => works(dino));

      await t.step("what 8-bit integers cost shows where the two runs are compared", async () => {
        await works([...dino, "backbone.precision=int8"]);
        const { code, stdout, stderr } = await task("compare");
        assertEquals(code, 0, stderr);
        for (const precision of ["float32", "int8"]) assertStringIncludes(stdout, `precision=${precision}`);
      });

      await t.step("a .pth of a convolutional network takes the same way", async () => {
        const { code, stderr } = await task("weights", "name=resnet50", "file=resnet50-0676ba61.pth");
        assertEquals(code, 0, stderr);
        await works(["backbone=resnet50", "backbone.size=64"]);
      });

      await t.step("a file whose names differ is refused by what is missing and what is unexpected", async () => {
        const path = join(dir, "renamed.pth");
        await Deno.writeFile(path, torchFile(renamedKeys(dinov2SmallListing())));
        await refused(
          [...dino, `backbone.weights=${path}`],
          "2 missing (blocks.3.attn.proj.weight, blocks.3.attn.proj.bias)",
          "2 unexpected (blocks.3.attn.out.weight, blocks.3.attn.out.bias)",
        );
      });

      await t.step("a file cut short by other means is refused", async () => {
        const path = join(dir, "short.pth");
        await Deno.writeFile(path, FILES[`/${DINO}`].subarray(0, CUT));
        await refused([...dino, `backbone.weights=${path}`], `"${path}"`, "truncated");
      });

      await t.step("a file that changed in the store is refused by the recorded hash", async () => {
        const file = await Deno.readFile(join(store, DINO));
        file[file.length >> 1]! ^= 1;
        await Deno.writeFile(join(store, DINO), file);
        const { sha256 } = JSON.parse(await Deno.readTextFile(join(store, `${DINO}.json`)));
        await refused(dino, `not ${sha256}; delete and fetch them again`);
        await refused(
          ["weights", "name=dinov2-small", `file=${DINO}`],
          `recorded ${sha256}; remove "${join(store, DINO)}"`,
        );
      });
    });
  }));
