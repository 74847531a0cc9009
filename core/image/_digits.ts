/** Digits as strokes in a box 6 wide and 10 high, y down: a picture must not depend on the fonts of the machine. */
const STROKES: readonly string[] = [
  "M0 3A3 3 0 0 1 6 3V7A3 3 0 0 1 0 7Z",
  "M1 2.2L3.8 0V10",
  "M.2 2.6A2.9 2.6 0 1 1 5.3 4.4L.2 10H6",
  "M.4 0H5.6L2.7 3.9A3.05 3.05 0 1 1 .2 8",
  "M4.5 10V0L0 7H6",
  "M5.5 0H1L.6 4.6A3.1 3.1 0 1 1 .2 8.6",
  "M4.6 0L.6 5.2M0 6.9A3 3.1 0 1 0 6 6.9A3 3.1 0 1 0 0 6.9",
  "M0 0H6L2.2 10",
  "M.5 2.4A2.5 2.4 0 1 0 5.5 2.4A2.5 2.4 0 1 0 .5 2.4M0 7.2A3 2.8 0 1 0 6 7.2A3 2.8 0 1 0 0 7.2",
  "M1.4 10L5.4 4.8M6 3.1A3 3.1 0 1 0 0 3.1A3 3.1 0 1 0 6 3.1",
];

const ADVANCE = 8.4;

/**
 * A whole number as an SVG path, centred on (x, y).
 *
 * @param height of the digits in pixels; lower where the number is wider than `maxWidth`.
 */
export function numberPath(
  value: number,
  { x, y, height, maxWidth, colour }: { x: number; y: number; height: number; maxWidth: number; colour: string },
): string {
  const digits = [...String(value)];
  const width = digits.length * ADVANCE - (ADVANCE - 6);
  const scale = Math.min(height / 10, maxWidth / width);
  const paths = digits.map((digit, i) =>
    `<path transform="translate(${i * ADVANCE} 0)" d="${STROKES[Number(digit)]}"/>`
  );
  const move = `translate(${(x - width * scale / 2).toFixed(2)} ${(y - 5 * scale).toFixed(2)}) scale(${
    scale.toFixed(4)
  })`;
  return `<g transform="${move}" fill="none" stroke="${colour}" stroke-width="1.9" stroke-linecap="round" ` +
    `stroke-linejoin="round">${paths.join("")}</g>`;
}
