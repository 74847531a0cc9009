import type { MeshBuilder } from "../mesh.ts";
import { loft, type Section } from "../primitives.ts";
import type { Random } from "../prng.ts";
import { material } from "../texture.ts";
import { mixed, type Vec } from "../vec.ts";
import type { Kind } from "./kind.ts";

const GLASS = 0, CAP = 1, LABEL = 2, INK = 3, EMBLEM = 4;

/** Half-width of the label around the bottle, in columns of its 32. */
const LABEL_COLUMNS = 5;

/**
 * Bottles of oval section with a label in front. A round bottle has no left or right; the label and the oval give this
 * one both, so that every keypoint is a place on the surface and not on the outline.
 */
export const bottle: Kind = {
  name: "bottle",
  keypoints: [
    "cap top",
    "cap front",
    "neck front",
    "left shoulder",
    "right shoulder",
    "label top left",
    "label top right",
    "label bottom left",
    "label bottom right",
    "label middle",
    "left base",
    "right base",
  ],
  symmetry: [
    ["left shoulder", "right shoulder"],
    ["label top left", "label top right", "label bottom left", "label bottom right"],
    ["left base", "right base"],
  ],
  settings: ["table", "table", "room"],
  view: { azimuth: 12, elevation: [4, 30] },
  build,
  materials(random) {
    const glass: Vec[] = [
      [0.12, 0.3, 0.16],
      [0.36, 0.2, 0.1],
      [0.7, 0.8, 0.82],
      [0.9, 0.9, 0.88],
      [0.75, 0.16, 0.14],
      [0.18, 0.3, 0.6],
      [0.92, 0.75, 0.25],
    ];
    const papers: Vec[] = [[0.95, 0.92, 0.84], [0.9, 0.78, 0.4], [0.2, 0.22, 0.26], [0.85, 0.3, 0.25], [
      0.6,
      0.75,
      0.8,
    ]];
    const inks: Vec[] = [[0.15, 0.14, 0.2], [0.6, 0.12, 0.15], [0.1, 0.35, 0.3], [0.95, 0.93, 0.88]];
    const body = random.pick(glass), paper = random.pick(papers);
    const ink = random.pick(inks.filter((c) => Math.abs(c[1] - paper[1]) > 0.25));
    return [
      material(body, { second: mixed(body, [0.05, 0.05, 0.05], 0.3), pattern: "mottled", scale: 1.5, gloss: 1 }),
      material(random.pick<Vec>([[0.85, 0.7, 0.3], [0.8, 0.15, 0.15], [0.15, 0.16, 0.18], [0.9, 0.9, 0.9]]), {
        gloss: 0.7,
      }),
      material(paper, { second: mixed(paper, [1, 1, 1], 0.3), pattern: "mottled", scale: 3, gloss: 0.15 }),
      material(ink, { gloss: 0.15 }),
      material(random.pick(inks), {
        second: random.pick(papers),
        pattern: "spots",
        scale: 7,
        gloss: 0.15,
        seed: random.uint32() | 0,
      }),
    ];
  },
};

function build(mesh: MeshBuilder, random: Random): void {
  const r = random.about(0.4, 0.18), oval = random.range(0.62, 0.95), tall = random.about(1.15, 0.25);
  const neck = r * random.range(0.26, 0.5), throat = random.about(0.42, 0.5), slope = random.about(0.34, 0.45);
  const power = random.pick([2, 2, 3]), waist = random.range(0.86, 1.04);
  const ring = (y: number, radius: number, round: number): Section => ({
    centre: [0, y, 0],
    right: [radius * (oval + (1 - oval) * round), 0, 0],
    up: [0, 0, radius],
    power: round > 0.5 ? 2 : power,
  });
  const low = tall * random.range(0.12, 0.24), high = tall * random.range(0.72, 0.88);
  const top = tall + slope + throat;
  const sections = [
    ring(0, r * 0.86, 0),
    ring(tall * 0.04, r, 0),
    ring(low, r * (1 + waist) / 2, 0),
    ring((low + high) / 2, r * waist, 0),
    ring(high, r * (1 + waist) / 2, 0),
    ring(tall, r, 0),
    ring(tall + slope * 0.45, r * 0.45 + neck * 0.6, 0.4),
    ring(tall + slope, neck * 1.05, 1),
    ring(top, neck, 1),
  ];
  // 27 rings: a cap at each end and 24 steps; the label lies between sections 2 and 4.
  const steps = 3, rings = 2 + (sections.length - 1) * steps;
  const row = (section: number) => (1 + section * steps) / rings;
  const u0 = row(2), u1 = row(4), half = LABEL_COLUMNS / 32;
  const style = random.below(3);
  loft(
    mesh,
    "body",
    (u, v) => {
      const across = (v > 0.5 ? v - 1 : v) / half, up = (u - u0) / (u1 - u0);
      if (across < -1 || across > 1 || up < 0 || up > 1) return GLASS;
      return labelAt(style, across, up);
    },
    sections,
    { smooth: true, around: 32, steps },
  );
  const capTall = random.about(0.16, 0.4), capWide = neck * random.range(1.08, 1.3);
  const lid = (y: number, radius: number) => ring(y, radius, 1);
  loft(mesh, "cap", CAP, [
    lid(top - capTall * 0.5, capWide),
    lid(top + capTall * 0.5, capWide),
    lid(top + capTall * 0.62, capWide * 0.86),
  ], { around: 24, steps: 2 });

  mesh.mark("cap top", "cap", 1, 0);
  mesh.mark("cap front", "cap", 0.33, 0);
  mesh.mark("neck front", "body", row(7.333), 0);
  mesh.mark("right shoulder", "body", row(5), 0.25);
  mesh.mark("left shoulder", "body", row(5), 0.75);
  mesh.mark("label middle", "body", row(3), 0);
  mesh.mark("right base", "body", row(1), 0.25);
  mesh.mark("left base", "body", row(1), 0.75);
  for (const [level, u] of [["top", u1], ["bottom", u0]] as const) {
    mesh.mark(`label ${level} right`, "body", u, half);
    mesh.mark(`label ${level} left`, "body", u, 1 - half);
  }
}

/** The print on a label: a border, a band or an emblem, lines of text. `across` in [-1, 1], `up` in [0, 1]. */
function labelAt(style: number, across: number, up: number): number {
  const edge = Math.min(1 - Math.abs(across), 2 * Math.min(up, 1 - up));
  if (edge < 0.07 && edge > 0.025) return INK;
  const high = up - 0.5;
  if (style === 0) {
    if (across * across + high * high * 4 < 0.16) return EMBLEM;
    return Math.abs(Math.abs(high) - 0.33) < 0.03 && Math.abs(across) < 0.6 ? INK : LABEL;
  }
  if (style === 1) {
    if (Math.abs(high) < 0.14) return EMBLEM;
    const line = up * 12 - Math.floor(up * 12);
    return Math.abs(high) > 0.22 && Math.abs(high) < 0.42 && line < 0.4 && Math.abs(across) < 0.7 ? INK : LABEL;
  }
  if (Math.abs(across) + Math.abs(high) * 2 < 0.5) return EMBLEM;
  return Math.abs(Math.abs(across) - 0.75) < 0.06 ? INK : LABEL;
}
