import { assert, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../../../core/testing/shared.ts";
import runner from "./proposal_flow.golden.ts";

sharedTest(
  "descriptors, NAM, PHM, LOM, matches and keypoints are those recorded of the released code",
  ["golden/proposal_flow", "data/PF-WILLOW"],
  async () => {
    let checks = 0;
    for await (const { name, error, tolerance, pass, note } of runner.run(sharedPath("golden/proposal_flow"))) {
      checks++;
      assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
    }
    assertEquals(checks, 59);
  },
);

Deno.test("the runner fails its checks of pictures where these are absent", async () => {
  const dir = await Deno.makeTempDir();
  const point = [1, 1];
  const record = { best_B_for_A: [1], confidence: [1], pred_xy: [point] };
  const pair = {
    index: 0,
    A: "absent.png",
    B: "absent.png",
    size_A: [9, 9],
    size_B: [9, 9],
    src_xy: [point],
    boxes_A_xyxy: [[1, 1, 5, 5]],
    boxes_B_xyxy: [[1, 1, 5, 5]],
    NAM: record,
    PHM: record,
    LOM: record,
  };
  await Deno.writeTextFile(`${dir}/pairs.json`, JSON.stringify({ pairs: [pair] }));
  const checks = [];
  for await (const check of runner.run(dir)) checks.push([check.name, check.pass]);
  assertEquals(checks, [["0/pictures", false]]);
  await Deno.remove(dir, { recursive: true });
});
