import { assertEquals, assertRejects } from "@std/assert";
import {
  emptyPicture,
  knownBackbone,
  methodContext,
  nativeOps,
  plainMaps,
  referenceOps,
} from "../../../core/consensus/testing.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import type { Ops } from "../../../core/hyper/separable.ts";
import { TakenWeights, withCheckpoint } from "../../../core/hyper/testing.ts";
import type { Backbone } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import golden from "./catspp.golden.ts";
import plugin from "./mod.ts";
import { takeLevels } from "./network.ts";

goldenTest(golden);

type Options = Parameters<typeof plugin.build>[1];

const source = emptyPicture(64, "source"), target = emptyPicture(64, "target");

/** A ResNet-101's maps at `side` pixels. */
function backboneOf(side: number): Backbone {
  const layers = [[8, 512, 4], [16, 1024, 23], [32, 2048, 3]].flatMap(([stride, channels, count]) =>
    Array.from({ length: count! }, () => [side / stride!, channels!] as const)
  );
  return knownBackbone({ source: plainMaps(source, layers), target: plainMaps(target, layers) });
}

async function matched(ops: Ops, backbone: Backbone, weights: string) {
  const options = { ...defaultsOf(plugin.defaults), weights } as Options;
  const method = await plugin.build(methodContext(backbone, ops, "cats-plus-plus"), options);
  try {
    const { xy } = await method.correspond(source, target, pointsOf([[12, 30], [40, 7]]));
    return { xy: [...xy], meaningless: method.meaningless };
  } finally {
    await method.close?.();
  }
}

Deno.test("cats-plus-plus gives the same matches natively and by the definitions, and marks random weights", async () => {
  const backbone = backboneOf(64);
  using reference = await referenceOps(), native = await nativeOps();
  const want = await matched(reference, backbone, "random"), got = await matched(native, backbone, "random");
  assertEquals(want.meaningless, "random weights");
  got.xy.forEach((value, i) => assertEquals(Math.abs(value - want.xy[i]!) < 0.01, true, `${value} for ${want.xy[i]}`));
  assertEquals(want.xy.every((value) => value >= 0 && value <= 63), true);
});

Deno.test("cats-plus-plus has the official number of parameters", () => {
  const weights = new TakenWeights();
  takeLevels(weights, [8, 16, 32]);
  // Of 5497640, 64 are the two lines of 32 numbers that the read-out stores.
  assertEquals(weights.count, 5497640 - 64);
  const affinity = Object.entries(weights.taken).filter(([name]) => name.startsWith("affinity_proj"));
  assertEquals(affinity.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0), 4129152);
});

Deno.test("cats-plus-plus lists what a foreign checkpoint has too much or lacks", async () => {
  const tensors = {
    "hpn_learner.early_conv.0.conv4d.0.0.query_conv.weight": { shape: [4, 3, 3, 3] },
    "hpn_learner.x_normal": { shape: [32] },
    "feature_extraction.backbone.conv1.weight": { shape: [1] },
    stranger: { shape: [1] },
  };
  await withCheckpoint(tensors, async (path) => {
    using ops = await referenceOps();
    await assertRejects(() => matched(ops, backboneOf(64), path), InputError, "1 unexpected (stranger)");
    await assertRejects(() => matched(ops, backboneOf(64), path), InputError, "missing (early_conv.0.conv4d.0.0.query");
  });
});

Deno.test("cats-plus-plus refuses the maps of another network and pictures of two sizes", async () => {
  using ops = await referenceOps();
  const few = knownBackbone({ source: plainMaps(source, [[4, 8]]), target: plainMaps(target, [[4, 8]]) });
  await assertRejects(() => matched(ops, few, "random"), ConfigError, "backbone=resnet101");
  const mixed = {
    identity: "two sizes",
    extract: (picture: typeof source) => backboneOf(picture.origin === "source" ? 64 : 128).extract(picture),
  };
  await assertRejects(() => matched(ops, mixed, "random"), ConfigError, "backbone.size=64");
});

Deno.test("cats-plus-plus reads all bottlenecks from the second stage on", () => {
  const options = { ...defaultsOf(plugin.defaults), weights: "w.pth" } as Options;
  const { layers, weights } = plugin.backboneOptions(options, "resnet101");
  assertEquals([(layers as string[]).length, (layers as string[])[0], weights], [30, "4.sum", "w.pth"]);
  assertEquals(plugin.backboneOptions(options, "dinov2-small"), {});
});
