import { assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import type { GoldenRunner } from "./types.ts";

/** A test that every check of a runner passes, where the recorded vectors are there. */
export function goldenTest(runner: GoldenRunner): void {
  sharedTest(
    `${runner.folder}: every recorded value is met within its tolerance`,
    `golden/${runner.folder}`,
    async () => {
      const failed: string[] = [];
      let checks = 0;
      for await (const { name, error, tolerance, pass, note } of runner.run(sharedPath(`golden/${runner.folder}`))) {
        checks++;
        if (!pass) failed.push(`${name}: ${note ?? `${error} > ${tolerance}`}`);
      }
      assertEquals(failed, []);
      assertEquals(checks > 0, true);
    },
  );
}
