import { InputError, messageOf } from "../errors.ts";
import type { Points, Size } from "../types.ts";

/**
 * Points from `120,80;33,40`, from a CSV file (`x,y` columns, or two columns without header) or from a JSON file
 * (`[[x, y], ...]` or `{"points": [[x, y], ...]}`), in original pixels.
 *
 * @throws InputError naming the word or the file and line.
 */
export async function readPoints(word: string): Promise<Points> {
  if (/\.csv$/i.test(word)) return fromCsv(await read(word), word);
  if (/\.json$/i.test(word)) return fromJson(await read(word), word);
  const pairs = word.split(";").filter((part) => part.trim() !== "");
  return collect(pairs.map((part) => part.split(",")), (i) => `points="${word}": point ${i + 1} ("${pairs[i]}")`);
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new InputError(`Cannot read points from "${path}": ${messageOf(error)}`);
  }
}

function fromCsv(text: string, path: string): Points {
  const lines = text.split(/\r?\n/).map((line, i) => ({ fields: line.split(","), number: i + 1 })).filter((line) =>
    line.fields.join("").trim() !== ""
  );
  const header = lines[0]?.fields.map((field) => field.trim().toLowerCase()) ?? [];
  const hasHeader = header.some((field) => Number.isNaN(Number(field)));
  const x = hasHeader ? header.indexOf("x") : 0;
  const y = hasHeader ? header.indexOf("y") : 1;
  if (x < 0 || y < 0) {
    throw new InputError(`Cannot read points from "${path}": its header "${header.join(",")}" has no columns x and y`);
  }
  const rows = hasHeader ? lines.slice(1) : lines;
  const chosen = rows.map((row) => hasHeader ? [row.fields[x] ?? "", row.fields[y] ?? ""] : row.fields);
  return collect(chosen, (i) => `"${path}": line ${rows[i]!.number}`);
}

function fromJson(text: string, path: string): Points {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read points from "${path}": it is not JSON (${messageOf(error)})`);
  }
  const list = Array.isArray(raw) ? raw : (raw as { points?: unknown } | null)?.points;
  if (!Array.isArray(list)) {
    throw new InputError(`Cannot read points from "${path}": it must be [[x, y], ...] or {"points": [[x, y], ...]}`);
  }
  return collect(
    list.map((item) => Array.isArray(item) ? item.map((v) => typeof v === "number" ? v : NaN) : [NaN]),
    (i) => `"${path}": point ${i + 1}`,
  );
}

function collect(rows: readonly (readonly (string | number)[])[], where: (i: number) => string): Points {
  if (rows.length === 0) {
    throw new InputError(`Cannot match no points: write points="x,y;x,y" or name a CSV or JSON file that holds some`);
  }
  const xy = new Float64Array(rows.length * 2);
  rows.forEach((row, i) => {
    const [x, y] = row.map((field) => typeof field === "number" ? field : field.trim() === "" ? NaN : Number(field));
    if (row.length !== 2 || !Number.isFinite(x) || !Number.isFinite(y)) {
      throw new InputError(`Cannot read ${where(i)}: a point is two numbers, x and y`);
    }
    xy[2 * i] = x!;
    xy[2 * i + 1] = y!;
  });
  return { n: rows.length, xy };
}

/** Throws InputError for a point outside the picture, whose range the message gives. */
export function checkInside(points: Points, size: Size, origin: string): void {
  for (let i = 0; i < points.n; i++) {
    const x = points.xy[2 * i]!, y = points.xy[2 * i + 1]!;
    // Half a pixel beyond a centre is still that pixel.
    if (x < -0.5 || y < -0.5 || x > size.width - 0.5 || y > size.height - 0.5) {
      throw new InputError(
        `Cannot match point ${i + 1} (${x}, ${y}): it lies outside "${origin}", whose points go from (0, 0) to (${
          size.width - 1
        }, ${size.height - 1})`,
      );
    }
  }
}
