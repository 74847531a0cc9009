import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { generateSymbols, parseHeader } from "./generate.ts";

const path = (name: string) => fromFileUrl(import.meta.resolve(name));

Deno.test("symbols.ts is what generate.ts makes of sc.h today", async () => {
  const [header, written] = await Promise.all(
    [path("./include/sc.h"), path("./symbols.ts")].map((p) => Deno.readTextFile(p)),
  );
  assertEquals(written, generateSymbols(header!), "run: deno task ffi:generate");
});

Deno.test("parseHeader() reads names, types and weight, and skips comments", () => {
  const header = `#define SC_API x
/* SC_API int32_t sc_no(void); */
SC_API sc_ctx* sc_one(int32_t a, const float* b, double c);
SC_OP int32_t sc_two(sc_ctx* ctx, float e,
                     const void* source);`;
  assertEquals(parseHeader(header), [
    { name: "sc_one", result: "pointer", parameters: ["i32", "buffer", "f64"], heavy: false },
    { name: "sc_two", result: "i32", parameters: ["pointer", "f32", "buffer"], heavy: true },
  ]);
});

Deno.test("parseHeader() refuses a type it cannot carry", () => {
  assertThrows(() => parseHeader("SC_API size_t sc_x(void);"), TypeError, "size_t");
});
