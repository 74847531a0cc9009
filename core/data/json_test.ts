import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { inTempFolder, put } from "./testing/benchmark.ts";
import { Fields, readJson } from "./json.ts";

function message(fn: () => unknown): string {
  return assertThrows(fn, InputError).message;
}

const fields = Fields.of("a.json", "", {
  text: "t",
  number: 1.5,
  box: [1, 2, 3, 4],
  points: [[1, 2], [3, 4]],
  nested: { list: [{ n: 1 }, { n: "x" }] },
  nothing: null,
});

Deno.test("Fields reads what is there", () => {
  assertEquals(fields.string("text"), "t");
  assertEquals(fields.number("number"), 1.5);
  assertEquals(fields.box("box"), { x1: 1, y1: 2, x2: 3, y2: 4 });
  assertEquals(fields.points("points"), { n: 2, xy: Float64Array.of(1, 2, 3, 4) });
  assertEquals([fields.has("text"), fields.has("nothing"), fields.has("absent")], [true, false, false]);
});

Deno.test("Fields names file and field of what is not", () => {
  assertEquals(message(() => fields.string("absent")), 'a.json: "absent" is missing');
  assertEquals(message(() => fields.number("text")), 'a.json: "text" is "t", a finite number is needed');
  assertEquals(message(() => fields.integer("number")), 'a.json: "number" is 1.5, an integer is needed');
  assertEquals(message(() => fields.list("nothing")), 'a.json: "nothing" is null, a list is needed');
  assertEquals(message(() => fields.numbers("box", 3)), 'a.json: "box" is a list of 4, 3 finite numbers is needed');
  const inner = fields.object("nested").objects("list");
  assertEquals(message(() => inner[1]!.number("n")), 'a.json: "nested.list[1].n" is "x", a finite number is needed');
});

Deno.test("Fields.points() refuses points that are not two finite numbers", () => {
  for (const bad of [[1], [1, 2, 3], [1, null], [1, "2"], 7]) {
    const { points } = { points: Fields.of("a.json", "", { kps: [[0, 0], bad] }) };
    assertEquals(message(() => points.points("kps")), 'a.json: "kps[1]" is not a point of two finite numbers');
  }
});

Deno.test("readJson() names the file of malformed JSON, a list, or nothing", async () => {
  await inTempFolder((folder) => {
    put(`${folder}/cut.json`, '{"a": [1, 2');
    put(`${folder}/list.json`, "[1]");
    assert(
      message(() => readJson(`${folder}/cut.json`)).startsWith(`Cannot read "${folder}/cut.json": it is no valid`),
    );
    assertEquals(
      message(() => readJson(`${folder}/list.json`)),
      `${folder}/list.json: the top level is a list of 1, not an object`,
    );
    assertEquals(message(() => readJson(`${folder}/no.json`)), `Cannot read "${folder}/no.json": no such file`);
  });
});
