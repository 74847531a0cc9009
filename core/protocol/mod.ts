/**
 * Evaluation protocols as data: `benchmarks/_protocols/*.yaml`, checked and typed.
 *
 * @module
 */
export { listProtocols, loadProtocol, type ProtocolEntry, protocolFolder } from "./load.ts";
export { parseFamily, type ProtocolFamily } from "./parse.ts";
export type {
  Arithmetic,
  Average,
  FrameKind,
  MaxPoints,
  Protocol,
  ProtocolFrame,
  ProtocolSource,
  ThresholdRule,
} from "./types.ts";
