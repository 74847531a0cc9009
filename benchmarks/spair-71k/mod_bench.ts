/**
 * Opening a test split of the official size: 12,234 pair files over 540 pictures, with one file per picture.
 * `deno bench -A benchmarks/spair-71k/mod_bench.ts`; the goal is below three seconds.
 *
 * @module
 */
import { join } from "@std/path";
import { openBenchmark } from "../../core/data/testing/benchmark.ts";
import plugin from "./mod.ts";

const CATEGORIES = 18, PICTURES = 30, PAIRS = 12234, KEYPOINTS = 10;
const root = Deno.makeTempDirSync({ prefix: "sc-spair-" });
globalThis.addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));
write();

Deno.bench("open 12,234 annotated pairs", { n: 5, warmup: 1 }, async () => {
  const { pairs } = await openBenchmark(plugin, import.meta.url, root);
  if (pairs.length !== PAIRS) throw new Error(`${pairs.length} pairs`);
});

function write(): void {
  const folder = (...parts: string[]) => {
    const path = join(root, ...parts);
    Deno.mkdirSync(path, { recursive: true });
    return path;
  };
  const at = (picture: number, i: number) => [20 + (picture * 37 + i * 53) % 440, 20 + (picture * 53 + i * 29) % 330];
  const pairFolder = folder("PairAnnotation", "test");
  const ids = Array.from({ length: KEYPOINTS }, (_, i) => i);
  for (let c = 0; c < CATEGORIES; c++) {
    const images = folder("JPEGImages", `class${c}`), annotations = folder("ImageAnnotation", `class${c}`);
    for (let p = 0; p < PICTURES; p++) {
      Deno.writeTextFileSync(join(images, `2008_00${1000 + p}.jpg`), "");
      const kps = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i, i < KEYPOINTS + 2 ? at(p, i) : null]));
      const file = join(annotations, `2008_00${1000 + p}.json`);
      Deno.writeTextFileSync(file, JSON.stringify({ image_width: 500, image_height: 375, kps }));
    }
  }
  const lines: string[] = [];
  for (let n = 0; n < PAIRS; n++) {
    const c = n % CATEGORIES, a = Math.floor(n / CATEGORIES) % PICTURES, b = (a + 1 + n % (PICTURES - 1)) % PICTURES;
    const name = (p: number) => `2008_00${1000 + p}`;
    const line = `${String(n + 1).padStart(6, "0")}-${name(a)}-${name(b)}:class${c}`;
    lines.push(line);
    const annotation = {
      filename: line,
      pair_id: n + 1,
      src_imname: `${name(a)}.jpg`,
      trg_imname: `${name(b)}.jpg`,
      src_imsize: [500, 375, 3],
      trg_imsize: [500, 375, 3],
      src_bndbox: [10, 10, 480, 360],
      trg_bndbox: [10, 10, 480, 360],
      category: `class${c}`,
      src_pose: "Unspecified",
      trg_pose: "Left",
      src_kps: ids.map((i) => at(a, i)),
      trg_kps: ids.map((i) => at(b, i)),
      kps_ids: ids.map(String),
      mirror: 0,
      viewpoint_variation: n % 3,
      scale_variation: n % 3,
      truncation: n % 4,
      occlusion: n % 4,
    };
    Deno.writeTextFileSync(join(pairFolder, `${line}.json`), JSON.stringify(annotation));
  }
  Deno.writeTextFileSync(join(folder("Layout", "large"), "test.txt"), lines.join("\n") + "\n");
}
