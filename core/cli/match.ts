import { buildMethod } from "../build.ts";
import { type Layer, resolveRuns, type RunConfig } from "../config.ts";
import { InputError } from "../errors.ts";
import { decodeImage } from "../image/decode.ts";
import { drawMatches } from "../image/draw.ts";
import { Registry } from "../registry.ts";
import { toJson, writeWhole } from "../run/files.ts";
import { checkMatchable } from "../run/images.ts";
import type { Image, Matches, OptionValue, Points } from "../types.ts";
import type { Invocation } from "./main.ts";
import { checkInside, readPoints } from "./points.ts";
import { layersOf } from "./run.ts";
import { renderTable } from "./table.ts";
import { textOf } from "./words.ts";

const OWN = ["source", "target", "points", "out", "orientation"] as const;

/** `deno task match`: points of one picture in another, as JSON and as an overlay PNG. */
export default async function match(invocation: Invocation): Promise<void> {
  const { own, rest } = split(invocation.words);
  for (const key of ["source", "target", "points"] as const) {
    if (own[key] === undefined) {
      throw new InputError(`Cannot match: say ${key}=...; \`deno task match --help\` shows how`);
    }
  }
  const orientation = own.orientation ?? "exif";
  if (orientation !== "exif" && orientation !== "ignore") {
    throw new InputError(
      `Cannot use orientation=${orientation}: exif turns pictures as viewers do, ignore takes the stored pixels`,
    );
  }
  const points = await readPoints(own.points!);
  const source = await decodeImage(own.source!, { orientation });
  const target = await decodeImage(own.target!, { orientation });
  if (source.sha256 === target.sha256) {
    throw new InputError(
      `Cannot match "${own.source}" with "${own.target}": they are the same picture, every point is its own match`,
    );
  }
  checkMatchable(source);
  checkMatchable(target);
  checkInside(points, source, own.source!);

  const registry = await Registry.open();
  const configs = await resolveRuns(registry, await layersOf(rest));
  if (configs.length !== 1) {
    throw new InputError("Cannot match with several methods at once: name one method, backbone and localizer");
  }
  const config = configs[0]!;
  await using built = await buildMethod(registry, config, (line) => console.error(line));
  const matches = await built.method.correspond(source, target, points);
  const { meaningless } = built;
  const record = {
    ...recordOf(config, source, target, points, matches),
    ...(meaningless === undefined ? {} : { meaningless }),
  };
  const out = own.out ?? "match";
  await writeWhole(`${out}.json`, toJson(record));
  await writeWhole(`${out}.png`, await drawMatches({ source, target, points, matches }));
  if (invocation.flags.json) console.log(JSON.stringify(record, null, 2));
  else if (!invocation.flags.quiet) {
    console.log(renderTable({
      title: `${config.method.name} + ${config.backbone.name}, ${config.localizer}`,
      columns: [{ name: "point", align: "right" }, { name: "source x, y", align: "right" }, {
        name: "target x, y",
        align: "right",
      }, { name: "score", align: "right" }],
      rows: record.matches.map((
        m,
        i,
      ) => [
        String(i + 1),
        m.source.join(", "),
        m.target?.map((v) => v.toFixed(1)).join(", ") ?? "none",
        m.score.toFixed(3),
      ]),
      notes: meaningless === undefined ? [] : [`MEANINGLESS: ${meaningless}`],
    }, "table"));
    console.log(`wrote ${out}.json and ${out}.png`);
  }
}

/** The command's own keys, and the settings of the method. */
function split(words: Layer): { own: Partial<Record<typeof OWN[number], string>>; rest: Layer } {
  const own: Partial<Record<typeof OWN[number], string>> = {};
  const rest = new Map<string, OptionValue>();
  for (const [key, value] of words.values) {
    if ((OWN as readonly string[]).includes(key)) own[key as typeof OWN[number]] = textOf(key, value);
    else if (/^(benchmark|protocol)(\.|$)/.test(key)) {
      throw new InputError(
        `Cannot use "${key}=" here: \`deno task match\` works on two pictures; \`deno task run\` takes a benchmark`,
      );
    } else rest.set(key, value);
  }
  return { own, rest: { origin: words.origin, values: rest } };
}

function recordOf(config: RunConfig, source: Image, target: Image, points: Points, matches: Matches) {
  const picture = ({ origin, width, height, sha256 }: Image) => ({ path: origin, width, height, sha256 });
  return {
    format: 1,
    method: { name: config.method.name, version: config.method.version, options: config.options.method },
    backbone: { name: config.backbone.name, version: config.backbone.version, options: config.options.backbone },
    localizer: { name: config.localizer, options: config.options.localizer },
    source: picture(source),
    target: picture(target),
    matches: Array.from({ length: points.n }, (_, i) => {
      const [x, y] = [matches.xy[2 * i]!, matches.xy[2 * i + 1]!];
      return {
        source: [points.xy[2 * i]!, points.xy[2 * i + 1]!],
        target: Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null,
        score: matches.score[i]!,
      };
    }),
  };
}
