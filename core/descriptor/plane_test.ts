import { assertAlmostEquals, assertEquals } from "@std/assert";
import { greyPlane } from "./grey.ts";
import { gaussianSmooth, replicatePad } from "./plane.ts";

Deno.test("replicatePad() repeats the nearest border pixel on each side", () => {
  const plane = { width: 2, height: 2, data: Float32Array.of(1, 2, 3, 4) };
  const { width, height, data } = replicatePad(plane, { left: 1, top: 1, right: 2, bottom: 0 });
  assertEquals([width, height], [5, 3]);
  assertEquals([...data], [1, 1, 2, 2, 2, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4]);
});

Deno.test("gaussianSmooth() spreads a pixel as the normalised Gaussian and keeps a flat picture", () => {
  const data = new Float32Array(41 * 41);
  data[20 * 41 + 20] = 1;
  const sigma = 1.5;
  const smooth = gaussianSmooth({ width: 41, height: 41, data }, sigma).data;
  const weight = (d: number) => Math.exp(-0.5 * (d / sigma) ** 2);
  let sum = 0;
  for (let d = -6; d <= 6; d++) sum += weight(d);
  for (const [dx, dy] of [[0, 0], [2, -1], [6, 0], [-3, 6]] as const) {
    assertAlmostEquals(smooth[(20 + dy) * 41 + 20 + dx]!, weight(dx) * weight(dy) / sum ** 2, 1e-7);
  }
  assertEquals(smooth[20 * 41 + 27], 0); // ceil(4 * 1.5) = 6 pixels to each side
  const flat = gaussianSmooth({ width: 3, height: 2, data: new Float32Array(6).fill(9) }, 2).data;
  flat.forEach((value) => assertAlmostEquals(value, 9, 1e-5));
});

Deno.test("greyPlane() weighs 0.298936, 0.587043, 0.114021: rounded bytes, or fractions", () => {
  // (0, 49, 138): 44.500005, where weights of more digits give 44.4999.
  const image = { width: 4, height: 1, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 255, 255, 255, 0, 49, 138) };
  assertEquals([...greyPlane(image).data], [76, 150, 255, 45]);
  [0.298936, 0.587043, 1, 44.500005 / 255].forEach((value, i) =>
    assertAlmostEquals(greyPlane(image, "single").data[i]!, value, 1e-7)
  );
});
