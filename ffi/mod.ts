/**
 * Heavy arithmetic on cost volumes: CUDA, CPU or plain TypeScript behind one interface.
 *
 * @example
 * ```ts
 * using ops = await openOps();
 * using scores = await ops.correlate(source, target, { norm: { rule: "plus", eps: 1e-6 } });
 * const values = await scores.read(); // [source cells][target cells]
 * ```
 *
 * @module
 */
import { InputError, messageOf } from "../core/errors.ts";
import type { Engine } from "./engine.ts";
import { loadLibrary } from "./library.ts";
import { NativeEngine } from "./native_engine.ts";
import { Ops } from "./ops.ts";
import { ReferenceEngine } from "./reference_engine.ts";

export { Ops };
export type { ArrayTensor, DType, Input, Shape } from "./tensor.ts";
export { Tensor } from "./tensor.ts";
export type { Best, CorrelateOptions, DescriptorPair, VolumeOptions } from "./ops/correlate.ts";
export type { BpFlowOptions, BpFlowResult } from "./ops/bp_flow.ts";
export type { BpPyramidOptions } from "./ops/bp_pyramid.ts";
export type { Conv4dAtOptions, Conv4dLayer, Conv4dOptions } from "./ops/conv4d.ts";
export type { GroupNormOptions } from "./ops/group_norm.ts";
export type { Interpolate4dOptions } from "./ops/interpolate4d.ts";
export type { SampleOptions, SoftArgmaxOptions, WarpFlow } from "./ops/read_out.ts";
export type { TranslationOptions, WindowMatchOptions, WindowMatchResult } from "./ops/grid_match.ts";
export type { MutualOptions } from "./ops/mutual.ts";
export type { Norm } from "./ops/l2_normalize.ts";
export type { SinkhornOptions } from "./ops/sinkhorn.ts";
export type { HoughOptions, HoughResult, HoughSpace } from "./ops/hough.ts";
export type { Conv6dOptions } from "./ops/conv6d.ts";
export type { PairLayer } from "./ops/separable4d.ts";
export type {
  AdditiveAttentionOptions,
  AdditiveAttentionWeights,
  NormWeights,
  Rotation,
  TokenMlpWeights,
} from "./ops/additive_attention.ts";
export type { PatchMatchOptions } from "./ops/patch_match.ts";
export type { SiftDescriptorOptions } from "./ops/sift_descriptors.ts";
export type { FilterFlowOptions, FilterFlowResult } from "./ops/filter_flow.ts";

/** Which implementation runs. */
export type OpsKind = "auto" | "cuda" | "cpu" | "reference";

/** How to open operations. */
export interface OpsOptions {
  /** `auto` (default) tries cuda, cpu, reference and says why each was refused; the others never fall back. */
  readonly ops?: OpsKind;
  /** Bytes that tensors and scratch may take together; default: 60 % of the memory that is free now. */
  readonly memory?: number;
  /** CPU threads; 0 (default) takes every core. */
  readonly threads?: number;
  /** Told what was chosen and why, and of tensors that were never freed. */
  readonly log?: (line: string) => void;
  /** For tests: new tensors hold NaN, so that what an operation leaves out is seen. */
  readonly poison?: boolean;
  /** For tests and benches: the widest instruction set the CPU library may use. */
  readonly widest?: "baseline" | "avx2" | "avx512";
  /** For tests and benches: the form of the CPU library's 4-D convolution; else the one that costs less is taken. */
  readonly conv4d?: "direct" | "fft";
  /**
   * Whether CUDA may multiply on tensor cores (default true): in the accuracy of fp32, three tf32 products for one. False:
   * plain fp32 multiply-adds.
   */
  readonly tensorCores?: boolean;
}

/** 60 % of what is free; 2 GB where the system may not be asked. */
function defaultMemory(): number {
  try {
    return Deno.systemMemoryInfo().available * 0.6;
  } catch {
    return 2e9;
  }
}

/**
 * Opens the operations. Close them with `using` or `close()`.
 *
 * @throws {InputError} when the implementation that was named cannot run here
 */
export async function openOps(options: OpsOptions = {}): Promise<Ops> {
  const { ops = "auto", threads = 0, log = () => {}, poison = false, widest, tensorCores = true } = options;
  if (!["auto", "cuda", "cpu", "reference"].includes(ops)) {
    throw new InputError(`Cannot use ops=${ops}; there are: auto, cuda, cpu, reference`);
  }
  if (!Number.isInteger(threads) || threads < 0) {
    throw new InputError(`Cannot use ops.threads=${threads}: it is a whole number, 0 for every core`);
  }
  const memory = options.memory ?? defaultMemory();
  if (!(memory > 0)) throw new InputError(`Cannot use ops.memory=${memory}: it is a number of bytes above 0`);
  const cap = widest === undefined ? 0 : { baseline: 1, avx2: 2, avx512: 3 }[widest];
  const form = options.conv4d === undefined ? 0 : { direct: 1, fft: 2 }[options.conv4d];
  const native = async (kind: "cuda" | "cpu", build: boolean): Promise<Engine> => {
    const library = await loadLibrary(kind, { build, log, portable: widest !== undefined });
    const flags = (poison ? 1 : 0) | cap << 4 | form << 6 | (tensorCores ? 0 : 256);
    return new NativeEngine(library, { threads, memory, log, flags });
  };
  if (ops === "reference") return new Ops(new ReferenceEngine({ memory }));
  if (ops !== "auto") return new Ops(await native(ops, true));
  // Compiling for CUDA takes minutes, so only `deno task build:ffi` or ops=cuda does it.
  const attempts = [() => native("cuda", false), () => native("cpu", true)];
  for (const attempt of attempts) {
    try {
      return new Ops(await attempt());
    } catch (error) {
      log(messageOf(error));
    }
  }
  log("using the TypeScript reference operations: correct, and very slow");
  return new Ops(new ReferenceEngine({ memory }));
}
