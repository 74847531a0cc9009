/**
 * The picture of a result: source and target side by side, numbered points, lines that join matches, and the true
 * positions where they are known.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { divideGrid, stretchFrame, toCells } from "../frame.ts";
import type { Image, Points, Size } from "../types.ts";
import { type Mark, overlay, type Spot } from "./_overlay.ts";
import { loadSharp } from "./_sharp.ts";
import { resizePil } from "./resize.ts";

/** What to draw. Points and matches belong together row by row; positions are original pixels of their picture. */
export interface MatchDrawing {
  readonly source: Image;
  readonly target: Image;
  /** Points of the source picture. */
  readonly points: Points;
  /** Their matches in the target picture; a NaN position is drawn as a point without a match. */
  readonly matches: Points;
  /** Their true positions in the target picture: drawn as crosses. */
  readonly truth?: Points;
  /** Per point, whether the match counts as right: its cross is green, else red. Without: crosses are white. */
  readonly correct?: readonly boolean[];
  /** Height both pictures get, in pixels. Default: the taller one's, from 400 to 900. */
  readonly height?: number;
}

// Below this height discs would cover the picture; small pictures are enlarged instead.
const SMALLEST = 400;
const LARGEST = 900;
/** No picture is drawn wider: a panorama lowers both. */
const WIDEST = 3000;
/** Background, a dark grey that frames bright and dark pictures alike. */
const BACKGROUND = [24, 26, 30] as const;

/**
 * Draws matches.
 *
 * @returns the bytes of a PNG file.
 * @throws RangeError where the lists differ in length.
 */
export async function drawMatches(drawing: MatchDrawing): Promise<Uint8Array> {
  const { source, target, points, matches, truth, correct } = drawing;
  for (const [name, n] of [["matches", matches.n], ["truth", truth?.n], ["correct", correct?.length]] as const) {
    if (n !== undefined && n !== points.n) {
      throw new RangeError(`Cannot draw ${points.n} points with ${n} of ${name}: one for each is needed`);
    }
  }
  const asked = drawing.height ?? Math.min(Math.max(source.height, target.height, SMALLEST), LARGEST);
  const flattest = Math.min(source.height / source.width, target.height / target.width);
  const height = Math.max(1, Math.min(asked, Math.floor(WIDEST * flattest)));
  const margin = Math.round(height * 0.025);
  const left = placed(source, height, margin, margin);
  const right = placed(target, height, margin + left.size.width + margin, margin);
  const canvas = blank({ width: right.x + right.size.width + margin, height: height + 2 * margin });
  paste(canvas, left);
  paste(canvas, right);

  const sourceSpots = spotsOf(points, left);
  const targetSpots = spotsOf(matches, right);
  const truthSpots = truth === undefined ? undefined : spotsOf(truth, right);
  const marks = sourceSpots.flatMap((spot, i): Mark[] => {
    if (spot === undefined) return [];
    const target = targetSpots[i];
    const truth = truthSpots?.[i];
    const verdict = correct?.[i];
    return [{
      number: i + 1,
      source: spot,
      ...(target && { target }),
      ...(truth && { truth }),
      ...(verdict !== undefined && { correct: verdict }),
    }];
  });
  const svg = overlay(canvas.width, canvas.height, marks, Math.max(8, height * 0.0185));

  const sharp = await loadSharp();
  const raw = { width: canvas.width, height: canvas.height, channels: 3 } as const;
  return await sharp(canvas.data, { raw })
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }])
    .removeAlpha().png({ compressionLevel: 9 }).toBuffer();
}

type Canvas = Size & { readonly data: Uint8Array };

/** A picture at its drawn size and place. */
interface Placed {
  readonly original: Size;
  readonly size: Size;
  readonly data: Uint8Array;
  readonly x: number;
  readonly y: number;
}

function placed(image: Image, height: number, x: number, y: number): Placed {
  const size = { width: Math.max(1, Math.round(image.width * height / image.height)), height };
  return { original: image, size, data: resizePil(image, size, "bicubic"), x, y };
}

function blank({ width, height }: Size): Canvas {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = BACKGROUND[i % 3]!;
  return { width, height, data };
}

function paste(canvas: Canvas, { size, data, x, y }: Placed): void {
  const row = size.width * 3;
  for (let r = 0; r < size.height; r++) {
    canvas.data.set(data.subarray(r * row, (r + 1) * row), ((y + r) * canvas.width + x) * 3);
  }
}

/** Points on the canvas; absent where a coordinate is not finite. */
function spotsOf(points: Points, { original, size, x, y }: Placed): (Spot | undefined)[] {
  // A grid of the drawn pixels themselves: cells are pixels.
  const { xy } = toCells(points, {
    frame: stretchFrame(original, size),
    grid: divideGrid(size, size.height, size.width, "half-pixel"),
  });
  return Array.from({ length: points.n }, (_, i) => {
    const px = xy[2 * i]!;
    const py = xy[2 * i + 1]!;
    // SVG counts from the corner of a pixel, points from its centre.
    return Number.isFinite(px) && Number.isFinite(py) ? { x: x + px + 0.5, y: y + py + 0.5 } : undefined;
  });
}
