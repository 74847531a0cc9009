import { assertEquals } from "@std/assert";
import { asCpp } from "./cuda_on_cpu.ts";

Deno.test("asCpp() turns a launch into a call whose arguments keep their commas and brackets", () => {
  assertEquals(
    asCpp("go_kernel<<<blocks_for(n, 8), 256, 0, ctx.stream>>>(\n  {a, f(b, c)}, n); launched();"),
    "emulated::launch(dim3(blocks_for(n, 8)), dim3( 256),  0, [&] { go_kernel(\n  {a, f(b, c)}, n); }); launched();",
  );
});

Deno.test("asCpp() keeps a kernel's template arguments and a launch without shared memory", () => {
  assertEquals(asCpp("k<3><<<g, t>>>(x);"), "emulated::launch(dim3(g), dim3( t), 0, [&] { k<3>(x); });");
});

Deno.test("asCpp() takes dynamic shared memory from the runtime", () => {
  assertEquals(
    asCpp("extern __shared__ float4 room[];"),
    "float4* room = static_cast<float4*>(emulated::dynamic_shared());",
  );
});
