import { assertEquals } from "@std/assert";
import type { GoldenRunner } from "../../golden/types.ts";
import { sharedPath, sharedTest } from "../../testing/shared.ts";

const FOLDERS = [
  "dinov2_official",
  "dinov2_official_reg",
  "dinov2_transformers",
  "dinov2_transformers_reg",
  "timm_dinov2",
  "timm_dinov2_reg",
  "timm_dino_p8",
  "timm_dino_p16",
  "dinov1_survey",
  "dinov3_transformers",
  "clip_vit",
  "mae_vit",
];

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
