import { assertEquals, assertGreater } from "@std/assert";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import runner from "./protocols.golden.ts";

sharedTest("every recorded value of every official evaluator is reproduced", "golden/protocols", async () => {
  const failed: string[] = [];
  let checks = 0;
  for await (const check of runner.run(sharedPath("golden/protocols"))) {
    checks++;
    if (!check.pass) failed.push(`${check.name}: ${check.error} ${check.note ?? ""}`);
  }
  assertEquals(failed, []);
  assertGreater(checks, 1000);
});
