import { assert, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import descriptors from "./descriptors.golden.ts";
import nearest from "./nn_dsift.golden.ts";

sharedTest("descriptors give the recorded values of VLFeat and scikit-image", "golden/descriptors", async () => {
  let checks = 0;
  for await (const { name, error, tolerance, pass, note } of descriptors.run(sharedPath("golden/descriptors"))) {
    checks++;
    assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
  }
  assertEquals(checks, 22);
});

sharedTest(
  "nearest neighbours of dense SIFT lie at the recorded pixels of real pairs",
  ["golden/nn_dsift", "data/PF-WILLOW"],
  async () => {
    let checks = 0;
    for await (const { name, error, pass, note } of nearest.run(sharedPath("golden/nn_dsift"))) {
      assert(pass, `${name}: error ${error}${note ? `, ${note}` : ""}`);
      // 24 checks cover 23 pairs of duck; the golden task runs all 180.
      if (++checks === 24) break;
    }
    assertEquals(checks, 24);
  },
);

Deno.test("the nn_dsift runner fails its checks where the pictures are absent", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const pair = { index: 7, A: "no/a.png", B: "no/b.png", src_xy: [[1, 1]], pred_xy: [[1, 1]] };
    await Deno.writeTextFile(`${dir}/pairs.json`, JSON.stringify({ pairs: [pair] }));
    const checks = await Array.fromAsync(nearest.run(dir));
    assertEquals(checks.length, 1);
    assert(!checks[0]!.pass && checks[0]!.note!.includes("a.png"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
