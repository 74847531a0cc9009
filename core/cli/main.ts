/**
 * The command line: `deno task <command> [key=value ...] [--flags]`.
 *
 * Every error a user can cause is one line on standard error and exit code 1; a stack trace is a bug of ours and is
 * shown only with SC_DEBUG=1.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { InputError, messageOf, suggest } from "../errors.ts";
import { parseWords } from "../config.ts";
import type { Layer } from "../config.ts";

/** What a command is given. */
export interface Invocation {
  /** `key=value` words, as a layer of configuration. */
  readonly words: Layer;
  readonly flags: { readonly json: boolean; readonly explain: boolean; readonly quiet: boolean };
}

interface Command {
  readonly doc: string;
  readonly usage: string;
  readonly load: () => Promise<{ default: (invocation: Invocation) => Promise<void> }>;
}

const commands: Record<string, Command> = {
  run: {
    doc: "evaluate methods on benchmarks and print PCK tables",
    usage:
      "run [method=A,B] [backbone=NAME] [benchmark=NAME benchmark.root=DIR] [localizer=NAME] [protocol=P,Q] [key=value] [--explain] [--json]",
    load: () => import("./run.ts"),
  },
  match: {
    doc: "match points of one picture in another",
    usage:
      'match source=a.jpg target=b.jpg points="120,80;33,40" (or points=FILE.csv|FILE.json) [out=match] [key=value]',
    load: () => import("./match.ts"),
  },
  score: {
    doc: "score stored predictions again, under other protocols",
    usage:
      "score run=ID|FOLDER protocol=a,b,c [tables=errors,geometry,difficulty] [format=table|markdown|csv|json] [--json]",
    load: () => import("./score.ts"),
  },
  compare: {
    doc: "put finished runs side by side, with intervals of their differences",
    usage:
      "compare [run=ID,ID] [benchmark=NAME] [protocol=NAME] [by=category|difficulty] [cost=true] [format=table|markdown|csv|json]",
    load: () => import("./compare.ts"),
  },
  merge: {
    doc: "join the shards of a run",
    usage: "merge run=ID|FOLDER",
    load: () => import("./merge.ts"),
  },
  list: {
    doc: "list methods, backbones, benchmarks, localizers and protocols",
    usage: "list [kind=method|backbone|benchmark|localizer|protocol] [name=NAME] [--json]",
    load: () => import("./list.ts"),
  },
  new: {
    doc: "make the folder of a new method",
    usage: "new method=NAME category=CATEGORY",
    load: () => import("./new.ts"),
  },
  golden: {
    doc: "check the code against recorded vectors of official implementations",
    usage: "golden path=DIR [only=NAME,NAME] [--json]",
    load: () => import("./golden.ts"),
  },
  data: {
    doc: "download a benchmark's data",
    usage: "data benchmark=NAME [root=DIR] [show=true]",
    load: () => import("./data.ts"),
  },
  weights: {
    doc: "download the weights of a backbone or method",
    usage: "weights name=NAME [file=FILE] [dir=DIR] [show=true]",
    load: () => import("./weights.ts"),
  },
};

function help(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { doc }]) => `  deno task ${name.padEnd(width)}  ${doc}`);
  return [
    "Semantic correspondence, every method on one ruler.",
    "",
    ...lines,
    "",
    "deno task COMMAND --help says more.",
  ].join("\n");
}

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return console.log(help());
  const command = commands[name];
  if (command === undefined) {
    throw new InputError(`Cannot find command "${name}"${suggest(name, Object.keys(commands))}`);
  }
  const known = ["json", "explain", "quiet", "help"];
  const parsed = parseArgs(rest, {
    boolean: known,
    string: ["_"],
    alias: { h: "help", q: "quiet" },
    unknown: (word, key) => {
      if (key === undefined) return true;
      throw new InputError(`Cannot use flag "${word}"${suggest(key, known)}`);
    },
  });
  if (parsed.help) return console.log(`deno task ${command.usage}\n\n${command.doc}`);
  const { default: run } = await command.load();
  await run({
    words: parseWords(parsed._.map(String)),
    flags: { json: parsed.json === true, explain: parsed.explain === true, quiet: parsed.quiet === true },
  });
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    const debug = Deno.env.get("SC_DEBUG") === "1";
    if (error instanceof DOMException && error.name === "AbortError") {
      console.error("Stopped. The same command resumes where it stopped.");
      Deno.exit(130);
    }
    if (error instanceof InputError) console.error(`error: ${error.message}`);
    else if (error instanceof Deno.errors.NotCapable) {
      console.error(
        `error: this task's permissions do not allow it: ${
          messageOf(error).split(",")[0]
        }; \`deno run -A core/cli/main.ts ...\` lifts them`,
      );
    } else console.error(`error: ${messageOf(error)} (a bug of this project; SC_DEBUG=1 shows where)`);
    if (debug) console.error(error);
    Deno.exit(1);
  }
}
