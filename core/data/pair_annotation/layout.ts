import { readText } from "../csv.ts";
import { InputError } from "../../errors.ts";

/** A line of a split's list; it is also the name of the pair's annotation file. */
export interface LayoutLine {
  readonly where: string;
  /** `000001-2008_001546-2008_004704:aeroplane` */
  readonly line: string;
}

/** The pairs of a list in `Layout/`. */
export function readLayout(path: string): LayoutLine[] {
  const lines = readText(path).split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line === "") return [];
    const where = `${path}:${i + 1}`;
    // The line becomes a file name, so nothing that could lead out of the folder may stand in it.
    if (/^[\w.-]+:[\w.-]+$/.test(line)) return [{ where, line }];
    throw new InputError(`${where}: "${line}" is no pair, a line such as 000001-A-B:category is needed`);
  });
}
