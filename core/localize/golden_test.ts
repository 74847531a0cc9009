import { assert, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import geoaware from "./geoaware_window_softargmax.golden.ts";
import survey from "./localizers.golden.ts";

for (const [runner, outputs] of [[survey, 15], [geoaware, 7]] as const) {
  const folder = `golden/${runner.folder}`;
  sharedTest(`localizers give the recorded values of ${runner.folder}`, folder, async () => {
    let checks = 0;
    for await (const { name, error, tolerance, pass, note } of runner.run(sharedPath(folder))) {
      checks++;
      assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
    }
    assertEquals(checks, outputs);
  });
}
