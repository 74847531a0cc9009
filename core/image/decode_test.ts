import { assert, assertEquals, assertRejects } from "@std/assert";
import sharp from "sharp";
import { InputError } from "../errors.ts";
import { decodeBytes, decodeImage, type DecodeOptions, imageSize } from "./decode.ts";
import { encodeJpeg, encodePng } from "./encode.ts";

const asStored: DecodeOptions = { orientation: "ignore" };
const WIDTH = 40;
const HEIGHT = 30;
const RGB = new Uint8Array(WIDTH * HEIGHT * 3).map((_, i) => (i * 7) & 255);
const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
const plain = { width: WIDTH, height: HEIGHT, data: RGB };

function bytesOf(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}

async function withFile(bytes: Uint8Array, fn: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".img" });
  try {
    await Deno.writeFile(path, bytes);
    await fn(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Chunks of a PNG file: [type, whole chunk]. */
function chunks(png: Uint8Array): [string, Uint8Array][] {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const found: [string, Uint8Array][] = [];
  for (let at = 8; at < png.length;) {
    const length = 12 + view.getUint32(at);
    found.push([new TextDecoder().decode(png.subarray(at + 4, at + 8)), png.subarray(at, at + length)]);
    at += length;
  }
  return found;
}

Deno.test("decodeImage() gives back the pixels and the sha256 of a PNG file", async () => {
  const png = await encodePng(plain);
  await withFile(png, async (path) => {
    const image = await decodeImage(path, asStored);
    assertEquals([image.width, image.height, image.origin], [WIDTH, HEIGHT, path]);
    assertEquals(image.data, RGB);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(png)));
    assertEquals(image.sha256, [...digest].map((b) => b.toString(16).padStart(2, "0")).join(""));
    assertEquals(await imageSize(path, asStored), { width: WIDTH, height: HEIGHT });
  });
});

Deno.test("decodeBytes() drops alpha and shows the stored colour of a transparent pixel", async () => {
  const rgba = new Uint8Array(2 * 2 * 4).map((_, i) => i % 4 === 3 ? (i === 3 ? 0 : 128) : 10 * i);
  const png = await sharp(rgba, { raw: { width: 2, height: 2, channels: 4 } }).png().toBuffer();
  const image = await decodeBytes(bytesOf(png), "rgba", asStored);
  assertEquals([...image.data], [0, 10, 20, 40, 50, 60, 80, 90, 100, 120, 130, 140]);
});

Deno.test("decodeBytes() makes three equal channels of grey, with and without alpha", async () => {
  const grey = Uint8Array.of(0, 60, 130, 255);
  for (const channels of [1, 2] as const) {
    const data = channels === 1 ? grey : Uint8Array.of(0, 9, 60, 0, 130, 255, 255, 1);
    const png = await sharp(data, { raw: { width: 2, height: 2, channels } }).toColourspace("b-w").png().toBuffer();
    const image = await decodeBytes(bytesOf(png), "grey", asStored);
    assertEquals([...image.data], [0, 0, 0, 60, 60, 60, 130, 130, 130, 255, 255, 255]);
  }
});

Deno.test("decodeBytes() keeps the high byte of 16-bit PNG samples", async () => {
  const samples = Uint16Array.of(0x0000, 0x12ff, 0x80ff, 0x8000, 0xfeff, 0xffff);
  const png = await sharp(samples, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace("rgb16").png()
    .toBuffer();
  assertEquals((await sharp(png).metadata()).depth, "ushort");
  const image = await decodeBytes(bytesOf(png), "16-bit", asStored);
  assertEquals([...image.data], [0x00, 0x12, 0x80, 0x80, 0xfe, 0xff]);
});

Deno.test("decodeBytes() ignores an embedded ICC profile, as PIL does", async () => {
  const png = await encodePng(plain);
  const p3 = await sharp(RGB, { raw }).withIccProfile("p3").png().toBuffer();
  const profile = chunks(p3).find(([type]) => type === "iCCP")![1];
  const [ihdr, ...rest] = chunks(png).map(([, chunk]) => chunk);
  const tagged = bytesOf(
    Uint8Array.from([...png.subarray(0, 8), ...ihdr!, ...profile, ...rest.flatMap((chunk) => [...chunk])]),
  );
  assert((await sharp(tagged).metadata()).hasProfile);
  // The fixture bites: a colour-managed decode differs.
  assert((await sharp(tagged).raw().toBuffer()).some((v, i) => v !== RGB[i]));
  assertEquals((await decodeBytes(tagged, "p3", asStored)).data, RGB);
});

Deno.test("decodeBytes() converts CMYK without a profile", async () => {
  const jpeg = await sharp(new Uint8Array(RGB.length).fill(100), { raw }).toColourspace("cmyk").jpeg({ quality: 100 })
    .toBuffer();
  const metadata = await sharp(jpeg).metadata();
  assertEquals([metadata.space, metadata.channels], ["cmyk", 4]);
  const { data: ink } = await sharp(jpeg).pipelineColourspace("cmyk").toColourspace("cmyk").raw()
    .toBuffer({ resolveWithObject: true });
  const image = await decodeBytes(bytesOf(jpeg), "cmyk", asStored);
  assertEquals(image.data.length, RGB.length);
  for (let c = 0; c < 3; c++) {
    assertEquals(image.data[c], Math.round((255 - ink[c]!) * (255 - ink[3]!) / 255));
    // The colour stays a mid grey: ink and light were not swapped.
    assert(Math.abs(image.data[c]! - 100) < 50, `channel ${c} is ${image.data[c]}`);
  }
});

Deno.test("decodeImage() turns the picture only when asked to follow EXIF", async () => {
  const two = Uint8Array.of(255, 0, 0, 0, 0, 255); // a red pixel left of a blue one
  const png = await sharp(two, { raw: { width: 2, height: 1, channels: 3 } }).png().withMetadata({ orientation: 6 })
    .toBuffer();
  await withFile(png, async (path) => {
    const stored = await decodeImage(path, { orientation: "ignore" });
    assertEquals([stored.width, stored.height, ...stored.data], [2, 1, ...two]);
    assertEquals(await imageSize(path, { orientation: "ignore" }), { width: 2, height: 1 });
    // 6: the stored picture has to be turned 90 degrees clockwise: left goes up.
    const turned = await decodeImage(path, { orientation: "exif" });
    assertEquals([turned.width, turned.height, ...turned.data], [1, 2, ...two]);
    assertEquals(await imageSize(path, { orientation: "exif" }), { width: 1, height: 2 });
  });
});

Deno.test("decodeBytes() refuses truncated JPEG, PNG and WebP data at every cut", async () => {
  const files = {
    jpeg: await encodeJpeg(plain),
    png: await encodePng(plain),
    webp: await sharp(RGB, { raw }).webp().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await decodeBytes(bytesOf(bytes), name, asStored);
    for (const part of [0.1, 0.5, 0.95]) {
      const cut = bytesOf(bytes.subarray(0, Math.floor(bytes.length * part)));
      await assertRejects(() => decodeBytes(cut, `${name}.cut`, asStored), InputError, `"${name}.cut"`);
    }
  }
});

Deno.test("decodeBytes() accepts stray bytes behind the end of a JPEG", async () => {
  const jpeg = await encodeJpeg(plain);
  const a = await decodeBytes(bytesOf(jpeg), "a", asStored);
  const b = await decodeBytes(Uint8Array.of(...jpeg, 1, 2, 3), "b", asStored);
  assertEquals(a.data, b.data);
});

Deno.test("decodeImage() refuses what is no picture in one line that names the file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const read of [decodeImage, imageSize]) {
      await assertRejects(async () => void await read(folder, asStored), InputError, "it is a folder");
      await assertRejects(async () => void await read(`${folder}/x`, asStored), InputError, "no such file");
    }
    await assertRejects(() => decodeImage(`${folder}/x.jpg`, asStored), InputError, `x.jpg": there is no such file`);
  } finally {
    await Deno.remove(folder);
  }
  await withFile(new Uint8Array(), async (path) => {
    await assertRejects(() => decodeImage(path, asStored), InputError, `"${path}": the file is empty`);
    await assertRejects(() => imageSize(path, asStored), InputError, "empty");
  });
  await withFile(new TextEncoder().encode("<html>404</html>"), async (path) => {
    const error = await assertRejects(() => decodeImage(path, asStored), InputError, "not a JPEG, PNG or WebP");
    assert(error.message.includes(path) && !error.message.includes("\n"));
  });
  await withFile(await sharp(RGB, { raw }).tiff().toBuffer(), async (path) => {
    await assertRejects(() => decodeImage(path, asStored), InputError, "it is a tiff file");
  });
});

Deno.test("imageSize() reads the header only", async () => {
  const jpeg = await encodeJpeg(plain);
  // Cut behind the start of the scan: the size is known, the pixels are not.
  const scan = jpeg.findIndex((v, i) => v === 0xff && jpeg[i + 1] === 0xda);
  await withFile(jpeg.subarray(0, scan + 20), async (path) => {
    assertEquals(await imageSize(path, asStored), { width: WIDTH, height: HEIGHT });
    await assertRejects(() => decodeImage(path, asStored), InputError, path);
  });
});

Deno.test("decodeBytes() refuses a 20000x20000 header before decoding and says which option raises the limit", async () => {
  // A real PNG whose header claims more: the claim alone must be refused.
  const png = bytesOf(await encodePng(plain));
  const ihdr = chunks(png)[0]![1];
  const view = new DataView(ihdr.buffer, ihdr.byteOffset);
  view.setUint32(8, 20000);
  view.setUint32(12, 20000);
  view.setUint32(21, crc32(ihdr.subarray(4, 21)));
  const error = await assertRejects(() => decodeBytes(png, "huge.png", asStored), InputError, "20000x20000");
  assert(error.message.includes("400 megapixels") && error.message.includes("maxPixels"), error.message);

  const small = bytesOf(await encodePng(plain));
  await assertRejects(
    () => decodeBytes(small, "x", { ...asStored, maxPixels: WIDTH * HEIGHT - 1 }),
    InputError,
    "maxPixels",
  );
  await decodeBytes(small, "x", { ...asStored, maxPixels: WIDTH * HEIGHT });
});

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

Deno.test("decodeBytes() tells a picture turned by half from the stored one, whose size is the same", async () => {
  const pixels = Uint8Array.of(255, 0, 0, 0, 0, 255);
  const raw = { raw: { width: 2, height: 1, channels: 3 } } as const;
  const bytes = (orientation: number) => sharp(pixels, raw).png().withMetadata({ orientation }).toBuffer();
  const half = new Uint8Array(await bytes(3));
  const stored = await decodeBytes(half, "half", { orientation: "ignore" });
  const turned = await decodeBytes(half, "half", { orientation: "exif" });
  assertEquals([turned.width, turned.height], [stored.width, stored.height]);
  assertEquals([...turned.data], [0, 0, 255, 255, 0, 0]);
  assert(turned.sha256 !== stored.sha256);
  const upright = new Uint8Array(await bytes(1));
  const [a, b] = [
    await decodeBytes(upright, "u", { orientation: "ignore" }),
    await decodeBytes(upright, "u", { orientation: "exif" }),
  ];
  assertEquals(a.sha256, b.sha256);
});
