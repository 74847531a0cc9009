/** Where glibc's allocator is; other systems give memory back by themselves or not at all. */
const LIBRARY = "libc.so.6";

/**
 * Asks the C library to give freed memory back to the system: glibc keeps the pages of what native code has freed, a
 * gigabyte after a large network. Runs on another thread.
 *
 * @returns whether it was asked: not without permission to call native code, and only where glibc is.
 */
export async function trimMemory(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  // Asking beforehand: a call without permission would stop to ask the user.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return false;
  let library;
  try {
    library = Deno.dlopen(LIBRARY, { malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true } });
  } catch {
    return false;
  }
  try {
    await library.symbols.malloc_trim(0n);
    return true;
  } finally {
    library.close();
  }
}
