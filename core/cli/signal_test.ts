import { assertEquals } from "@std/assert";

Deno.test({
  name: "interruptSignal() aborts at the first Ctrl-C and says that it was heard",
  ignore: Deno.build.os === "windows",
  async fn() {
    // In a process of its own: the test runner hears signals of this one.
    const code = `
      const { interruptSignal } = await import(${JSON.stringify(new URL("signal.ts", import.meta.url).href)});
      using interrupt = interruptSignal(() => console.log("heard"));
      const aborted = new Promise((done) => interrupt.signal.addEventListener("abort", done));
      Deno.kill(Deno.pid, "SIGINT");
      await aborted;
      console.log("aborted", interrupt.signal.aborted);`;
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", code], stderr: "null" }).output();
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n").sort(), ["aborted true", "heard"]);
  },
});
