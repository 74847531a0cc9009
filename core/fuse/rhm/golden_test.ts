import { assert, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../../testing/shared.ts";
import hpf from "./hpf.golden.ts";

sharedTest("hyperpixels, votes and transfer give the recorded values of HPF", "golden/hpf", async () => {
  let checks = 0;
  for await (const { name, error, tolerance, pass, note } of hpf.run(sharedPath("golden/hpf"))) {
    checks++;
    assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
  }
  assertEquals(checks, 16);
});
