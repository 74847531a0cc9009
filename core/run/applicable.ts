import { ConfigError } from "../errors.ts";
import { type AnyProtocol, type DenseProtocol, isDense } from "../protocol/mod.ts";
import type { Benchmark, DenseTruth } from "../types.ts";

/**
 * Refuses protocols that a benchmark's annotations cannot be judged by, before anything is predicted.
 *
 * @throws ConfigError naming the protocol, what the benchmark lacks, and what would work
 */
export async function checkApplicable(protocols: readonly AnyProtocol[], benchmark: Benchmark): Promise<void> {
  const { name, pairs } = benchmark;
  const hasPoints = pairs.some((pair) => pair.points.source.n > 0);
  const dense = protocols.filter(isDense);
  const hasTruth = pairs.every((pair) => pair.dense !== undefined);
  const truth = hasTruth && (dense.length > 0 || !hasPoints) ? await pairs[0]?.dense?.() : undefined;
  for (const protocol of protocols) {
    const lack = isDense(protocol) ? lackOf(protocol, truth) : hasPoints ? undefined : "keypoints";
    if (lack === undefined) continue;
    const works = [
      ...(truth?.flow === undefined ? [] : ["flow", "tss"]),
      ...(truth?.masks === undefined ? [] : ["caltech"]),
      ...(truth?.outlines === undefined ? [] : ["caltech-hpf"]),
      ...(hasPoints ? ["paper", "original"] : []),
    ];
    throw new ConfigError(
      `Cannot score "${name}" under protocol "${protocol.name}": its pairs have no ${lack}; protocol=${
        works.join(" or ")
      } works`,
    );
  }
}

/** What a dense protocol needs and the truth does not hold. */
function lackOf(protocol: DenseProtocol, truth: DenseTruth | undefined): string | undefined {
  if (protocol.metric === "flow-pck") return truth?.flow === undefined ? "dense flow" : undefined;
  if (protocol.transfer === "outline") return truth?.outlines === undefined ? "outlines" : undefined;
  return truth?.masks === undefined ? "masks" : undefined;
}
