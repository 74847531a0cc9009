/**
 * Votes by optimal transport (Liu, Zhu, Yamada, Yang: "Semantic Correspondence as an Optimal Transport Problem", CVPR
 * 2020): what stands out in an activation map has more mass to give.
 *
 * @module
 */
import type { Ops } from "../../../ffi/mod.ts";
import type { Pair } from "../../types.ts";
import type { Hyperpixels } from "./matching.ts";

/** The mass of a cell by its activation in [0, 1]: 0.5, 0.8, 0.9 or 1 in steps at 0.4, 0.5 and 0.6. */
export function staircase(activation: number): number {
  return activation > 0.6 ? 1 : activation > 0.5 ? 0.9 : activation > 0.4 ? 0.8 : 0.5;
}

/** Masses that sum to 1. */
export function marginal(weights: ArrayLike<number>): Float32Array<ArrayBuffer> {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]!;
  return Float32Array.from(weights, (weight) => weight / sum);
}

/** Costs of all pairs: 1 - cosine, negative cosines counting as 0. @returns [source boxes][target boxes] */
export async function transportCost(
  ops: Ops,
  { source, target }: Pair<Hyperpixels>,
): Promise<Float32Array<ArrayBuffer>> {
  const input = ({ descriptors, boxes, channels }: Hyperpixels) => ({ data: descriptors, shape: [boxes.n, channels] });
  using cosines = await ops.correlate(input(source), input(target), { norm: { rule: "plus", eps: 0 }, relu: true });
  return (await cosines.read()).map((cosine) => 1 - cosine);
}

/** How mass is moved. */
export interface TransportOptions {
  /** Weight of the entropy. Default 0.05. */
  readonly eps?: number;
  /** Default 1: the official matching stops after one. */
  readonly iterations?: number;
}

/**
 * The transport plan times the number of source boxes, so that a box that is certain of its match gives it about 1.
 *
 * @param cost [source boxes][target boxes]
 * @param masses of the source and the target boxes, each summing to 1
 * @returns the same shape
 */
export async function transportPlan(
  ops: Ops,
  cost: Float32Array,
  { source, target }: Pair<Float32Array>,
  { eps = 0.05, iterations = 1 }: TransportOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const m = source.length, n = target.length;
  using plan = await ops.sinkhorn({ data: cost, shape: [m, n] }, {
    mu: { data: source, shape: [m] },
    nu: { data: target, shape: [n] },
    eps,
    iterations,
    scale: m,
  });
  return await plan.read();
}

/** The plan as votes: not below 0, raised to a power (1 for SPair-71k and TSS, 0.5 for PF-PASCAL and PF-WILLOW). */
export function transportVotes(plan: Float32Array, power: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(plan, (value) => Math.max(0, value) ** power);
}
