/**
 * Evaluation protocols as data: `benchmarks/_protocols/*.yaml`, checked and typed.
 *
 * @module
 */
export { listProtocols, loadAnyProtocol, loadProtocol, type ProtocolEntry, protocolFolder } from "./load.ts";
export { parseFamily, type ProtocolFamily } from "./parse.ts";
export { isDense } from "./types.ts";
export type {
  AnyProtocol,
  Arithmetic,
  Average,
  DenseProtocol,
  FlowProtocol,
  FrameKind,
  MaskMeasure,
  MaskProtocol,
  MaxPoints,
  Protocol,
  ProtocolFrame,
  ProtocolSource,
  ThresholdRule,
} from "./types.ts";
