/**
 * The two attention layers of IFCAT, as parts of a graph. Both pictures go through each side by side: a token is a cell
 * with its features and its row of the cost volume, that is, its similarities to all cells of the other picture.
 *
 * @module
 */
import { applyLinear, applyNorm, takeAffine } from "../../../core/graph/affine.ts";
import type { Graph, Value } from "../../../core/graph/graph.ts";
import {
  add,
  attention,
  concat,
  gelu,
  matmul,
  multiply,
  reshape,
  slice,
  softmax,
  transpose,
} from "../../../core/graph/ops/mod.ts";
import type { WeightSet } from "../../../core/weights/set.ts";

const EPS = 1e-5;

/** Both pictures on one grid. */
export interface State {
  /** [2][cells][width]: the source's, then the target's. */
  readonly features: Value;
  /** [source cells][target cells] */
  readonly cost: Value;
}

const takeMlp = (set: WeightSet, name: string, width: number) => ({
  norm: takeAffine(set, `${name}.norm`, [width]),
  first: takeAffine(set, `${name}.fc1`, [4 * width, width]),
  second: takeAffine(set, `${name}.fc2`, [width, 4 * width]),
});

function applyMlp(g: Graph, x: Value, { norm, first, second }: ReturnType<typeof takeMlp>): Value {
  return add(g, x, applyLinear(g, gelu(g, applyLinear(g, applyNorm(g, x, norm, EPS), first)), second));
}

/** Takes the integrative self-attention `<prefix>.*` of a grid of `cells`. */
export function takeSelf(set: WeightSet, prefix: string, width: number, cells: number) {
  const affine = (name: string, ...shape: number[]) => takeAffine(set, `${prefix}.${name}`, shape);
  return {
    normFeatures: affine("norm_features", width),
    normCost: affine("norm_cost", cells),
    query: affine("query", width, width + cells),
    key: affine("key", width, width + cells),
    valueFeatures: affine("value_features", width, width),
    valueCost: affine("value_cost", cells, cells),
    outFeatures: affine("out_features", width, width),
    outCost: affine("out_cost", cells, cells),
    mlp: takeMlp(set, `${prefix}.mlp`, width),
  };
}

/** Parameters of the integrative self-attention. */
export type SelfWeights = ReturnType<typeof takeSelf>;

/** What the self-attention adds: [n][tokens][width] and [n][tokens][cells]. */
export interface Update {
  readonly features: Value;
  readonly cost: Value;
}

/**
 * Integrative self-attention: queries and keys see features and costs side by side, so that one attention map, of cells
 * alike in what they show AND in what they match, gathers both.
 *
 * @param features [n][tokens][width]
 * @param cost [n][tokens][cells]
 */
export function integrate(g: Graph, features: Value, cost: Value, w: SelfWeights, heads: number): Update {
  const [n, tokens, width] = features.shape, cells = cost.shape[2]!;
  const d = applyNorm(g, features, w.normFeatures, EPS),
    c = applyNorm(g, cost, w.normCost, EPS),
    both = concat(g, [d, c], 2);
  // A head's values: its share of the features, then its share of the costs.
  const share = (x: Value) => reshape(g, x, [n!, tokens!, heads, x.shape[2]! / heads]);
  const values = concat(g, [
    share(applyLinear(g, d, w.valueFeatures)),
    share(applyLinear(g, c, w.valueCost)),
  ], 3);
  const mixed = attention(
    g,
    applyLinear(g, both, w.query),
    applyLinear(g, both, w.key),
    reshape(g, values, [n!, tokens!, width! + cells]),
    { heads },
  );
  const parts = share(mixed), cut = width! / heads;
  const part = (from: number, to: number) =>
    reshape(g, slice(g, parts, 3, from, to), [n!, tokens!, (to - from) * heads]);
  return {
    features: applyLinear(g, part(0, cut), w.outFeatures),
    cost: applyLinear(g, part(cut, cut + cells / heads), w.outCost),
  };
}

/** [2][a][b], the second transposed into the first, halved: what both pictures say of a pair. */
function meanOfSides(g: Graph, x: Value): Value {
  const [, a, b] = x.shape;
  const source = reshape(g, slice(g, x, 0, 0, 1), [a!, b!]), target = reshape(g, slice(g, x, 0, 1, 2), [a!, b!]);
  return multiply(g, add(g, source, transpose(g, target, [1, 0])), g.scalar(0.5));
}

/** [a][b] -> [2][a][b]: a square cost as each picture sees it. */
function bothSides(g: Graph, x: Value): Value {
  const [a, b] = x.shape;
  return concat(g, [reshape(g, x, [1, a!, b!]), reshape(g, transpose(g, x, [1, 0]), [1, b!, a!])], 0);
}

/** The self-attention on both pictures, with its residuals and the network behind the features. */
export function selfAttend(g: Graph, { features, cost }: State, w: SelfWeights, heads: number): State {
  const update = integrate(g, features, bothSides(g, cost), w, heads);
  return {
    features: applyMlp(g, add(g, features, update.features), w.mlp),
    cost: add(g, cost, meanOfSides(g, update.cost)),
  };
}

/** Takes the cross-attention `<prefix>.*`. */
export function takeCross(set: WeightSet, prefix: string, width: number) {
  const square = (name: string) => takeAffine(set, `${prefix}.${name}`, [width, width]);
  return {
    norm: takeAffine(set, `${prefix}.norm`, [width]),
    query: square("query"),
    key: square("key"),
    value: square("value"),
    out: square("out"),
    mlp: takeMlp(set, `${prefix}.mlp`, width),
  };
}

/** Parameters of the cross-attention. */
export type CrossWeights = ReturnType<typeof takeCross>;

/**
 * Cross-attention with the matching distribution: products of the pictures' queries and keys refine the cost, and the
 * soft-max of the refined cost, the same that the flow is read from, is where each cell looks in the other picture.
 */
export function crossAttend(g: Graph, { features, cost }: State, w: CrossWeights, temperature: number): State {
  const width = features.shape[2]!, d = applyNorm(g, features, w.norm, EPS);
  const query = applyLinear(g, d, w.query), key = applyLinear(g, d, w.key), value = applyLinear(g, d, w.value);
  const swapped = (x: Value) => concat(g, [slice(g, x, 0, 1, 2), slice(g, x, 0, 0, 1)], 0);
  // [2]: source's queries with target's keys, and the other way round.
  const products = matmul(g, query, transpose(g, swapped(key), [0, 2, 1]));
  const refined = add(g, cost, meanOfSides(g, multiply(g, products, g.scalar(1 / Math.sqrt(width)))));
  const distribution = softmax(g, multiply(g, bothSides(g, refined), g.scalar(1 / temperature)));
  const seen = applyLinear(g, matmul(g, distribution, swapped(value)), w.out);
  return { features: applyMlp(g, add(g, features, seen), w.mlp), cost: refined };
}
