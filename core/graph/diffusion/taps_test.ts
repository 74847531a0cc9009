import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../errors.ts";
import { parseTaps } from "./taps.ts";
import { UNET_SD1 } from "./unet.ts";

const read = (value: Parameters<typeof parseTaps>[0]) => parseTaps(value, UNET_SD1, "sd15");

Deno.test("parseTaps() reads blocks by number or name, and their layers", () => {
  assertEquals(read(1), [{ name: "up1", block: 1 }]);
  assertEquals(read("up1"), read(1));
  assertEquals(read(["up0.1", "up3.2", 2]), [
    { name: "up0.1", block: 0, layer: 1 },
    { name: "up3.2", block: 3, layer: 2 },
    { name: "up2", block: 2 },
  ]);
});

Deno.test("parseTaps() refuses places the network has not, and one place twice", () => {
  // A bare 1.1 is refused too: as a number it could not be told from 1.10.
  for (const value of [4, -1, 1.1, "up4.0", "up1.3", "up1.", "down1", "", ["up1", "1x"]]) {
    assertThrows(() => read(value), InputError, "the way up has blocks up0 to up3");
  }
  assertThrows(() => read([1, "up1"]), InputError, "Cannot read up1 of sd15 twice");
  assertThrows(() => read([]), InputError, "name a block in layers");
});
