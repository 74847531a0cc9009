import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { Registry } from "../registry.ts";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import type { BenchmarkPair } from "../types.ts";
import { keypointGroups, parseGroups } from "./keypoint_groups.ts";

const registry = await Registry.open();
const pairsOf = (...categories: string[]) => ({ pairs: categories.map((category) => ({ category }) as BenchmarkPair) });
const groupsOf = (benchmark: string, ...categories: string[]) =>
  keypointGroups(registry.find("benchmark", benchmark), pairsOf(...categories));

Deno.test("shapes groups are the symmetry of its kinds", async () => {
  const kinds = registry.find("benchmark", "shapes").extra.kinds as unknown as Record<string, { symmetry: string[][] }>;
  const expected = Object.fromEntries(Object.entries(kinds).map(([name, { symmetry }]) => [name, symmetry]));
  assertEquals(await groupsOf("shapes", ...Object.keys(kinds)), expected);
});

sharedTest("spair-71k groups are the subgroups the recorded numbers were made with", [
  "golden/protocols/spair-geometry-aware.json",
], async () => {
  const path = sharedPath("golden/protocols/spair-geometry-aware.json");
  const { subgroups } = JSON.parse(await Deno.readTextFile(path)) as {
    subgroups: Record<string, (number | number[])[]>;
  };
  // A number alone is a group of one, which never counts.
  const expected = Object.fromEntries(
    Object.entries(subgroups).map(([category, list]) => [
      category,
      list.filter((group) => Array.isArray(group)).map((group) => group.map(String)),
    ]),
  );
  assertEquals(await groupsOf("spair-71k", ...Object.keys(subgroups)), expected);
});

Deno.test("spair-71k has groups of its 18 classes, ap-10k the same groups for every species", async () => {
  const classes = "aeroplane bicycle bird boat bottle bus car cat chair cow dog horse motorbike person pottedplant " +
    "sheep train tvmonitor";
  const groups = await groupsOf("spair-71k", ...classes.split(" "));
  assert(Object.values(groups).every((own) => own.length > 0));
  const { lion, panda } = await groupsOf("ap-10k", "lion", "panda");
  assertEquals(lion, panda);
  assert(lion!.flat().every((id) => Number(id) < 17));
});

Deno.test("a benchmark without groups, and a category without groups, are named", async () => {
  await assertRejects(
    () => groupsOf("pf-willow", "car(S)"),
    InputError,
    '"pf-willow": it has no keypoint_groups.yaml',
  );
  await assertRejects(() => groupsOf("spair-71k", "unicorn"), InputError, 'no groups for category "unicorn"');
});

Deno.test("parseGroups() names what is wrong in a file", () => {
  for (
    const [text, message] of [
      ["groups: [", "x.yaml"],
      ["- 1", '"groups" must be a map'],
      ["groups: { cat: 3 }", 'groups of "cat" must be a list of lists'],
      ["groups: { cat: [[1]] }", 'a group of "cat" must be a list of two'],
      ["groups: { cat: [1, 2] }", 'a group of "cat" must be a list of two'],
      ["groups: { cat: [[1, null]] }", '"cat" names a keypoint null'],
      ["groups: { cat: [[1, 2], [2, 3]] }", '"cat" names keypoint 2 twice'],
    ] as const
  ) assertThrows(() => parseGroups(text, "x.yaml"), InputError, message);
  assertEquals(parseGroups("groups: { cat: [[1, left ear]] }", "x"), { cat: [["1", "left ear"]] });
});
