import { dirname } from "@std/path";
import { InputError, suggest } from "../../errors.ts";
import type { Model } from "../model.ts";
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from "./proto.ts";

/** Names of a graph's inputs that are no weights. */
export function inputNames({ graph }: ModelProto): string[] {
  const weights = new Set(graph?.initializer?.map(({ name }) => name));
  return (graph?.input ?? []).map(({ name }) => name).filter((name) => !weights.has(name));
}

/** Names of a graph's outputs. */
export function outputNames({ graph }: ModelProto): string[] {
  return (graph?.output ?? []).map(({ name }) => name);
}

/**
 * The part of a network file that leads to the tensors `taps`, which may be any of its intermediate results, for one
 * input shape. Later layers are cut off.
 *
 * @param path the file, for messages and for weights it keeps beside itself
 * @throws InputError where a tap is no tensor of the network, or the network does not take one picture of this shape.
 */
export function tapModel(proto: ModelProto, path: string, taps: readonly string[], shape: readonly number[]): Model {
  const graph = proto.graph!;
  const [input, ...more] = inputNames(proto);
  if (input === undefined || more.length > 0) {
    const inputs = [input ?? "none", ...more].join(", ");
    throw new InputError(`Cannot use network "${path}": it must have one input, a picture, and has: ${inputs}`);
  }
  const info = graph.input!.find(({ name }) => name === input)!;
  checkInput(info, path, shape);
  const produced = producers(graph);
  checkTaps(proto, path, taps);
  const { nodes, names } = ancestors(graph, produced, taps);
  return {
    name: path,
    proto: {
      ...proto,
      graph: {
        ...graph,
        node: nodes,
        initializer: (graph.initializer ?? []).filter(({ name }) => names.has(name!)),
        input: [{ name: input, type: tensorType(info, shape) }],
        // The runtime infers what shapes the outputs have; stale shapes of other sizes would contradict it.
        output: taps.map((name) => ({ name })),
        valueInfo: [],
      },
    },
    folder: dirname(Deno.realPathSync(path)),
    inputs: { [input]: shape },
  };
}

/** Checks that every tap is a tensor of the network. @throws InputError naming the tap and what is near it. */
export function checkTaps(proto: ModelProto, path: string, taps: readonly string[]): void {
  const names = [...producers(proto.graph!).keys()];
  const known = new Set(names);
  const wrong = taps.find((tap) => !known.has(tap));
  if (wrong === undefined) return;
  throw new InputError(`Cannot tap "${wrong}" of network "${path}"${suggestTap(wrong, names, outputNames(proto))}`);
}

/** The node that gives each tensor. */
function producers(graph: GraphProto): Map<string, NodeProto> {
  const produced = new Map<string, NodeProto>();
  for (const node of graph.node ?? []) for (const name of node.output ?? []) if (name !== "") produced.set(name, node);
  return produced;
}

function tensorType(info: ValueInfoProto, shape: readonly number[]): NonNullable<ValueInfoProto["type"]> {
  const elemType = info.type?.tensorType?.elemType ?? 1;
  return { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } };
}

function checkInput(info: ValueInfoProto, path: string, shape: readonly number[]): void {
  const { elemType = 1, shape: declared } = info.type?.tensorType ?? {};
  if (elemType !== 1) {
    throw new InputError(
      `Cannot use network "${path}": its input "${info.name}" is not float32 (element type ${elemType})`,
    );
  }
  const sides = declared?.dim?.map(({ dimValue }) => dimValue);
  if (sides === undefined) return;
  if (sides.length !== shape.length || sides.some((side, i) => side !== undefined && side > 0 && side !== shape[i])) {
    const wanted = sides.map((side) => side === undefined || side <= 0 ? "any" : side).join(", ");
    throw new InputError(
      `Cannot give network "${path}" a picture of shape [${shape.join(", ")}]: its input takes [${wanted}]`,
    );
  }
}

/** The nodes that lead to `taps`, in the file's order, and every tensor name they read or give. */
function ancestors(
  graph: GraphProto,
  produced: ReadonlyMap<string, NodeProto>,
  taps: readonly string[],
): { nodes: NodeProto[]; names: Set<string> } {
  const names = new Set<string>(taps);
  const kept = new Set<NodeProto>();
  const open = [...taps];
  while (open.length > 0) {
    const node = produced.get(open.pop()!);
    if (node === undefined || kept.has(node)) continue;
    kept.add(node);
    for (const name of [...reads(node), ...(node.output ?? [])]) {
      if (names.has(name)) continue;
      names.add(name);
      open.push(name);
    }
  }
  return { nodes: (graph.node ?? []).filter((node) => kept.has(node)), names };
}

/** Tensors a node reads, those that the bodies of its branches and loops take from outside included. */
function reads(node: NodeProto): string[] {
  const bodies = (node.attribute ?? []).flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);
  return [
    ...(node.input ?? []),
    ...bodies.flatMap((body) => [
      ...(body.node ?? []).flatMap(reads),
      ...(body.output ?? []).map(({ name }) => name),
    ]),
  ];
}

function suggestTap(tap: string, names: readonly string[], outputs: readonly string[]): string {
  // A network has hundreds of tensors: list its outputs, and guess among all.
  const guess = suggest(tap, names);
  return guess.startsWith(",") ? guess : `; it has ${names.length} tensors, its outputs are: ${outputs.join(", ")}`;
}
