import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { GoldenRunner } from "../../golden/types.ts";
import vgg from "./vgg16_taps.golden.ts";
import { sharedPath, sharedTest } from "../../testing/shared.ts";

const FOLDERS = ["resnet50_taps", "resnet101_taps"];

for (const folder of FOLDERS) {
  sharedTest(`${folder} is within the recorded tolerance`, `golden/${folder}`, async () => {
    const { default: runner } = await import(`./${folder}.golden.ts`) as { default: GoldenRunner };
    const failed: string[] = [];
    for await (const { name, error, tolerance, pass, note } of runner.run(sharedPath(`golden/${folder}`))) {
      if (Deno.env.get("SC_SHOW")) console.log(name, error, tolerance);
      if (!pass) failed.push(`${name}: ${note ?? `${error} > ${tolerance}`}`);
    }
    assertEquals(failed, []);
  });
}

Deno.test("vgg16_taps is within the recorded tolerance", async () => {
  const failed: string[] = [];
  const folder = fromFileUrl(new URL("testdata/vgg16_taps", import.meta.url));
  for await (const { name, error, tolerance, pass, note } of vgg.run(folder)) {
    if (!pass) failed.push(`${name}: ${note ?? `${error} > ${tolerance}`}`);
  }
  assertEquals(failed, []);
});
