import { assertEquals, assertRejects } from "@std/assert";
import { defaultProtocols, resolveRuns } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { pointsOf } from "../frame.ts";
import { loadAnyProtocol } from "../protocol/mod.ts";
import { Registry } from "../registry.ts";
import type { DenseTruth } from "../types.ts";
import { checkApplicable } from "./applicable.ts";
import { benchmarkOf, densePair } from "./dense/_testing.ts";
import type { Direction } from "./predictions.ts";
import { checkDirection } from "./score.ts";

const SIZE = { width: 2, height: 2 };
const SIZES = { source: SIZE, target: SIZE };

const check = async (name: string, truth: Omit<DenseTruth, "size"> | undefined, points: boolean) => {
  const { dense, ...pair } = densePair("p", "g", SIZES, truth ?? {});
  const one = pointsOf([[0, 0]]);
  const benchmark = benchmarkOf([{
    ...pair,
    ...(truth === undefined ? {} : { dense: dense! }),
    ...(points ? { points: { source: one, target: one } } : {}),
  }]);
  await checkApplicable([await loadAnyProtocol(name)], benchmark);
};

Deno.test("checkApplicable() lets through what the annotations can be judged by", async () => {
  const flow = new Float32Array(8), masks = { source: new Uint8Array(4), target: new Uint8Array(4) };
  await check("paper", undefined, true);
  await check("tss", { flow }, false);
  await check("flow", { flow, masks }, true);
  await check("caltech", { masks }, false);
  await check("caltech-hpf", { outlines: { source: pointsOf([]), target: pointsOf([]) } }, false);
});

Deno.test("checkApplicable() names the protocol, what is lacking, and what works", async () => {
  const masks = { source: new Uint8Array(4), target: new Uint8Array(4) };
  const refused = (name: string, truth: Omit<DenseTruth, "size"> | undefined, points: boolean, message: string) =>
    assertRejects(() => check(name, truth, points), ConfigError, message);
  await refused(
    "paper",
    { masks },
    false,
    'under protocol "paper": its pairs have no keypoints; protocol=caltech works',
  );
  await refused("tss", { masks }, false, 'under protocol "tss": its pairs have no dense flow; protocol=caltech works');
  await refused("tss", undefined, true, "its pairs have no dense flow; protocol=paper or original works");
  await refused("caltech", { flow: new Float32Array(8) }, false, "no masks; protocol=flow or tss works");
  await refused("caltech-hpf", { masks }, true, "no outlines; protocol=caltech or paper or original works");
});

Deno.test("the protocols on every benchmark's card exist and judge what a run predicts by default", async () => {
  const registry = await Registry.open();
  for (const card of registry.list("benchmark")) {
    const values = new Map([["benchmark", card.name]]);
    const [config] = await resolveRuns(registry, [{ origin: "test", values }]);
    assertEquals(config!.protocols, defaultProtocols(card));
    for (const name of config!.protocols) {
      checkDirection(await loadAnyProtocol(name), config!.options.run.direction as Direction);
    }
  }
});
