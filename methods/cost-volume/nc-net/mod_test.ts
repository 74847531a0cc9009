import { assertEquals, assertRejects } from "@std/assert";
import { axisMap, emptyPicture, knownBackbone, methodContext, referenceOps } from "../../../core/consensus/testing.ts";
import { ConfigError, InputError } from "../../../core/errors.ts";
import { pointsOf } from "../../../core/frame.ts";
import { goldenTest } from "../../../core/golden/testing.ts";
import type { Matches } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";
import golden from "./ncnet.golden.ts";

goldenTest(golden);

/**
 * A checkpoint in the official form, made by Python's pickle and zipfile: "epoch", "args" (an argparse.Namespace),
 * "state_dict" with `FeatureExtraction.vgg.0.weight` and one layer `NeighConsensus.conv.0`, whose only kernel value that
 * is not 0 is a 1 at its centre: the network doubles what is positive.
 */
const CHECKPOINT =
  "H4sIAAAAAAACA81UzW4TMRDezSYpWSANbfhrQ6H8bjhsfpAQt1YQ2oNFSYOQ9hItzsZkV91mM2tvioCKcuDACyCBEFfEI3DiATjB" +
  "C4A4cOfOgXFSNWSj3GvLtuT5vpnP47HrREvmFdmevdhpvrc/Pr+VUBQ5crhHQ8f1+qzUpoKavS1/L7ELimGl0MR6geOCSlJWcgDs" +
  "cEg4uPRoyJm+QbcZ71GH6aAVX0JyF1KGNYfArhN0ub3Fwi7zbe49ZRzSTZghGrWyB2bHpV20czjShAxRqYVyFD8EfX1ltXXv+59P" +
  "f6OWpeMeF1Qwu+05Ao46TuD7zBEeetDvh20WsnYNLTocKzbguGEtIWGNURGF7O4TEdIB1Ox3OmbZ3GFexxWQdUSARzbtSHg+1+2Q" +
  "tSLPb9uCdXkQ2v2qDrOGYc0MQgch7TDIDSn6mh9Q8WC4qcMJS0VMGeYsDVenF8E8UQXkN4lC1FdwUk6nXrtS2WkBZxpw1iogcEPK" +
  "uIMHwHgRNzEZ/ZG4BRdjuzl36LsCi+482RRQQJ8G0YiKXZNdwDmDLA56Ru4LWBpGOi/gQgOWrYWpkVoe5XBxLE4VLrkD7Zf3tV+R" +
  "09Whx2sCjAYUo8HdtRgXmCmc/IBzuL7+5fNb2d5FZn2syh5t/87IopEjG6uyUllRfq6O429//QU11CLHBL6iHPq2t3LYFY7nu/Cj" +
  "tjz1fqqT+G8fOg/lC5Vj9j98n4Ucn9gNvU7URF6b/s0cJEoW3MSnE2fHy2fEfpyIF1OcGy+lEfdNnFuJc+NpGXHTyXiS4tx4ikbc" +
  "m8mJhNVJKi2NKewlFMpkROUfuEvOTKoFAAA=";

async function withCheckpoint(run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".pth.tar" });
  try {
    const packed = new Blob([Uint8Array.fromBase64(CHECKPOINT)]).stream();
    await Deno.writeFile(path, packed.pipeThrough(new DecompressionStream("gzip")));
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

const source = emptyPicture(31, "source"), target = emptyPicture(61, "target");
/** Cell (row, col) of the source shows in the target at (col, row). */
const mirrored = Array.from({ length: 16 }, (_, i) => (i % 4) * 4 + Math.floor(i / 4));
const backbone = knownBackbone({
  source: [axisMap(source, Array.from({ length: 16 }, (_, i) => i))],
  target: [axisMap(target, mirrored)],
});

type Options = Parameters<typeof plugin.build>[1];

async function matched(weights: string, options: Partial<Options>, points: [number, number][]): Promise<Matches> {
  using ops = await referenceOps();
  const all = { ...defaultsOf(plugin.defaults), weights, ...options } as Options;
  const method = await plugin.build(methodContext(backbone, ops, "nc-net"), all);
  return await method.correspond(source, target, pointsOf(points));
}

function rounded({ xy }: Matches): number[] {
  return [...xy].map((value) => Math.round(value * 1e6) / 1e6);
}

Deno.test("nc-net takes an official checkpoint and follows a mirrored picture on cells and between them", async () => {
  await withCheckpoint(async (path) => {
    // Four cells over 31 and 61 pixels, corners aligned: 10 and 20 pixels apart.
    const found = await matched(path, {}, [[10, 20], [0, 30], [5, 15]]);
    assertEquals(rounded(found), [40, 20, 60, 0, 30, 10]);
    for (const readout of ["nearest", "localizer"]) {
      assertEquals(rounded(await matched(path, { readout }, [[10, 20]])), [40, 20], readout);
    }
  });
});

Deno.test("nc-net with first_pixel=1 reads and gives coordinates that count from 1", async () => {
  await withCheckpoint(async (path) => {
    assertEquals(rounded(await matched(path, { first_pixel: 1 }, [[11, 21]])), [41, 21]);
  });
});

Deno.test("nc-net with relocalise=2 finds the fine cells behind a pooled match", async () => {
  await withCheckpoint(async (path) => {
    const options = { relocalise: 2, readout: "nearest" };
    // The upper right box of the source is the lower left one of the target; its first cell comes first.
    assertEquals(rounded(await matched(path, options, [[20, 0], [24, 3]])), [0, 40, 0, 40]);
    await assertRejects(() => matched(path, { relocalise: 2 }, [[0, 0]]), ConfigError, "readout=nearest");
  });
});

Deno.test("nc-net gives its matches as a dense field", async () => {
  await withCheckpoint(async (path) => {
    using ops = await referenceOps();
    const options = { ...defaultsOf(plugin.defaults), weights: path } as Options;
    const method = await plugin.build(methodContext(backbone, ops, "nc-net"), options);
    assertEquals(method.meaningless, undefined);
    const { data } = await method.flow!(source, target);
    const want = Array.from({ length: 16 }, (_, i) => [Math.floor(i / 4) * 20, (i % 4) * 20]).flat();
    assertEquals([...data].map(Math.round), want);
  });
});

Deno.test("nc-net marks random weights, and lists what a foreign checkpoint lacks", async () => {
  using ops = await referenceOps();
  const own = { weights: "random", kernels: [3], channels: [1] };
  const random: Options = { ...defaultsOf(plugin.defaults) as Options, ...own };
  assertEquals((await plugin.build(methodContext(backbone, ops, "nc-net"), random)).meaningless, "random weights");
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const header = new TextEncoder().encode(
    JSON.stringify({ other: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }),
  );
  const file = new Uint8Array(8 + header.length + 4);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  await Deno.writeFile(path, file);
  try {
    await assertRejects(() => matched(path, {}, [[0, 0]]), InputError, "NeighConsensus.conv.0.weight");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("nc-net lets its checkpoint stand for ResNet-101, and leaves other backbones alone", () => {
  const options = { ...defaultsOf(plugin.defaults), weights: "w.pth.tar" } as Options;
  assertEquals(plugin.backboneOptions(options, "resnet101"), { weights: "w.pth.tar" });
  assertEquals(plugin.backboneOptions(options, "dinov2-small"), {});
});
