import { numberPath } from "./_digits.ts";

/** A position on the canvas, in SVG units: the centre of the top-left pixel is (0.5, 0.5). */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** One numbered match on the canvas. */
export interface Mark {
  readonly number: number;
  readonly source: Spot;
  /** Absent where the method found none. */
  readonly target?: Spot;
  readonly truth?: Spot;
  /** Whether the match counts as right; absent: not judged. */
  readonly correct?: boolean;
}

// Twelve colours told apart on photographs, neighbours far from each other; pure red and green are left to the verdicts.
const COLOURS = [
  "#2f7ed8",
  "#f28c13",
  "#9b4ddb",
  "#e9c400",
  "#12a594",
  "#e2479e",
  "#33b5e5",
  "#a0703c",
  "#4c5bd4",
  "#b5cc18",
  "#ff7a5c",
  "#8296ab",
] as const;

const RIGHT = "#2fd45a";
const WRONG = "#ff3b30";
const UNJUDGED = "#ffffff";
const SHADOW = "#000000";

/**
 * The drawing over two pictures, as SVG.
 *
 * @param unit the radius of a numbered disc in pixels; every other length follows from it.
 */
export function overlay(width: number, height: number, marks: readonly Mark[], unit: number): string {
  const layers = [
    // Under everything: what joins points. Many lines fade, so that the pictures stay visible.
    ...marks.map((mark) => matchLine(mark, unit, marks.length > 24 ? 0.55 : 0.85)),
    ...marks.map((mark) => errorLine(mark, unit)),
    ...marks.map((mark) => cross(mark, unit)),
    ...marks.map(({ source, number, target }) => disc(source, number, unit, target === undefined)),
    ...marks.map(({ target, number }) => target === undefined ? "" : disc(target, number, unit, false)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${layers.join("")}</svg>`;
}

function colourOf(number: number): string {
  return COLOURS[(number - 1) % COLOURS.length]!;
}

function verdictColour(correct: boolean | undefined): string {
  return correct === undefined ? UNJUDGED : correct ? RIGHT : WRONG;
}

/** A stroke over a dark shadow of itself: visible on bright and on dark ground. */
function stroke(path: string, colour: string, width: number, opacity: number): string {
  const common = `d="${path}" fill="none" stroke-linecap="round"`;
  return `<path ${common} stroke="${SHADOW}" stroke-width="${width * 2}" stroke-opacity="${opacity * 0.4}"/>` +
    `<path ${common} stroke="${colour}" stroke-width="${width}" stroke-opacity="${opacity}"/>`;
}

function line(from: Spot, to: Spot): string {
  return `M${at(from.x)} ${at(from.y)}L${at(to.x)} ${at(to.y)}`;
}

function matchLine({ source, target, number }: Mark, unit: number, opacity: number): string {
  return target === undefined ? "" : stroke(line(source, target), colourOf(number), unit * 0.2, opacity);
}

/** From a judged match to where it should be. */
function errorLine({ target, truth, correct }: Mark, unit: number): string {
  if (target === undefined || truth === undefined) return "";
  return stroke(line(target, truth), verdictColour(correct), unit * 0.3, 1);
}

/** The true position: a diagonal cross that stands out from under a disc of the same position. */
function cross({ truth, correct }: Mark, unit: number): string {
  if (truth === undefined) return "";
  const { x, y } = truth;
  const arm = unit * 1.15;
  const path = line({ x: x - arm, y: y - arm }, { x: x + arm, y: y + arm }) +
    line({ x: x - arm, y: y + arm }, { x: x + arm, y: y - arm });
  return stroke(path, verdictColour(correct), unit * 0.32, 1);
}

function disc({ x, y }: Spot, number: number, unit: number, hollow: boolean): string {
  const colour = colourOf(number);
  const ink = hollow ? colour : luminance(colour) > 0.45 ? "#101010" : "#ffffff";
  return `<circle cx="${at(x)}" cy="${at(y)}" r="${at(unit + unit * 0.22)}" fill="${SHADOW}" fill-opacity="0.35"/>` +
    `<circle cx="${at(x)}" cy="${at(y)}" r="${at(unit)}" fill="${hollow ? "#101010" : colour}" ` +
    `stroke="${hollow ? colour : "#ffffff"}" stroke-width="${at(unit * 0.16)}"/>` +
    numberPath(number, { x, y, height: unit * 1.05, maxWidth: unit * 1.3, colour: ink });
}

/** Relative luminance of #rrggbb, 0..1 (WCAG). */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => (Number.parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function at(value: number): string {
  return String(Math.round(value * 100) / 100);
}
