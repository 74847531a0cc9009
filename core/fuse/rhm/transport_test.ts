import { assert, assertEquals } from "@std/assert";
import { sharedPath, sharedTest } from "../../testing/shared.ts";
import scot from "./scot.golden.ts";
import { marginal, staircase, transportVotes } from "./transport.ts";

sharedTest("transport plans, votes and transfer give the recorded values of SCOT", "golden/scot", async () => {
  let checks = 0;
  for await (const { name, error, tolerance, pass, note } of scot.run(sharedPath("golden/scot"))) {
    checks++;
    assert(pass, `${name}: error ${error}, allowed ${tolerance}${note ? `, ${note}` : ""}`);
  }
  // Eleven outputs on the reference and on the CPU, and once more where a GPU answers.
  assert(checks === 22 || checks === 33, `${checks} checks`);
});

Deno.test("staircase() steps above 0.4, 0.5 and 0.6, not at them", () => {
  assertEquals([0, 0.4, 0.41, 0.5, 0.51, 0.6, 0.61, 1].map(staircase), [0.5, 0.5, 0.8, 0.8, 0.9, 0.9, 1, 1]);
});

Deno.test("marginal() sums to 1", () => {
  assertEquals([...marginal([1, 2, 5])], [0.125, 0.25, 0.625]);
});

Deno.test("transportVotes() has no negative vote", () => {
  assertEquals([...transportVotes(Float32Array.of(-1, 0, 4), 0.5)], [0, 0, 2]);
});
