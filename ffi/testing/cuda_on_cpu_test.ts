import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { findCompiler } from "../build.ts";
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

/** Kernels with the mistakes that the emulation is there to find. */
const mistakes = `
#include <cuda_runtime.h>
#include <cstdio>
__global__ void turn_kernel(const int* from, int* to, bool waits) {
  __shared__ int room[64];
  room[threadIdx.x] = from[threadIdx.x];
  if (waits) __syncthreads();
  to[threadIdx.x] = room[63 - threadIdx.x];
}
__global__ void split_kernel() { if (threadIdx.x < 40) __syncthreads(); }
__global__ void gone_kernel(int* to) { if (threadIdx.x % 32 < 9) to[0] = __shfl_xor_sync(0xffffffffu, 1, 1); }
__global__ void beyond_kernel(int n) {
  extern __shared__ int words[];
  words[n] = 1;
}
void tell(const char* name) { std::printf("%s: %s\\n", name, emulated::failure.c_str()); emulated::failure.clear(); }
int main() {
  int from[64], to[64];
  for (int i = 0; i < 64; i++) from[i] = 100 + i;
  for (bool waits : {true, false}) {
    turn_kernel<<<1, 64>>>(from, to, waits);
    int wrong = 0;
    for (int i = 0; i < 64; i++) wrong += to[i] != 163 - i;
    std::printf("%s\\n", wrong ? "wrong" : "right");
  }
  split_kernel<<<1, 64>>>(); tell("split");
  gone_kernel<<<1, 64>>>(to); tell("gone");
  beyond_kernel<<<1, 32, 64>>>(15); tell("inside");
  beyond_kernel<<<1, 32, 64>>>(16); tell("beyond");
  beyond_kernel<<<1, 32, 50000>>>(0); tell("large");
}`;

const missing = Deno.build.arch !== "x86_64" || Deno.build.os !== "linux"
  ? " [skipped: not x86-64 Linux]"
  : await findCompiler("cpu").then(() => "", (error: Error) => ` [skipped: ${error.message}]`);

Deno.test({
  name: `the emulation shows a missing barrier, one that not all reach, and memory beyond the launch's${missing}`,
  ignore: missing !== "",
  fn: async () => {
    const folder = await Deno.makeTempDir(), runtime = fromFileUrl(import.meta.resolve("./cuda_on_cpu"));
    try {
      const source = join(folder, "mistakes.cpp"), program = join(folder, "mistakes");
      await Deno.writeTextFile(source, asCpp(mistakes));
      const { command } = await findCompiler("cpu");
      const args = ["-std=c++17", "-w", "-I", runtime, source, join(runtime, "runtime.cpp"), "-o", program];
      const built = await new Deno.Command(command, { args }).output();
      assertEquals(new TextDecoder().decode(built.stderr), "");
      const { stdout } = await new Deno.Command(program).output();
      assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [
        "right",
        "wrong",
        "split: a barrier that some threads have left in block (0, 0, 0)",
        "gone: an exchange with lanes that have left in block (0, 0, 0)",
        "inside: ",
        "beyond: a write outside the shared memory in block (0, 0, 0)",
        "large: more shared memory than was asked for",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
