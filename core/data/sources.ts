import * as v from "valibot";
import { InputError } from "../errors.ts";
import type { Card } from "../types.ts";
import type { ArchiveKind } from "./unpack.ts";

/** One file of a benchmark's data. */
export interface DataSource {
  /** Name in the data folder. */
  readonly file: string;
  readonly url: string;
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  /** How it is unpacked into the data folder; absent: it stays as it is. */
  readonly unpack?: ArchiveKind | undefined;
  /** Archives inside it, by path below the data folder; each is unpacked where it lies. */
  readonly inner: readonly string[];
  readonly note?: string | undefined;
}

/** Where the data of a benchmark comes from. */
export interface DataPlan {
  readonly sources: readonly DataSource[];
  /** What has to be fetched by hand, and from where. */
  readonly manual: readonly string[];
}

const name = v.pipe(v.string(), v.regex(/^[\w.-]+$/, "must be a file name"));
const inside = v.pipe(v.string(), v.regex(/^(?!.*\.\.)[\w.-][\w./-]*$/, "must be a path below the data folder"));
const schema = v.object({
  data: v.optional(
    v.array(v.strictObject({
      file: name,
      url: v.pipe(v.string(), v.url("must be an address")),
      bytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
      sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"))),
      unpack: v.optional(v.picklist(["zip", "tar", "tar.gz"])),
      inner: v.optional(v.array(inside), []),
      note: v.optional(v.string()),
    })),
    [],
  ),
  manual: v.optional(v.array(v.string()), []),
});

/**
 * The keys `data` and `manual` below `extra` of a card.
 *
 * @throws {InputError} naming the card and the key that is wrong
 */
export function dataPlan(card: Card): DataPlan {
  const result = v.safeParse(schema, card.extra);
  if (!result.success) {
    const issue = result.issues[0];
    const path = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
    throw new InputError(`Cannot use card "${card.folder}/benchmark.yaml": "extra.${path}" ${issue.message}`);
  }
  return { sources: result.output.data, manual: result.output.manual };
}

/** The kind of an archive by the ending of its name. */
export function kindOf(path: string): ArchiveKind {
  if (path.endsWith(".zip")) return "zip";
  if (path.endsWith(".tar.gz") || path.endsWith(".tgz")) return "tar.gz";
  if (path.endsWith(".tar")) return "tar";
  throw new InputError(`Cannot unpack "${path}": its name ends with none of .zip, .tar, .tar.gz, .tgz`);
}
