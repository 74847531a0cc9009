import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { GoldenRunner } from "../../golden/types.ts";
import fcn from "./fcn_resnet101_taps.golden.ts";
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

for (const [name, runner] of Object.entries({ vgg16_taps: vgg, fcn_resnet101_taps: fcn })) {
  Deno.test(`${name} is within the recorded tolerance`, async () => {
    const failed: string[] = [];
    const folder = fromFileUrl(new URL(`testdata/${name}`, import.meta.url));
    for await (const { name, error, tolerance, pass, note } of runner.run(folder)) {
      if (!pass) failed.push(`${name}: ${note ?? `${error} > ${tolerance}`}`);
    }
    assertEquals(failed, []);
  });
}
