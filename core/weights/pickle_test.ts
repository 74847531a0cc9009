import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { pythonBytes } from "./_fixtures.ts";
import { readPickle } from "./pickle.ts";
import { PickleGlobal, PickleObject } from "./pickle_values.ts";

const inert = () => undefined;

for (const protocol of [0, 1, 2, 3, 4, 5]) {
  Deno.test(`readPickle() reads every basic value of protocol ${protocol}`, () => {
    const bytes = pythonBytes(`values${protocol}`);
    const { value, end } = readPickle(bytes, "fixture", inert);
    assertEquals(end, bytes.length);
    assert(value instanceof Map);
    assertEquals(value.get("none"), null);
    assertEquals([value.get("t"), value.get("f")], [true, false]);
    assertEquals(value.get("i"), [
      0,
      255,
      256,
      65535,
      65536,
      -1,
      -129,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 40,
      -(2 ** 40),
      1n << 80n,
      -(1n << 80n),
    ]);
    assertEquals(value.get("d"), [0.5, -1e300]);
    assertEquals((value.get("s") as string[])[2], "x".repeat(300));
    assertEquals((value.get("tup") as unknown[]).map((t) => (t as unknown[]).length), [0, 1, 2, 3, 4]);
    assertEquals(value.get("dict"), new Map([[1, new Map([[2, new Map()]])]]));
    const [a, b] = value.get("shared") as unknown[];
    assert(a === b);
  });
}

Deno.test("readPickle() keeps objects of unknown classes as inert records", () => {
  const { value } = readPickle(pythonBytes("values2"), "fixture", inert);
  const namespace = (value as Map<string, PickleObject>).get("ns")!;
  assert(namespace instanceof PickleObject);
  // Protocol 2 makes it by copyreg._reconstructor or NEWOBJ; either way its attributes are the state.
  assertEquals(namespace.state, new Map<string, unknown>([["lr", 0.1], ["out", "x"]]));
  const complex = (value as Map<string, PickleObject>).get("cplx")!;
  assertEquals((complex.type as PickleGlobal).name, "complex");
});

for (const name of ["evil0", "evil2", "evil4", "eval2"]) {
  Deno.test(`readPickle() refuses ${name} in one line and runs nothing`, () => {
    const error = assertThrows(() => readPickle(pythonBytes(name), "bad.pth", inert), InputError) as Error;
    assert(
      /Cannot read "bad.pth": its pickle asks for \S+\.(system|eval), a way to run commands/.test(error.message),
      error.message,
    );
    assert(!error.message.includes("\n"));
    assertThrows(() => Deno.statSync("/tmp/sc_pickle_was_run"), Deno.errors.NotFound);
  });
}

Deno.test("readPickle() says one clear line wherever a pickle is cut off", () => {
  const bytes = pythonBytes("values2");
  for (let length = 0; length < bytes.length; length++) {
    const error = assertThrows(() => readPickle(bytes.subarray(0, length), "cut.pth", inert), InputError) as Error;
    assert(error.message.startsWith('Cannot read "cut.pth": '));
  }
});

Deno.test("readPickle() never throws anything but InputError on damaged bytes", () => {
  const bytes = pythonBytes("zippkl");
  for (let i = 0; i < bytes.length; i++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = bytes.slice();
      damaged[i]! ^= flip;
      try {
        readPickle(damaged, "damaged.pth", inert);
      } catch (error) {
        assert(error instanceof InputError, `byte ${i} ^ ${flip}: ${error}`);
      }
    }
  }
});
