import { KINDS } from "./kinds/mod.ts";
import { planPairs } from "./pairs.ts";
import { Studio } from "./picture.ts";
import { render } from "./render.ts";
import { buildScene } from "./scene.ts";
import { denseTruth } from "./truth.ts";

Deno.bench("shapes: the default benchmark, 60 pairs, nothing rendered", () => {
  planPairs(new Studio(1, 2), { kinds: KINDS, pairs: 60, imagesPerKind: 6, seed: 0, spread: "medium", side: 256 });
});

for (const kind of KINDS) {
  const recipe = { kind, seed: 0, index: 1, attempt: 0, spread: "medium", side: 256 } as const;
  const scene = buildScene(recipe), other = buildScene({ ...recipe, index: 2 });
  Deno.bench(`shapes: render a ${kind.name}`, () => void render(scene, 2));
  Deno.bench(`shapes: dense flow of a ${kind.name}`, () => void denseTruth(scene, other));
}
