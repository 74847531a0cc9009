import { assertEquals } from "@std/assert";
import { interruptSignal } from "./signal.ts";

Deno.test({
  name: "interruptSignal() aborts at the first Ctrl-C and says that it was heard",
  ignore: Deno.build.os === "windows",
  async fn() {
    let heard = 0;
    using interrupt = interruptSignal(() => heard++);
    assertEquals(interrupt.signal.aborted, false);
    const aborted = new Promise((resolve) => interrupt.signal.addEventListener("abort", resolve, { once: true }));
    Deno.kill(Deno.pid, "SIGINT");
    await aborted;
    assertEquals([interrupt.signal.aborted, heard], [true, 1]);
  },
});
