import { assertAlmostEquals, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ConfigError, InputError } from "../errors.ts";
import { mapOf, values } from "./_maps.ts";
import { concat, concatMaps } from "./concat.ts";
import { joinMaps, numbers } from "./join.ts";

Deno.test("concatMaps() normalises each map, weighs it, and lays it on the grid of the first", () => {
  const a = mapOf(1, 2, 2, [3, 4, 0, 0], "a");
  const b = mapOf(1, 1, 1, [-5], "b");
  const joined = concatMaps([a, b], { eps: 0, weights: [1, 2] });
  assertEquals([joined.name, joined.channels, joined.grid.cols], ["a+b", 3, 2]);
  // A descriptor of zeros stays zero.
  [0.6, 0.8, -2, 0, 0, -2].forEach((want, i) => assertAlmostEquals(joined.data[i]!, want, 1e-6));
});

Deno.test("concatMaps() normalises before it resamples, as SD-DINO and the survey do", () => {
  const fine = mapOf(1, 4, 1, [1, 1, 1, 1]);
  const coarse = mapOf(1, 2, 2, [10, 0, 0, 1]);
  const joined = concatMaps([fine, coarse], { eps: 0 });
  // The second of four cells lies a quarter of the way: 0.75 (1, 0) + 0.25 (0, 1).
  assertEquals([...joined.data.slice(3, 6)], [1, 0.75, 0.25]);
});

Deno.test("concatMaps() without normalising keeps the values", () => {
  const joined = concatMaps([mapOf(1, 1, 2, [3, 4]), mapOf(1, 1, 1, [7])], { normalise: false });
  assertEquals([...joined.data], [3, 4, 7]);
});

Deno.test("concatMaps() needs a map, and as many weights as maps", () => {
  assertThrows(() => concatMaps([]), ConfigError, "there is none");
  assertThrows(() => concatMaps([mapOf(1, 1, 1, [1], "s8")], { weights: [1, 2] }), ConfigError, "(s8) with 2 weights");
});

Deno.test("concat() joins a picture's maps once for neighbouring pairs", async () => {
  const { enhance } = concat();
  const [a, b] = [[mapOf(2, 2, 3, values(12))], [mapOf(2, 2, 3, values(12, 2))]];
  const first = await enhance({ source: a, target: b });
  assertStrictEquals((await enhance({ source: b, target: a })).source, first.target);
});

Deno.test("joinMaps() refuses several maps unless told to join them, and weights without joining", async () => {
  const maps = [mapOf(1, 1, 1, [2], "s4"), mapOf(1, 1, 1, [3], "s8")];
  const pair = { source: maps, target: maps };
  const none = joinMaps({ join: "none", join_weights: [], convention: "native" });
  await assertRejects(() => none.enhance(pair), ConfigError, "Cannot choose among 2 maps (s4, s8)");
  assertStrictEquals((await none.enhance({ source: [maps[0]!], target: [maps[1]!] })).target, maps[1]);
  assertThrows(
    () => joinMaps({ join: "none", join_weights: [1, 2], convention: "native" }),
    InputError,
    "set join=concat",
  );
  const both = await joinMaps({ join: "concat", join_weights: [1, 0.5], convention: "align-corners" }).enhance(pair);
  assertEquals([both.source.channels, both.source.grid.convention, both.source.frame.convention], [
    2,
    "align-corners",
    "align-corners",
  ]);
  assertThrows(() => numbers(["a"]), InputError, "a list of numbers is needed");
});
