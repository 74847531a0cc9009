import { assertEquals } from "@std/assert";
import { crc32, fill } from "./fill.ts";

Deno.test("crc32() gives the check value of the standard", () => {
  assertEquals(crc32(new TextEncoder().encode("123456789")), 0xCBF43926);
});

Deno.test("fill() gives the values printed with the rule", () => {
  const want = [0.5514649, -0.82903636, 0.45953462, 0.35418063, 0.50943434, -0.12180724];
  assertEquals([...fill(0, "w", [2, 3], "fan_in")], want.map(Math.fround));
});
