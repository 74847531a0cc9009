import { join } from "@std/path";
import { InputError, messageOf, suggest } from "../errors.ts";
import { projectRoot, Registry } from "../registry.ts";
import { writeWhole } from "../run/files.ts";
import type { Invocation } from "./main.ts";
import { textWords } from "./words.ts";

/** The survey's taxonomy: the folders below `methods/`. */
export const CATEGORIES = [
  "handcrafted",
  "feature-enhancement",
  "cost-volume",
  "flow-field",
  "parametric",
  "strong-baseline",
] as const;

const CODE = (name: string) =>
  `/**
 * ${name}: say in one sentence what it does, and name its paper.
 *
 * @module
 */
import { compose, onlyMap } from "../../../core/compose.ts";
import { cosine } from "../../../core/match/cosine.ts";
import { option } from "../../../core/option.ts";
import type { Aggregator, CostVolume, MethodPlugin } from "../../../core/types.ts";

const defaults = {
  power: option(1, "similarities are raised to this power", { min: 0 }),
};

/** Replace this by what your method does to the cost volume; it may look at all of it with \`await volume.dense()\`. */
function sharpen(power: number): Aggregator {
  const apply = (rows: Float32Array) => rows.map((c) => Math.sign(c) * Math.abs(c) ** power);
  return {
    aggregate: (volume) =>
      Promise.resolve<CostVolume>({
        source: volume.source,
        target: volume.target,
        rows: async (cells) => apply(await volume.rows(cells)),
        sample: async (cells) => apply(await volume.sample(cells)),
        dense: async () => apply(await volume.dense()),
      }),
  };
}

export default {
  defaults,
  build: ({ backbone, localizer }, options) =>
    compose({
      backbone,
      enhancer: onlyMap,
      matcher: cosine(),
      aggregators: [sharpen(options.power)],
      localizer,
    }),
} satisfies MethodPlugin<typeof defaults>;
`;

const CARD = (name: string) =>
  `name: ${name}
version: 1
summary: Say in a few words what it does
licence: MIT
backbone: dense-sift
localizer: kernel-soft-argmax
supervision: none
# paper: { title: "", authors: [""], year: 2026, venue: "", url: "" }
# trained_on: [spair-71k]
# presets:
#   spair-71k: { power: 2 }
# reported:
#   - { benchmark: spair-71k, protocol: paper, metric: "PCK@.1", value: 0.5, source: "Table 1" }
`;

const TEST = (name: string) =>
  `import { assertEquals } from "@std/assert";
import { identityFrame, pointsOf, sampledGrid } from "../../../core/frame.ts";
import { localizers } from "../../../core/localize/mod.ts";
import { defaultsOf } from "../../../core/value.ts";
import type { Backbone, Card, Image } from "../../../core/types.ts";
import plugin from "./mod.ts";

/** A picture whose only descriptor is its own pixel colour: every pixel of this one is different. */
const image: Image = {
  width: 4,
  height: 3,
  data: Uint8Array.from({ length: 36 }, (_, i) => (i * 67) % 251),
  sha256: "",
  origin: "test",
};
const colours: Backbone = {
  identity: "colours",
  extract: (picture) =>
    Promise.resolve([{
      frame: identityFrame(picture),
      grid: sampledGrid(3, 4, { x: 1, y: 1 }, { x: 0, y: 0 }),
      channels: 3,
      name: "colours",
      data: Float32Array.from(picture.data),
    }]),
};

Deno.test("${name} finds every pixel of a picture in the picture itself", async () => {
  const localizer = localizers.nearest!.build(defaultsOf(localizers.nearest!.defaults));
  const ops = () => Promise.reject(new Error("not needed"));
  const context = { card: {} as Card, log: () => {}, backbone: colours, localizer, ops };
  const method = await plugin.build(context, { power: plugin.defaults.power.value });
  const points = pointsOf([[0, 0], [3, 2], [1, 1]]);
  assertEquals((await method.correspond(image, image, points)).xy, points.xy);
});
`;

/** `deno task new method=NAME category=CATEGORY`: a folder that passes the conformance tests at once. */
export default async function create(invocation: Invocation): Promise<void> {
  const { method: name, category } = textWords(invocation, "new", ["method", "category"], ["method", "category"]) as {
    method: string;
    category: string;
  };
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new InputError(
      `Cannot name a method "${name}": names are lower-case words joined by hyphens, as in my-method`,
    );
  }
  if (!(CATEGORIES as readonly string[]).includes(category)) {
    throw new InputError(`Cannot find category "${category}"${suggest(category, CATEGORIES)}`);
  }
  const registry = await Registry.open();
  const taken = registry.list("method").find((card) => card.name === name);
  if (taken !== undefined) throw new InputError(`Cannot make method "${name}": it exists in ${taken.folder}`);
  const folder = join(projectRoot, "methods", category, name);
  try {
    await Deno.mkdir(join(projectRoot, "methods", category), { recursive: true });
    await Deno.mkdir(folder);
  } catch (error) {
    throw new InputError(`Cannot make "${folder}": ${messageOf(error)}`);
  }
  await writeWhole(join(folder, "mod.ts"), CODE(name));
  await writeWhole(join(folder, "method.yaml"), CARD(name));
  await writeWhole(join(folder, "mod_test.ts"), TEST(name));
  console.log(`made methods/${category}/${name}/{mod.ts, method.yaml, mod_test.ts}`);
  console.log(`try it:  deno task run method=${name}`);
  console.log(`compare: deno task run method=nearest-neighbour,${name}`);
}
