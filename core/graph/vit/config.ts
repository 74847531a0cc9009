import type { GeluForm } from "../ops/elementwise.ts";
import type { PositionRule } from "./positions.ts";

/** What tells one Vision Transformer from another. */
export interface VitConfig {
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Channels of a token. */
  readonly dim: number;
  /** Number of blocks. */
  readonly depth: number;
  readonly heads: number;
  /** Channels inside the MLP. */
  readonly hidden: number;
  /** `gelu`: fc2(gelu(fc1 x)). `swiglu`: down(silu(gate x) * up x). Default gelu. */
  readonly mlp?: "gelu" | "swiglu";
  /** Default erf. */
  readonly gelu?: GeluForm;
  /** Epsilon of the layer norms. */
  readonly eps: number;
  /** Number of register tokens after the class token. Default 0. */
  readonly registers?: number;
  /** Patches per side of the pictures the positions were trained for; absent for networks with rotary positions. */
  readonly grid?: number;
  /** How those positions are resampled for other sizes. */
  readonly positions?: PositionRule;
  /** Rotary positions on the patch tokens (DINOv3): the base of their frequencies. */
  readonly rotaryBase?: number;
  /** A learned factor per channel on what each half of a block adds. Default false. */
  readonly layerScale?: boolean;
  /** A layer norm before the first block (CLIP). Default false. */
  readonly preNorm?: boolean;
  /** False where the patch projection has no bias (CLIP). Default true. */
  readonly patchBias?: boolean;
  /** False where keys have no bias (DINOv3). Default true. */
  readonly keyBias?: boolean;
}
