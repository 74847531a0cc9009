/**
 * The Vision Transformer (Dosovitskiy et al., 2021) and its descendants as a graph.
 *
 * @module
 */
import { tensorOf } from "../../weights/tensor.ts";
import type { Graph, Value } from "../graph.ts";
import {
  add,
  attention,
  concat,
  conv,
  expand,
  gelu,
  layerNorm,
  linear,
  multiply,
  reshape,
  rotary,
  silu,
  transpose,
} from "../ops/mod.ts";
import type { VitConfig } from "./config.ts";
import type { Affine, BlockParameters, VitParameters } from "./parameters.ts";
import { resamplePositions } from "./positions.ts";
import { rotaryTables } from "./rotary.ts";

/** What can be read out of one block; all [n, tokens, dim]. Heads are consecutive blocks of channels. */
export interface VitBlock {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  /** The tokens after the block, before any norm. */
  readonly token: Value;
}

/** A Vision Transformer in a graph; only what leads to an output becomes part of the model. */
export interface Vit {
  /** [n, tokens, dim]: what enters the first block. */
  readonly embeddings: Value;
  readonly blocks: readonly VitBlock[];
  readonly rows: number;
  readonly cols: number;
  /** Number of tokens (class, registers) before the patches. */
  readonly prefix: number;
  /** The network's last norm, for any tokens. */
  readonly norm: (tokens: Value) => Value;
}

/**
 * Builds the network for pictures [n, 3, height, width] whose sides are multiples of the patch.
 *
 * Tokens are the class token, registers, then patches row by row. Blocks are pre-norm:
 * x += scale1 * out(attention(norm1 x)); x += scale2 * mlp(norm2 x).
 */
export function vit(g: Graph, image: Value, parameters: VitParameters, config: VitConfig): Vit {
  const { dim, patch } = config;
  const [n, , height, width] = image.shape;
  if (height! % patch !== 0 || width! % patch !== 0) {
    throw g.refuse("patch embedding", `needs sides that are multiples of ${patch} and got ${width} x ${height} pixels`);
  }
  const rows = height! / patch;
  const cols = width! / patch;
  let x = g.scope("patch_embed", () => {
    const map = conv(g, image, ...weights(g, parameters.patch), { stride: patch });
    return transpose(g, reshape(g, map, [n!, dim, rows * cols]), [0, 2, 1]);
  });
  const { prefix, patches } = tokenConstants(parameters, config, rows, cols);
  if (patches !== undefined) x = add(g, x, g.constant(patches, [1, rows * cols, dim], "positions"));
  const prefixLength = prefix.length / dim;
  x = concat(g, [expand(g, g.constant(prefix, [1, prefixLength, dim], "prefix"), [n!, prefixLength, dim]), x], 1);
  if (parameters.preNorm) x = g.scope("pre_norm", () => norm(g, x, parameters.preNorm!, config.eps));
  const embeddings = x;
  const turn = rotation(g, config, rows, cols);
  const blocks = parameters.blocks.map((block, i) =>
    g.scope(`blocks.${i}`, () => {
      const built = vitBlock(g, x, block, config, turn);
      x = built.token;
      return built;
    })
  );
  return {
    embeddings,
    blocks,
    rows,
    cols,
    prefix: prefixLength,
    norm: (tokens) => g.scope("norm", () => norm(g, tokens, parameters.norm, config.eps)),
  };
}

/**
 * The tokens that do not depend on the picture, computed once while building.
 *
 * @returns prefix [1 + registers][dim] and, for learned positions, what is added to the patches [rows * cols][dim].
 */
export function tokenConstants(
  parameters: VitParameters,
  config: VitConfig,
  rows: number,
  cols: number,
): { prefix: Float32Array; patches?: Float32Array } {
  const { dim, registers = 0, grid = 0, positions = "size" } = config;
  const prefix = new Float32Array((1 + registers) * dim);
  prefix.set(parameters.cls.read());
  if (parameters.registers) prefix.set(parameters.registers.read(), dim);
  if (!parameters.positions) return { prefix };
  let table = parameters.positions.read();
  if (table.length === (grid * grid + 1) * dim) {
    for (let c = 0; c < dim; c++) prefix[c]! += table[c]!;
    table = table.subarray(dim);
  }
  return { prefix, patches: resamplePositions(table, grid, dim, rows, cols, positions) };
}

function vitBlock(g: Graph, x: Value, p: BlockParameters, config: VitConfig, turn: (tokens: Value) => Value): VitBlock {
  const { eps, heads, gelu: form = "erf" } = config;
  const entered = g.scope("norm1", () => norm(g, x, p.norm1, eps));
  const [query, key, value] = (["q", "k", "v"] as const).map((name) =>
    g.scope(`attn.${name}`, () => project(g, entered, p[name]))
  ) as [Value, Value, Value];
  const mixed = g.scope("attn", () => attention(g, turn(query), turn(key), value, { heads }));
  const attended = g.scope("attn.out", () => project(g, mixed, p.out));
  const middle = add(g, x, p.scale1 ? multiply(g, attended, g.weight(p.scale1)) : attended);
  const refined = g.scope("mlp", () => {
    const inner = norm(g, middle, p.norm2, eps);
    const { mlp } = p;
    if (mlp.kind === "gelu") return project(g, gelu(g, project(g, inner, mlp.fc1), form), mlp.fc2);
    return project(g, multiply(g, silu(g, project(g, inner, mlp.gate)), project(g, inner, mlp.up)), mlp.down);
  });
  const token = add(g, middle, p.scale2 ? multiply(g, refined, g.weight(p.scale2)) : refined);
  return { query, key, value, token };
}

/** What is done to queries and keys before they meet: rotation by position, or nothing. */
function rotation(g: Graph, config: VitConfig, rows: number, cols: number): (tokens: Value) => Value {
  if (config.rotaryBase === undefined) return (tokens) => tokens;
  const d = config.dim / config.heads;
  const { cos, sin } = rotaryTables(rows, cols, d, config.rotaryBase);
  const tables = [["rotary.cos", cos], ["rotary.sin", sin]] as const;
  const [c, s] = tables.map(([name, data]) => g.weight(tensorOf(name, [rows * cols, d], data))) as [Value, Value];
  return (tokens) => rotary(g, tokens, c, s, config.heads);
}

function weights(g: Graph, { weight, bias }: Affine): [Value, Value | undefined] {
  return [g.weight(weight), bias && g.weight(bias)];
}

function project(g: Graph, x: Value, affine: Affine): Value {
  return linear(g, x, ...weights(g, affine));
}

function norm(g: Graph, x: Value, affine: Affine, eps: number): Value {
  return layerNorm(g, x, ...weights(g, affine), eps);
}
