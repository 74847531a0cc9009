import { join } from "@std/path";
import { projectRoot } from "../core/registry.ts";
import type { CliResult } from "./_cli.ts";

/** Copies what a project needs besides its plugins, and the plugin folders named, so that a test can change them. */
export async function copyProject(to: string, plugins: readonly string[]): Promise<void> {
  for (const part of ["core", "benchmarks/_protocols", ...plugins]) {
    await copyTree(join(projectRoot, part), join(to, part));
  }
  await Deno.mkdir(join(to, "ffi"));
  // Types of ffi/mod.ts are imported by core/types.ts; the copy carries its sources, not its builds.
  for await (const entry of Deno.readDir(join(projectRoot, "ffi"))) {
    if (entry.name === "build") continue;
    const [source, target] = [join(projectRoot, "ffi", entry.name), join(to, "ffi", entry.name)];
    await (entry.isDirectory ? copyTree(source, target) : Deno.copyFile(source, target));
  }
  for (const file of ["deno.json", "deno.lock"]) await Deno.copyFile(join(projectRoot, file), join(to, file));
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyTree(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile) await Deno.copyFile(join(from, entry.name), join(to, entry.name));
  }
}

/** Runs `deno` in a copy of the project, with the permissions its tasks give. */
export async function denoIn(
  dir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: dir,
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
