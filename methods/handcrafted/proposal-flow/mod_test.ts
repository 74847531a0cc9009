import { assert, assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../core/errors.ts";
import { divideGrid, identityFrame, pointsOf } from "../../../core/frame.ts";
import type { Backbone, Card, Image, Method } from "../../../core/types.ts";
import { defaultsOf } from "../../../core/value.ts";
import plugin from "./mod.ts";

/** A textured picture: a fixed pattern of blocks and gradients, drawn with its origin at (dx, dy). */
function picture(width: number, height: number, dx = 0, dy = 0): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      const u = x - dx, v = y - dy;
      const block = Math.imul(Math.floor(u / 9) * 73 + Math.floor(v / 11) * 179 + 5, 2654435761) >>> 24;
      const inside = u >= 40 && u < 120 && v >= 30 && v < 100;
      data[p] = inside ? block : 90;
      data[p + 1] = inside ? (block * 3) & 255 : 100;
      data[p + 2] = inside ? 255 - block : 110;
    }
  }
  return { width, height, data, sha256: `${width} ${height} ${dx} ${dy}`, origin: `pictures/${dx}.png` };
}

function flat(width: number, height: number, value: number): Image {
  const data = new Uint8Array(width * height * 3).fill(value);
  return { width, height, data, sha256: `flat ${width} ${height} ${value}`, origin: "flat.png" };
}

const own: Backbone = {
  identity: "hog v1 test",
  extract: () => Promise.reject(new Error("the method's own descriptor needs no features")),
};

function build(options: Record<string, unknown> = {}, backbone: Backbone = own): Promise<Method> {
  const card = { name: "proposal-flow", backbone: "hog" } as Card;
  const context = { card, log: () => {}, backbone } as unknown as Parameters<typeof plugin.build>[0];
  const settings = { ...defaultsOf(plugin.defaults), ...options } as Parameters<typeof plugin.build>[1];
  return Promise.resolve(plugin.build(context, settings));
}

const points = pointsOf([[60, 50], [80, 70], [100, 60], [70, 85]]);

for (const [matcher, proposals] of [["phm", "selective"], ["lom", "selective"], ["phm", "sliding"]] as const) {
  Deno.test(`proposal-flow by ${matcher} on ${proposals} boxes finds how far an object moved`, async () => {
    const method = await build({ matcher, proposals, count: 300 });
    const { xy } = await method.correspond(picture(180, 150), picture(180, 150, 24, 16), points);
    for (let i = 0; i < points.n; i++) {
      const error = Math.hypot(xy[2 * i]! - points.xy[2 * i]! - 24, xy[2 * i + 1]! - points.xy[2 * i + 1]! - 16);
      // Boxes of a lattice move by its steps.
      assert(error <= (proposals === "sliding" ? 16 : 3), `point ${i}: off by ${error}`);
    }
  });
}

Deno.test("proposal-flow on one picture twice is the identity wherever a box covers it", async () => {
  const method = await build({ count: 200 });
  const { data } = await method.flow!(picture(160, 130), picture(160, 130));
  for (let p = 0; p < 160 * 130; p++) {
    if (Number.isNaN(data[2 * p]!)) continue;
    assertEquals([data[2 * p], data[2 * p + 1]], [p % 160, Math.floor(p / 160)]);
  }
});

Deno.test("proposal-flow gives the same bytes twice, and other boxes for another seed of drawn windows", async () => {
  const flow = async (seed: number) =>
    (await (await build({ proposals: "gaussian", count: 80, seed })).flow!(picture(150, 120), picture(150, 120, 9, 4)))
      .data;
  assertEquals(await flow(1), await flow(1));
  assert((await flow(1)).join() !== (await flow(2)).join());
});

Deno.test("flat and tiny pictures have no field and move as the pictures are stretched, with score 0", async () => {
  const method = await build();
  for (
    const [a, b] of [
      [flat(60, 40, 100), flat(120, 20, 30)],
      [flat(1, 1, 0), picture(180, 150)],
      [picture(180, 150), flat(1, 1, 0)],
      [flat(300, 1, 9), flat(1, 200, 9)],
    ] as const
  ) {
    const middle = pointsOf([[(a.width - 1) / 2, (a.height - 1) / 2]]);
    const { xy, score } = await method.correspond(a, b, middle);
    assertEquals([...xy], [(b.width - 1) / 2, (b.height - 1) / 2]);
    assertEquals(score[0], 0);
    assert((await method.flow!(a, b)).data.every(Number.isNaN));
  }
});

Deno.test("extreme aspects, differing sizes and pictures smaller than a window of HOG give points inside the target", async () => {
  const shapes = [picture(400, 9), picture(9, 400), picture(5, 4), picture(2, 2), picture(180, 150)];
  for (const proposals of ["selective", "sliding", "uniform", "gaussian"]) {
    const method = await build({ proposals, count: 30 });
    for (const a of shapes) {
      for (const b of shapes) {
        const { xy } = await method.correspond(a, b, pointsOf([[0, 0], [a.width - 1, a.height - 1]]));
        for (let i = 0; i < 4; i++) assert(xy[i]! >= 0 && xy[i]! <= (i % 2 === 0 ? b.width : b.height) - 1);
      }
    }
  }
});

Deno.test("given boxes replace the generator, found by the end of the path; none of them means no field", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    file,
    JSON.stringify({ "0.png": [[40, 30, 119, 99]], "pictures/24.png": [[64, 46, 143, 115]] }),
  );
  const method = await build({ boxes: file });
  const { xy } = await method.correspond(picture(180, 150), picture(180, 150, 24, 16), points);
  assertEquals([...xy], [...points.xy].map((value, k) => value + (k % 2 === 0 ? 24 : 16)));
  assert(method.identity!.startsWith("boxes "));
  await Deno.writeTextFile(file, JSON.stringify({ "0.png": [], "24.png": [[64, 46, 143, 115]] }));
  const none = await (await build({ boxes: file })).correspond(picture(180, 150), picture(180, 150, 24, 16), points);
  assertEquals([...none.xy], [...points.xy]);
  assertEquals([...none.score], [0, 0, 0, 0]);
  await Deno.remove(file);
});

Deno.test("a file of boxes that is absent, malformed or lacks the picture is refused with the reason", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const refused = async (text: string, message: string) => {
    await Deno.writeTextFile(file, text);
    await assertRejects(
      async () => await (await build({ boxes: file })).correspond(picture(180, 150), picture(180, 150), points),
      InputError,
      message,
    );
  };
  await refused("[]", "it must map pictures to lists");
  await refused("{", "Cannot read boxes");
  await refused(`{"0.png": [[1, 2, 3]]}`, `Cannot read boxes of "0.png"`);
  await refused(`{"other.png": []}`, `Cannot find boxes of "pictures/0.png"`);
  await Deno.remove(file);
  await assertRejects(() => build({ boxes: file }), InputError, "Cannot read boxes");
});

/** Colour of the picture at every second pixel: features of a plain kind. */
const colours: Backbone = {
  identity: "colours v1",
  extract({ width, height, data }) {
    const rows = Math.ceil(height / 2), cols = Math.ceil(width / 2);
    const values = new Float32Array(rows * cols * 3);
    for (let i = 0; i < rows * cols; i++) {
      const p = 2 * Math.floor(i / cols) * width + 2 * (i % cols);
      for (let c = 0; c < 3; c++) values[3 * i + c] = data[3 * p + c]!;
    }
    const frame = identityFrame({ width, height });
    const grid = divideGrid(frame.network, rows, cols, "half-pixel");
    return Promise.resolve([{ name: "colours", channels: 3, data: values, frame, grid }]);
  },
};

Deno.test("another backbone's features take the place of HOG", async () => {
  const method = await build({ count: 300 }, colours);
  const { xy } = await method.correspond(picture(180, 150), picture(180, 150, 24, 16), points);
  for (let i = 0; i < points.n; i++) {
    const error = Math.hypot(xy[2 * i]! - points.xy[2 * i]! - 24, xy[2 * i + 1]! - points.xy[2 * i + 1]! - 16);
    assert(error <= 4, `point ${i}: off by ${error}`);
  }
});
