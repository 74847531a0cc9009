/**
 * Made pictures for tests of dense methods.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Image, Method } from "../types.ts";

/** A grey picture by the value of each pixel; pictures of other content need another name. */
export function picture(width: number, height: number, value: (x: number, y: number) => number, name = ""): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / 3) % width, Math.floor(i / 3 / width));
  return { width, height, data, sha256: `${name} ${width}x${height}`, origin: `made ${name} ${width}x${height}` };
}

/** Asserts that flat, tiny and very long pictures have a whole flow inside the target, the same every time. */
export async function assertFlowOfOddPictures(
  method: Method,
  texture: (x: number, y: number) => number,
): Promise<void> {
  const flat = (w: number, h: number, name: string) => picture(w, h, () => 90, name);
  const pairs: [Image, Image][] = [
    [flat(20, 16, "a"), flat(12, 31, "b")],
    [picture(1, 1, texture, "a"), picture(1, 1, texture, "b")],
    [picture(2, 3, texture, "a"), picture(30, 20, texture, "b")],
    [picture(300, 2, texture, "a"), picture(2, 90, texture, "b")],
  ];
  for (const [source, target] of pairs) {
    const flow = await method.flow!(source, target);
    assertEquals(flow.data.length, 2 * source.width * source.height);
    assert(flow.data.every((v, i) => v >= 0 && v <= (i % 2 === 0 ? target.width : target.height) - 1));
    assertEquals((await method.flow!(source, target)).data, flow.data);
  }
}
