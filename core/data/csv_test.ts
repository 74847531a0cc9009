import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { parseCsv, readCsv } from "./csv.ts";

function message(fn: () => unknown): string {
  return assertThrows(fn, InputError).message;
}

Deno.test("parseCsv() reads rows by column name, with quotes, CRLF and a BOM", () => {
  const rows = parseCsv('\ufeffname,x,list\r\n"a, b",1.5,1;2;-3e2\r\n\r\nc,2,4\r\n', "p.csv", ["name", "x", "list"]);
  assertEquals(rows.map((row) => row.text("name")), ["a, b", "c"]);
  assertEquals(rows.map((row) => row.number("x")), [1.5, 2]);
  assertEquals(rows[0]!.numbers("list"), [1, 2, -300]);
});

Deno.test("parseCsv() names the line of a row, counted with header and empty lines", () => {
  const rows = parseCsv("x\n1\n\ntwo\n", "p.csv", ["x"]);
  assertEquals(message(() => rows[1]!.number("x")), 'p.csv:4: "x" holds "two", a finite number is needed');
});

Deno.test("parseCsv() refuses missing columns, short and long rows, open quotes", () => {
  assertEquals(
    message(() => parseCsv("a,b\n1,2\n", "p.csv", ["a", "c", "d"])),
    'Cannot read "p.csv": its first line names no column "c", "d"',
  );
  assert(message(() => parseCsv("a,b\n1\n", "p.csv", ["a"])).includes("line 2"));
  assert(message(() => parseCsv("a,b\n1,2\n1,2,3\n", "p.csv", ["a"])).includes("line 3"));
  assert(message(() => parseCsv('a,b\n"1,2\n', "p.csv", ["a"])).startsWith('Cannot read "p.csv": '));
  assert(message(() => parseCsv("", "p.csv", ["a"])).includes('no column "a"'));
});

Deno.test("CsvRow refuses what is no finite number", () => {
  const row = parseCsv("a,b,c,d\n,NaN,1e999,1;;2\n", "p.csv", ["a"])[0]!;
  assertEquals(message(() => row.text("a")), 'p.csv:2: "a" is empty');
  assert(message(() => row.number("b")).includes('holds "NaN"'));
  assert(message(() => row.number("c")).includes("finite"));
  assert(message(() => row.numbers("d")).includes('"d" holds ""'));
});

Deno.test("readCsv() of a file that is not there says so", () => {
  assertEquals(message(() => readCsv("no/such.csv", [])), 'Cannot read "no/such.csv": no such file');
});
