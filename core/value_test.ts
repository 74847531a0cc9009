import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "./errors.ts";
import { option } from "./option.ts";
import { checkValue, describe, parseValue } from "./value.ts";

Deno.test("parseValue() reads YAML 1.2 scalars and flow collections without guessing", () => {
  const cases: [string, unknown][] = [
    ["3", 3],
    ["-0.5e2", -50],
    [".05", 0.05],
    ["true", true],
    ["no", "no"],
    ["null", null],
    ["a: b", "a: b"],
    ["120,80;33,40", "120,80;33,40"],
    ["[1, a]", [1, "a"]],
    ["{a: 1}", { a: 1 }],
    ['"3"', "3"],
    ["#x", "#x"],
    ["1.2.3", "1.2.3"],
  ];
  for (const [text, value] of cases) assertEquals(parseValue("key", text), value);
});

Deno.test("parseValue() refuses a list that does not close", () => {
  assertThrows(() => parseValue("key", "[1, 2"), InputError, 'Cannot read the value of "key"');
});

Deno.test("checkValue() refuses another type, a value out of range and a choice that is none", () => {
  const step = option(4, "grid step", { integer: true, min: 1 });
  assertEquals(checkValue("step", 8, step), 8);
  for (const wrong of ["8", 0, 1.5, true, null, [4], Infinity, NaN]) {
    assertThrows(
      () => checkValue("step", wrong, step),
      InputError,
      "it must be a whole number of at least 1 (default 4: grid step)",
    );
  }
  assertThrows(
    () => checkValue("fit", "strech", option("pad", "fit", { choices: ["pad", "stretch"] })),
    InputError,
    "one of: pad, stretch",
  );
});

Deno.test("checkValue() takes the types that a spec accepts beside its default's", () => {
  const size = option(null as number | null, "side", { accepts: ["number"], integer: true, min: 1 });
  assertEquals(checkValue("size", null, size), null);
  assertEquals(checkValue("size", 840, size), 840);
  assertThrows(() => checkValue("size", 8.5, size), InputError);
  assertEquals(describe(size), "null or a whole number of at least 1");
});
