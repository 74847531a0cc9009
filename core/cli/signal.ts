/** A signal that aborts at the first Ctrl-C; the second one ends the process as usual. */
export function interruptSignal(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const listener = () => {
    Deno.removeSignalListener("SIGINT", listener);
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", listener);
  return { signal: controller.signal, [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", listener) };
}
