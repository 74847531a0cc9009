import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InputError } from "../errors.ts";
import { joinShards, type Part } from "./shards.ts";

const order = (n: number) => Array.from({ length: n }, (_, i) => `cat/${i}`);

/** The parts of a run of `n` pairs, split as runs are: pair i belongs to part i mod count + 1. */
function partsOf(n: number, count: number): Part<{ pair: string }>[] {
  return Array.from({ length: count }, (_, k) => {
    const pairs = order(n).filter((_, i) => i % count === k);
    return {
      shard: `${k + 1}/${count}`,
      path: `part-${k + 1}`,
      pairs,
      done: new Map(pairs.map((pair) => [pair, { pair }])),
      lines: new Map(pairs.map((pair) => [pair, JSON.stringify({ pair })])),
    };
  });
}

/** A part whose lines were finished in another order. */
function reordered(part: Part<{ pair: string }>, keys: readonly number[]): Part<{ pair: string }> {
  const shuffle = <T>(map: ReadonlyMap<string, T>) =>
    new Map(
      [...map].map((entry, i) => ({ entry, key: keys[i % keys.length]! })).sort((a, b) => a.key - b.key)
        .map(({ entry }) => entry),
    );
  return { ...part, done: shuffle(part.done), lines: shuffle(part.lines) };
}

Deno.test("merging shards in any order, finished in any order, gives the bytes of one run", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }).chain((n) =>
        fc.integer({ min: 1, max: 9 }).chain((count) =>
          fc.record({
            n: fc.constant(n),
            count: fc.constant(count),
            sequence: fc.shuffledSubarray(order(count).map((_, i) => i), { minLength: count }),
            keys: fc.array(fc.nat(), { minLength: 1, maxLength: n }),
          })
        )
      ),
      ({ n, count, sequence, keys }) => {
        const parts = partsOf(n, count);
        const joined = joinShards(sequence.map((k) => reordered(parts[k]!, keys)), order(n));
        assertEquals(joined.text, order(n).map((pair) => `{"pair":"${pair}"}\n`).join(""));
        assertEquals(joined.values.map(({ pair }) => pair), order(n));
      },
    ),
  );
});

Deno.test("leaving out, doubling or cutting any part is an error with its name", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.integer({ min: 12, max: 30 }), (count, pick, n) => {
      const parts = partsOf(n, count);
      const k = pick % count;
      const without = parts.filter((_, i) => i !== k);
      assertThrows(() => joinShards(without, order(n)), InputError, `part ${k + 1}/${count} is missing`);
      assertThrows(
        () => joinShards([...parts, parts[k]!], order(n)),
        InputError,
        `part ${k + 1}/${count} is there twice`,
      );
      const first = parts[k]!.pairs[0]!;
      const done = new Map([...parts[k]!.done].filter(([id]) => id !== first));
      const { message } = assertThrows(
        () => joinShards([...without, { ...parts[k]!, done }], order(n)),
        InputError,
        `part ${k + 1}/${count} lacks 1 of its ${parts[k]!.pairs.length} pairs`,
      );
      assertEquals(message.includes(`part-${k + 1}`), true);
    }),
  );
});

Deno.test("parts of two counts, and parts that leave pairs out, are refused", () => {
  assertThrows(
    () => joinShards([...partsOf(6, 2), ...partsOf(6, 3)], order(6)),
    InputError,
    "parts of 2 and of 3",
  );
  assertThrows(() => joinShards(partsOf(4, 2), order(6)), InputError, "2 of 6 pairs are in no part");
});
