import { assert } from "@std/assert";
import { sharedPath, sharedTest } from "../../testing/shared.ts";
import hpf from "./hpf.golden.ts";

sharedTest("hyperpixels, votes and transfer give the recorded values of HPF", "golden/hpf", async () => {
  let checks = 0;
  for await (const { name, error, tolerance, pass, note } of hpf.run(sharedPath("golden/hpf"))) {
    checks++;
    assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
  }
  // 16 outputs on the reference and on the CPU, and on CUDA where there is one.
  assert(checks === 32 || checks === 48, `${checks} checks`);
});
