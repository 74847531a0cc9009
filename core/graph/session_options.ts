import { option } from "../option.ts";
import type { OptionsOf } from "../types.ts";

/** How ONNX Runtime runs a network; every learned backbone has these options. */
export const sessionOptions = {
  threads: option(0, "threads of one network; 0: one per core", { integer: true, min: 0 }),
  graph: option("all", "graph optimisations of ONNX Runtime", { choices: ["all", "extended", "basic", "disabled"] }),
  spinning: option(true, "idle threads spin: faster on a free machine, slower on a shared one"),
  arena: option(true, "keep freed memory for the next picture: about 4 % faster, memory stays taken"),
  provider: option("cpu", "where networks run, where the installed runtime has it", {
    choices: ["cpu", "cuda", "webgpu"],
  }),
  sessions: option(2, "networks kept open, one per picture size and count; each holds the weights once", {
    integer: true,
    min: 1,
  }),
};

/** The option of backbones whose network takes several pictures at once. */
export const batchOption = {
  batch: option(
    1,
    "pictures of one size that run together where they are asked for together, as the two of a pair are; no faster on a " +
      "CPU, and part of the cache's key",
    { integer: true, min: 1 },
  ),
};

/** Values of {@linkcode sessionOptions}. */
export type SessionOptions = OptionsOf<typeof sessionOptions>;

/** What a session may be asked for beside a user's options. */
export interface SessionPlan {
  /**
   * After its first run a session allots one block for all values of a run. Where these are hundreds of megabytes, that
   * block comes on top of what the first run took, and its fresh pages cost the second run more than it computes.
   * Default true.
   */
  readonly planMemory?: boolean;
}

/** The options in ONNX Runtime's words. `folder`: where files named by a model lie. */
export function runtimeOptions(
  options: SessionOptions & SessionPlan,
  folder: string | undefined,
): Record<string, unknown> {
  const session: Record<string, unknown> = {
    intra_op: { allow_spinning: options.spinning ? "1" : "0" },
    ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }),
  };
  return {
    executionProviders: [options.provider],
    intraOpNumThreads: options.threads,
    graphOptimizationLevel: options.graph,
    enableCpuMemArena: options.arena,
    enableMemPattern: options.planMemory ?? true,
    // Nothing below fatal: errors arrive as exceptions, warnings are about graphs, not about the user's input.
    logSeverityLevel: 4,
    extra: { session },
  };
}

/** Every option at its default. */
export const defaultSession: SessionOptions = Object.fromEntries(
  Object.entries(sessionOptions).map(([name, { value }]) => [name, value]),
) as SessionOptions;
