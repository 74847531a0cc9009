import { dataFolder } from "../build.ts";
import { dataCommand, describeData } from "../data/fetch_benchmark.ts";
import { InputError } from "../errors.ts";
import { Registry } from "../registry.ts";
import { defaultsOf } from "../value.ts";
import type { Invocation } from "./main.ts";
import { startProgress } from "./progress.ts";
import { textWords } from "./words.ts";

/**
 * `deno task data benchmark=NAME [root=DIR] [show=true]`: licence and size, download, unpacking, check. Safe to call
 * again after any interruption.
 */
export default async function data(invocation: Invocation): Promise<void> {
  const words = textWords(invocation, "data", ["benchmark", "root", "show"], ["benchmark"]);
  const registry = await Registry.open();
  const card = registry.find("benchmark", words.benchmark!);
  if (words.show === "true") {
    for (const line of await describeData(card)) console.log(line);
    return;
  }
  const root = words.root ?? dataFolder(card.name);
  const plugin = await registry.load({ ...card, kind: "benchmark" });
  const progress = await startProgress(card.name, "MB", invocation.flags.quiet);
  let label = "";
  let atStart = 0;
  try {
    const complete = await dataCommand(card, root, {
      log: progress.log,
      progress: (stage, file, done, total) => {
        if (label !== `${stage} ${file}`) {
          label = `${stage} ${file}`;
          atStart = done;
        }
        const mega = (bytes: number) => Math.round(bytes / 1e6);
        progress.update(mega(done), mega(total ?? done), mega(done - atStart));
      },
      open: async (folder) =>
        await plugin.build({ card, log: progress.log, root: folder }, defaultsOf(plugin.defaults)),
    });
    if (!complete) throw new InputError(`Cannot use "${root}" as ${card.name} yet: see what is missing above`);
    console.log(`ready: deno task run benchmark=${card.name} benchmark.root=${root}`);
  } finally {
    progress.stop();
  }
}
