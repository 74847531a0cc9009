import { assertEquals } from "@std/assert";
import { emptyPicture } from "../../core/consensus/testing.ts";
import type { Card } from "../../core/types.ts";
import { defaultsOf } from "../../core/value.ts";
import plugin from "./mod.ts";

Deno.test("fcn-resnet101 keeps stages 3 and 4 as fine as stage 2, on pictures of two sides", async () => {
  const card = { kind: "backbone", name: "fcn-resnet101", weights: [] } as unknown as Card;
  const options = {
    ...defaultsOf(plugin.defaults) as Parameters<typeof plugin.build>[1],
    weights: "random",
    layers: [0, 3, 7, 30, 33],
    size: [64, 32],
  };
  const backbone = await plugin.build({ card, log: () => {} }, options);
  const maps = await backbone.extract(emptyPicture(50, "empty"));
  assertEquals(maps.map(({ channels, grid }) => [channels, grid.rows, grid.cols]), [
    [128, 8, 16],
    [256, 8, 16],
    [512, 4, 8],
    [1024, 4, 8],
    [2048, 4, 8],
  ]);
  assertEquals(backbone.meaningless, "random weights");
  await backbone.close?.();
});
