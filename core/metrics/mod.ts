/**
 * Metrics: pure functions of (pairs, predictions, protocol).
 *
 * @example
 * ```ts
 * const protocol = await loadProtocol("paper");
 * const scores = scorePairs(pairs, protocol, { benchmark: "pf-willow", threshold: "keypoints" });
 * const { intervals } = bootstrap(scores);
 * ```
 *
 * @module
 */
export { aggregate } from "./aggregate.ts";
export { type Bootstrap, bootstrap, type BootstrapOptions, type Interval } from "./bootstrap.ts";
export { averageEndpointError, type EndpointErrors, endpointErrors, pooledPck } from "./endpoint.ts";
export { type ErrorKinds, errorKinds } from "./error_kinds.ts";
export { type FlowGroup, type FlowItem, type FlowScores, scoreFlow } from "./flow.ts";
export {
  type GeometryAwareCategory,
  geometryAwareMask,
  type GeometryAwareScores,
  type KeypointGroups,
  renumberedGroups,
  scoreGeometryAware,
} from "./geometry_aware.ts";
export { averagePrecision, type KapPair, type KapQuery, type KapRule, keypointAveragePrecision } from "./kap.ts";
export {
  fillPolygon,
  intersectionOverUnion,
  labelTransferAccuracy,
  localisationError,
  type Mask,
  type SamplingGrid,
  warpMask,
  warpMaskByFlow,
} from "./mask.ts";
export { type PairedDifference, pairedDifference } from "./paired_difference.ts";
export { meanInterval } from "./mean_interval.ts";
export { type ScoreOptions, scorePairs } from "./pck.ts";
export { Random } from "./random.ts";
export { type CoarseFlow, transferThroughFlow, transferThroughMatches } from "./transfer.ts";
export { type GroupScore, type PairScores, type ScoreContext, type ScoredPair, scoredPair } from "./types.ts";
