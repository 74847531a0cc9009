/**
 * A signal that aborts at the first Ctrl-C; the second one ends the process as usual.
 *
 * @param heard called at the first one: work under way may take a while to reach a place where it can stop.
 */
export function interruptSignal(heard: () => void = () => {}): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const listener = () => {
    Deno.removeSignalListener("SIGINT", listener);
    controller.abort();
    heard();
  };
  Deno.addSignalListener("SIGINT", listener);
  return { signal: controller.signal, [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", listener) };
}
