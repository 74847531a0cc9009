/** Every plugin, whoever wrote it: its card, its options, and what it gives on a picture. */
import { assert, assertEquals } from "@std/assert";
import { cached } from "../core/cache/mod.ts";
import { InputError } from "../core/errors.ts";
import { pointsOf } from "../core/frame.ts";
import { localizers } from "../core/localize/mod.ts";
import { Registry } from "../core/registry.ts";
import { ImageLoader } from "../core/run/images.ts";
import { openOps, type Ops } from "../ffi/mod.ts";
import type { Backbone, Card, Image, OptionSpecs } from "../core/types.ts";
import { checkValue, defaultsOf } from "../core/value.ts";
import { buildShapes } from "./_shapes.ts";

const registry = await Registry.open();
const quiet = { log: () => {} };

Deno.test("every plugin folder has a card that can be used", () => {
  assertEquals(registry.broken, []);
});

for (const card of registry.cards) {
  Deno.test(`${card.kind} ${card.name} exports options whose defaults they allow themselves`, async () => {
    const { defaults } = await registry.load(card);
    for (const [name, spec] of Object.entries(defaults as OptionSpecs)) {
      assert(/^[a-z][a-z0-9_]*$/.test(name), `option "${name}" is not lower-case with underscores`);
      assert(spec.doc.length > 3, `option "${name}" has no documentation`);
      assertEquals(checkValue(name, spec.value, spec), spec.value);
    }
  });
}

Deno.test("every card names plugins, localizers and benchmarks that exist", () => {
  const names = (kind: Card["kind"]) => new Set(registry.list(kind).map((card) => card.name));
  for (const card of registry.cards) {
    if (card.backbone !== undefined) {
      assert(names("backbone").has(card.backbone), `${card.name}: backbone ${card.backbone}`);
    }
    if (card.localizer !== undefined) assert(card.localizer in localizers, `${card.name}: localizer ${card.localizer}`);
    for (
      const benchmark of [
        ...Object.keys(card.presets),
        ...card.trainedOn,
        ...card.reported.map((r) => r.benchmark),
      ]
    ) {
      assert(names("benchmark").has(benchmark), `${card.name}: benchmark ${benchmark}`);
    }
  }
});

const rendered = new Map<number, Promise<Image[]>>();

/** Two pictures of one kind by their nominal side, rendered once for all tests. */
function pictures(size: number): Promise<Image[]> {
  let images = rendered.get(size);
  if (images === undefined) {
    images = (async () => {
      const benchmark = await buildShapes({ pairs: 1, size });
      const loader = new ImageLoader();
      const pair = benchmark.pairs[0]!;
      return [await loader.load(pair.images.source), await loader.load(pair.images.target)];
    })();
    rendered.set(size, images);
  }
  return images;
}

/** Backbones see pictures of a usual side. */
const SIDE = 256;

/** Methods that visit every pixel, and each several times, take minutes on those: the smaller ones show as much. */
const SMALL_SIDE = 96;

/** A backbone by name, or why it cannot be built here. */
async function backboneOf(name: string): Promise<Backbone | InputError> {
  const card = registry.find("backbone", name);
  const plugin = await registry.load({ ...card, kind: "backbone" });
  try {
    const backbone = await plugin.build({ card, ...quiet }, defaultsOf(plugin.defaults));
    return cached(backbone, { dir: "", memoryBytes: 1e8, diskBytes: 0, type: "float32", ...quiet });
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

/** Without weights a learned plugin must say so and point to their source; that is its conformance here. */
function assertAsksForWeights(error: InputError, card: Card): void {
  assert(/weights|path/.test(error.message), `${card.name}: ${error.message}`);
}

for (const card of registry.list("backbone")) {
  Deno.test(`backbone ${card.name} gives finite maps whose geometry fits, twice the same, or asks for its weights`, async () => {
    const [picture] = await pictures(SIDE);
    const backbone = await backboneOf(card.name);
    if (backbone instanceof InputError) return assertAsksForWeights(backbone, card);
    assert(backbone.identity.includes(card.name), `identity "${backbone.identity}" does not name the backbone`);
    const maps = await backbone.extract(picture!);
    assert(maps.length > 0);
    for (const map of maps) {
      const { rows, cols, stride, origin } = map.grid;
      assertEquals(map.data.length, rows * cols * map.channels);
      assert(map.data.every(Number.isFinite), `map "${map.name}" holds values that are not finite`);
      assertEquals([map.frame.original.width, map.frame.original.height], [picture!.width, picture!.height]);
      // The last cell's centre must lie inside the network's picture.
      assert(
        origin.x + (cols - 1) * stride.x <= map.frame.network.width &&
          origin.y + (rows - 1) * stride.y <= map.frame.network.height,
      );
    }
    const again = await backboneOf(card.name) as Backbone;
    assertEquals((await again.extract(picture!))[0]!.data, maps[0]!.data);
    await backbone.close?.();
    await again.close?.();
  });
}

for (const card of registry.list("method")) {
  Deno.test(`method ${card.name} matches points inside the target, twice the same, or asks for its weights`, async () => {
    const [source, target] = await pictures(SMALL_SIDE);
    const plugin = await registry.load({ ...card, kind: "method" });
    const localizer = localizers[card.localizer ?? "nearest"]!;
    const points = pointsOf([[source!.width / 2, source!.height / 2], [0, 0], [source!.width - 1, source!.height - 1]]);
    const answers = [];
    for (let turn = 0; turn < 2; turn++) {
      const backbone = await backboneOf(card.backbone ?? "dense-sift");
      if (backbone instanceof InputError) return assertAsksForWeights(backbone, card);
      const opened: Ops[] = [];
      const context = {
        card,
        ...quiet,
        backbone,
        localizer: localizer.build(defaultsOf(localizer.defaults)),
        ops: async () => opened[0] ??= await openOps(),
      };
      let method;
      try {
        method = await plugin.build(context, defaultsOf(plugin.defaults));
      } catch (error) {
        if (error instanceof InputError) return assertAsksForWeights(error, card);
        throw error;
      }
      const matches = await method.correspond(source!, target!, points);
      assertEquals([matches.n, matches.xy.length, matches.score.length], [3, 6, 3]);
      for (let i = 0; i < 3; i++) {
        const x = matches.xy[2 * i]!, y = matches.xy[2 * i + 1]!;
        const isNone = Number.isNaN(x) && Number.isNaN(y);
        assert(
          isNone || x >= 0 && y >= 0 && x <= target!.width - 1 && y <= target!.height - 1,
          `point ${i}: (${x}, ${y})`,
        );
      }
      answers.push(matches);
      const none = await method.correspond(source!, target!, { n: 0, xy: new Float64Array() });
      assertEquals(none.n, 0);
      await method.close?.();
      opened[0]?.close();
    }
    assertEquals(answers[1], answers[0]);
  });
}
