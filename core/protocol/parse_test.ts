import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { parseFamily } from "./parse.ts";
import type { MaskProtocol, Protocol } from "./types.ts";

function family(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "demo",
    default: "demo-a",
    title: "Demo",
    metric: "pck",
    frame: { kind: "stretch", side: 256 },
    threshold: { box: { of: "box", side: "target" } },
    comparison: "<=",
    arithmetic: "float32",
    average: "image",
    direction: "forward",
    zero_threshold: "error",
    alphas: [0.1],
    variants: { "demo-a": null, "demo-b": { average: "point", frame: { kind: "original" } } },
    ...changes,
  };
}

Deno.test("parseFamily() lets a variant replace whole keys and inherit the others", () => {
  const { protocols: all, default: standard } = parseFamily(family(), "demo");
  const protocols = all as Protocol[];
  assertEquals(standard, "demo-a");
  assertEquals(protocols.map(({ name, family, average, frame, title }) => ({ name, family, average, frame, title })), [
    { name: "demo-a", family: "demo", average: "image", frame: { kind: "stretch", side: 256 }, title: "Demo" },
    { name: "demo-b", family: "demo", average: "point", frame: { kind: "original" }, title: "Demo" },
  ]);
});

Deno.test("parseFamily() fills what is left out with nothing special", () => {
  const { source, groundTruth, maxPoints, sentinel, collapsePixels, categoryWeights, defects, unofficial } =
    parseFamily(family(), "demo").protocols[0]! as Protocol;
  assertEquals(
    { source, groundTruth, maxPoints, sentinel, collapsePixels, categoryWeights, defects, unofficial },
    {
      source: null,
      groundTruth: { floorOn: [], clamp: null },
      maxPoints: null,
      sentinel: null,
      collapsePixels: false,
      categoryWeights: null,
      defects: [],
      unofficial: [],
    },
  );
});

Deno.test("parseFamily() names file, protocol, key and a way out of every broken field", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ treshold: {} }, 'unknown key "treshold", did you mean "threshold"?'],
    [{ variants: { "demo-a": { averge: "point" } } }, 'demo-a: unknown key "averge", did you mean "average"?'],
    [{ frame: { kind: "strech", side: 2 } }, 'frame: "kind" is "strech", did you mean "stretch"?'],
    [{ frame: { kind: "stretch" } }, '"side" must be a number of at least 2'],
    [{ frame: { kind: "stretch", side: 256, pad: 1 } }, 'frame: unknown key "pad"'],
    [{ comparison: "=<" }, '"comparison" is "=<"'],
    [{ alphas: [] }, '"alphas" must hold at least one'],
    [{ alphas: [0.1, 0] }, '"alphas" must be a list of positive'],
    [{ alphas: ["0.1"] }, '"alphas" must be a list of positive'],
    [{ threshold: {} }, "names no rule"],
    [{ threshold: { boxes: {} } }, 'unknown key "boxes", did you mean "box"?'],
    [{ threshold: { box: { of: "box" } } }, 'box: "side" is undefined'],
    [{ threshold: { box: { of: "box", side: "target", padding: -1 } } }, '"padding" belongs to keypoints-padded'],
    [{ frame: { kind: "pad", side: 9 }, ground_truth: { clamp: 0.1 } }, '"clamp" needs a frame of one fixed side'],
    [
      { average: "image", category_weights: { box: { cat: 1 } } },
      '"category_weights" needs an average over categories',
    ],
    [{ default: "demo-c" }, '"default" is "demo-c"'],
    [{ name: "other" }, 'is "other", but the file is demo.yaml'],
    [{ title: "" }, '"title" must be a text'],
    [{ collapse_pixels: "yes" }, '"collapse_pixels" must be true or false'],
    [{ unofficial: ["boxes"] }, "boxes"],
    [{ variants: [] }, '"variants" must be a map'],
  ];
  for (const [changes, text] of cases) {
    const { message } = assertThrows(() => parseFamily(family(changes), "demo"), InputError);
    assertStringIncludes(message, "demo.yaml");
    assertStringIncludes(message, text);
  }
  assertThrows(() => parseFamily([], "demo"), InputError, "must be a map");
});

Deno.test("parseFamily() refuses a departure from the definition that no defect names", () => {
  const padded = { keypoints: { of: "keypoints-padded", side: "target", padding: -1 } };
  const departures: [Record<string, unknown>, string][] = [
    [{ max_points: { policy: "first", box: 20 } }, "points are dropped silently"],
    [{ sentinel: -1 }, "marks missing points"],
    [{ collapse_pixels: true }, "points on one pixel collapse"],
    [{ threshold: padded }, "a threshold counts padding"],
    [{ threshold: { box: { of: "box", side: "source" } } }, "of the other image"],
    [{ direction: "reverse" }, "of the other image"],
    [{ zero_threshold: "score" }, "a threshold of zero is scored"],
  ];
  for (const [changes, text] of departures) {
    assertThrows(() => parseFamily(family(changes), "demo"), InputError, text);
    assertEquals(parseFamily(family({ ...changes, defects: ["named"] }), "demo").protocols[0]!.defects, ["named"]);
  }
});

function flowFamily(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "demo",
    default: "demo",
    title: "Demo",
    metric: "flow-pck",
    threshold: { of: "image", side: "target" },
    comparison: "<=",
    average: "image",
    direction: "forward",
    alphas: [0.1],
    variants: { demo: changes },
  };
}

function maskFamily(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "demo",
    default: "demo",
    title: "Demo",
    metric: "mask-transfer",
    transfer: "warp",
    frame: { kind: "original" },
    measures: ["iou"],
    direction: "reverse",
    variants: { demo: changes },
  };
}

Deno.test("parseFamily() reads dense protocols", () => {
  assertEquals(parseFamily(flowFamily(), "demo").protocols, [{
    name: "demo",
    family: "demo",
    title: "Demo",
    source: null,
    metric: "flow-pck",
    threshold: { of: "image", side: "target" },
    comparison: "<=",
    average: "image",
    pooledThreshold: "own",
    direction: "forward",
    alphas: [0.1],
    defects: [],
  }]);
  const outline = { transfer: "outline", direction: "forward", frame: { kind: "shrink", side: 300 } };
  const mask = parseFamily(maskFamily(outline), "demo").protocols[0]! as MaskProtocol;
  assertEquals([mask.transfer, mask.frame, mask.measures, mask.alphas], ["outline", outline.frame, ["iou"], []]);
});

Deno.test("parseFamily() refuses what a dense protocol cannot mean, and an unnamed defect", () => {
  const flow: [Record<string, unknown>, string][] = [
    [{ arithmetic: "float64" }, 'unknown key "arithmetic"'],
    [{ threshold: { of: "box", side: "target" } }, '"of" is "box"'],
    [{ direction: "reverse" }, '"direction" is "reverse"'],
    [{ comparison: "<" }, '"comparison" is "<"'],
    [{ average: "category-image" }, '"average" is "category-image"'],
    [{ pooled_threshold: "last" }, '"pooled_threshold" belongs to the average "point"'],
    [{ pooled_threshold: "last", average: "point" }, '"defects" must name the defect'],
    [{ alphas: [] }, '"alphas" must hold at least one'],
  ];
  const mask: [Record<string, unknown>, string][] = [
    [{ alphas: [0.1] }, 'unknown key "alphas"'],
    [{ transfer: "wrap" }, 'did you mean "warp"?'],
    [{ transfer: "outline" }, '"direction" must be forward'],
    [{ frame: { kind: "shrink", side: 300 } }, '"frame" must be original'],
    [{ frame: { kind: "original", side: 300 } }, '"side" belongs to shrink'],
    [{ measures: [] }, '"measures" must hold at least one'],
    [{ measures: ["pck"] }, '"measures" holds "pck"'],
    [{ transfer: "outline", direction: "forward", measures: ["loc-err"] }, 'cannot hold "loc-err"'],
  ];
  for (const [make, cases] of [[flowFamily, flow], [maskFamily, mask]] as const) {
    for (const [changes, text] of cases) {
      const { message } = assertThrows(() => parseFamily(make(changes), "demo"), InputError);
      assertStringIncludes(message, "demo.yaml");
      assertStringIncludes(message, text);
    }
  }
});
