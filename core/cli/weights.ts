import { download } from "../data/download.ts";
import { InputError } from "../errors.ts";
import { Registry } from "../registry.ts";
import { UNRECORDED, weightPath, weightsFolder } from "../weights/store.ts";
import type { Invocation } from "./main.ts";
import { startProgress } from "./progress.ts";
import { textWords } from "./words.ts";

/**
 * `deno task weights name=PLUGIN [file=NAME] [dir=DIR]`: the weight files of a backbone's or method's card into the
 * store outside the repository; never half a file.
 */
export default async function weights(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "weights", ["name", "file", "dir", "show"], ["name"]);
  const registry = await Registry.open();
  const card = registry.cards.find((c) => c.name === words.name && c.weights.length > 0) ??
    registry.find("backbone", words.name!);
  const entries = card.weights.filter((entry) => words.file === undefined || entry.name === words.file);
  if (entries.length === 0) {
    const names = card.weights.map((entry) => entry.name).join(", ");
    throw new InputError(
      `Cannot get weights of ${card.name}: ${
        card.weights.length === 0 ? "its card names none" : `it has no file "${words.file}"; there are: ${names}`
      }`,
    );
  }
  const dir = words.dir ?? weightsFolder();
  for (const entry of entries) {
    console.log(
      `${entry.name}: ${entry.licence}; from ${entry.url}${
        entry.bytes === undefined ? "" : ` (${(entry.bytes / 1e6).toFixed(1)} MB)`
      }`,
    );
    if (words.show === "true") continue;
    const progress = await startProgress(entry.name, "MB", invocation.flags.quiet);
    try {
      let atStart: number | undefined;
      const done = await download({
        url: entry.url,
        dest: weightPath(entry, dir),
        bytes: entry.bytes,
        sha256: entry.sha256 === UNRECORDED ? undefined : entry.sha256,
      }, {
        progress: (bytes, total) => {
          const mega = (value: number) => Math.round(value / 1e6);
          progress.update(mega(bytes), mega(total ?? bytes), mega(bytes - (atStart ??= bytes)));
        },
      });
      progress.stop();
      console.log(
        `${done.path}: ${done.fetched ? "downloaded" : "was there"}, sha256 ${done.sha256} (${
          done.checked === "nothing" ? "recorded now" : `${done.checked} agrees`
        })`,
      );
    } finally {
      progress.stop();
    }
  }
}
