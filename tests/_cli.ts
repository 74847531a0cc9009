import { join } from "@std/path";
import { projectRoot } from "../core/registry.ts";

/** What a command left behind. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in a process of its own, as a user starts it. */
export function command(args: readonly string[], cwd = projectRoot): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", join(projectRoot, "core/cli/main.ts"), ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

/** Runs a command to its end. */
export async function cli(args: readonly string[], cwd?: string): Promise<CliResult> {
  const { code, stdout, stderr } = await command(args, cwd).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A folder that is gone after the test. */
export async function withTempDir(fn: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await fn(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The only run folder below `out`. */
export async function onlyRun(out: string): Promise<string> {
  let dir = out;
  for (let depth = 0; depth < 3; depth++) {
    const names = (await Array.fromAsync(Deno.readDir(dir))).filter((entry) => entry.isDirectory);
    if (names.length !== 1) throw new Error(`${dir} holds ${names.length} folders`);
    dir = join(dir, names[0]!.name);
  }
  return dir;
}
