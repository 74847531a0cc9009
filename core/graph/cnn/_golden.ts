import type { GoldenRunner } from "../../golden/types.ts";
import { vectors } from "../../golden/vectors.ts";
import { Graph, type Value } from "../graph.ts";
import { gather, reshape } from "../ops/mod.ts";
import { runOnce } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { caseWeights, feed } from "../vit/_golden.ts";
import { TRAINING_ONLY } from "./parts.ts";
import { resnet } from "./resnet.ts";

/** torchvision's ResNets: some channels and the means of each stage's output. */
export function resnetTaps(folder: string, depth: 50 | 101, stages: number): GoldenRunner {
  return vectors(folder, async (c) => {
    const image = c.input("image");
    const weights = caseWeights(c);
    const g = new Graph(folder);
    const net = resnet(g, g.input("image", image.shape), weights, depth, stages);
    weights.finish(`ResNet-${depth}`, TRAINING_ONLY);
    const taps: Record<string, Value> = { stem_first16: gather(g, net.stem, 1, counting(16, 1)) };
    for (let stage = 1; stage <= stages; stage++) {
      const x = net.blocks.findLast((block) => block.stage === stage)!.output;
      const every: number = c.config.every[stage - 1];
      taps[`layer${stage}_every`] = gather(g, x, 1, counting(x.shape[1]! / every, every));
      taps[`layer${stage}_chanmean`] = mean(g, x, [1]);
      taps[`layer${stage}_spatialmean`] = mean(g, x, [2, 3]);
    }
    const outputs = await runOnce(g.model(taps), { image: feed(image) }, defaultSession);
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  });
}

function counting(n: number, step: number): number[] {
  return Array.from({ length: n }, (_, i) => i * step);
}

function mean(g: Graph, x: Value, axes: readonly number[]): Value {
  const shape = x.shape.map((side, i) => axes.includes(i) ? 1 : side);
  const kept = g.node("ReduceMean", [x, g.integers(axes)], shape, { attributes: { keepdims: 1 } });
  return reshape(g, kept, x.shape.filter((_, i) => !axes.includes(i)));
}
