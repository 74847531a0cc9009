/**
 * Progress on standard error: a bar in a terminal, a plain line now and then elsewhere, nothing for short work.
 *
 * @module
 */
import type { SingleBar } from "cli-progress";

/** A running display. */
export interface Progress {
  /** `fresh` is how many were done since the start, for the rate; resumed work is not speed. */
  update(done: number, total: number, fresh: number): void;
  /** Prints a line without tearing the bar. */
  log(line: string): void;
  stop(): void;
}

/** Work shorter than this shows nothing. */
const PATIENCE_MS = 2000;
/** Plain lines come no closer than this. */
const LINE_MS = 10_000;

/** Starts a display. `quiet` shows lines of `log` only. */
export async function startProgress(label: string, unit: string, quiet = false): Promise<Progress> {
  const started = performance.now();
  const isTerminal = Deno.stderr.isTerminal();
  const { default: library } = isTerminal && !quiet ? await import("cli-progress") : { default: undefined };
  let bar: SingleBar | undefined;
  let lastLine = started;
  // The rate counts from the first report: opening data and models is not speed either.
  let working: number | undefined;

  return {
    update(done, total, fresh) {
      const now = performance.now();
      working ??= now;
      if (quiet || now - started < PATIENCE_MS) return;
      const rate = fresh / ((now - working) / 1000);
      const left = fresh > 0 ? formatSeconds((total - done) / rate) : "?";
      const speed = `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(2)} ${unit}/s`;
      if (library !== undefined) {
        if (bar === undefined) {
          bar = new library.SingleBar({
            format: `${label} [{bar}] {value}/{total} · {speed} · {left} left`,
            stream: process.stderr,
            hideCursor: true,
            clearOnComplete: true,
            barsize: 24,
          }, library.Presets.shades_classic);
          bar.start(total, done, { speed, left });
        } else bar.update(done, { speed, left });
      } else if (now - lastLine >= LINE_MS) {
        lastLine = now;
        console.error(`${label}: ${done}/${total}, ${speed}, ${left} left`);
      }
    },
    log(line) {
      // The bar redraws itself at its next update; clearing its line first keeps the message whole.
      if (bar !== undefined) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
      console.error(line);
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** `7 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor(s % 3600 / 60)).padStart(2, "0")} min`;
}
