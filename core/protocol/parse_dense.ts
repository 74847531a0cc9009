import { InputError } from "../errors.ts";
import type { Raw, Reader } from "./_reader.ts";
import type { DenseProtocol, FlowProtocol, FrameKind, MaskMeasure, MaskProtocol, ProtocolFrame } from "./types.ts";

const COMMON = ["title", "source", "metric", "direction", "defects"];
const KEYS: { readonly [metric in DenseProtocol["metric"]]: readonly string[] } = {
  "flow-pck": [...COMMON, "threshold", "comparison", "average", "pooled_threshold", "alphas"],
  "mask-transfer": [...COMMON, "transfer", "frame", "measures"],
};
const MEASURES: readonly MaskMeasure[] = ["lt-acc", "iou", "loc-err"];
const FRAMES = ["original", "shrink"] as const satisfies readonly FrameKind[];

/** The dense metric of a parsed protocol file and the keys it may have; undefined for keypoint files. */
export function denseMetricOf(file: Raw): { readonly keys: readonly string[] } | undefined {
  const keys = Object.entries(KEYS).find(([metric]) => metric === file.metric)?.[1];
  return keys === undefined ? undefined : { keys };
}

/**
 * One protocol of dense predictions.
 *
 * @throws InputError naming the file, the protocol and the key
 */
export function parseDense(file: Reader, label: Pick<DenseProtocol, "name" | "family" | "source">): DenseProtocol {
  const metric = file.one("metric", ["flow-pck", "mask-transfer"] as const);
  return metric === "flow-pck" ? parseFlow(file, label) : parseMask(file, label);
}

function parseFlow(file: Reader, label: Pick<FlowProtocol, "name" | "family" | "source">): FlowProtocol {
  const threshold = file.map("threshold").known(["of", "side"]);
  const protocol: FlowProtocol = {
    ...label,
    title: file.text("title"),
    metric: "flow-pck",
    threshold: { of: threshold.one("of", ["image"]), side: threshold.one("side", ["source", "target"]) },
    comparison: file.one("comparison", ["<="]),
    average: file.one("average", ["image", "point"]),
    pooledThreshold: file.has("pooled_threshold") ? file.one("pooled_threshold", ["own", "last"]) : "own",
    direction: file.one("direction", ["forward"]),
    alphas: file.alphas(),
    defects: file.texts("defects"),
  };
  if (protocol.pooledThreshold === "last") {
    if (protocol.average !== "point") file.fail("pooled_threshold", 'belongs to the average "point"');
    if (protocol.defects.length === 0) {
      file.fail("defects", "must name the defect: all pixels are judged by the threshold of the last pair");
    }
  }
  return protocol;
}

function parseMask(file: Reader, label: Pick<MaskProtocol, "name" | "family" | "source">): MaskProtocol {
  const transfer = file.one("transfer", ["warp", "outline"] as const);
  const frame = parseFrame(file.map("frame").known(["kind", "side"]));
  // A warped mask lies on the target's pixels, where the flow begins; an outline starts on the source.
  const needed = transfer === "warp" ? "reverse" : "forward";
  if (file.one("direction", ["forward", "reverse"]) !== needed) {
    file.fail("direction", `must be ${needed} for the transfer "${transfer}"`);
  }
  if (transfer === "warp" && frame.kind !== "original") {
    file.fail("frame", 'must be original for the transfer "warp": masks are compared on the target\'s own pixels');
  }
  const measures = file.texts("measures").map((text) => {
    const measure = MEASURES.find((one) => one === text);
    return measure ?? file.fail("measures", `holds "${text}"; there are: ${MEASURES.join(", ")}`);
  });
  if (measures.length === 0) file.fail("measures", "must hold at least one measure");
  if (transfer === "outline" && measures.includes("loc-err")) {
    file.fail("measures", 'cannot hold "loc-err" for the transfer "outline": it needs a place for every target pixel');
  }
  return {
    ...label,
    title: file.text("title"),
    metric: "mask-transfer",
    transfer,
    frame,
    measures,
    direction: needed,
    alphas: [],
    defects: file.texts("defects"),
  };
}

function parseFrame(file: Reader): ProtocolFrame {
  const kind = file.one("kind", FRAMES);
  if (kind !== "original") return { kind, side: file.number("side", 2) };
  if (file.has("side")) throw new InputError(`${file.where}: "side" belongs to shrink, and only there`);
  return { kind };
}
