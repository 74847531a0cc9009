/**
 * The vocabulary of the project: every interface a plugin sees, and no code.
 *
 * Conventions, stated here once and contradicted nowhere:
 *
 * - A point is (x, y) in pixels of the ORIGINAL image, x to the right, y down; the centre of the top-left pixel is
 *   (0, 0). Points stored as arrays are interleaved: `xy[2 * i]` is x, `xy[2 * i + 1]` is y.
 * - A {@linkcode Frame} maps original pixels to network pixels (the resized picture a backbone sees); a
 *   {@linkcode Grid} maps network pixels to cells of a feature map. Cell coordinates are (column, row), also floats.
 *   `core/frame.ts` is the only file that converts between them.
 * - Arrays are row-major; a comment names the axes, the last one contiguous: `// [rows][cols][channels]`.
 * - Direction is source -> target. Similarity: higher is better. Ties: the lowest index wins. NaN never wins.
 * - Missing keypoints do not exist: `Points.n` is exact and no sentinel value enters any arithmetic.
 *
 * @module
 */

import type { Ops, Tensor } from "../ffi/mod.ts";

/** Width and height in pixels; both are integers of at least 1. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An axis-aligned box in original pixels: left, top, right, bottom. The side lengths are `x2 - x1` and `y2 - y1`. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** A decoded picture: 8-bit RGB, no alpha. */
export interface Image extends Size {
  /** [height][width][3], values 0..255, channel order R, G, B. */
  readonly data: Uint8Array;
  /** Lower-case hex sha256 of what the picture was made from: the file's bytes (with the turn, where one was made), or a recipe. */
  readonly sha256: string;
  /** Where it came from, for messages: a path, or a label such as `shapes:quadruped/3`. */
  readonly origin: string;
}

/** A picture that a benchmark names without having decoded it yet. */
export interface ImageRef {
  /** Unique within its benchmark; the same picture in two pairs has the same id. */
  readonly id: string;
  /** Where it lies, for messages. */
  readonly origin: string;
  /** Size in original pixels where the annotation tells it; checked against the file when it is loaded. */
  readonly size?: Size;
  /** Decodes the picture. Throws an InputError that names the file. */
  load(): Promise<Image>;
}

/** `n` points in original pixels. */
export interface Points {
  readonly n: number;
  /** [n][2]: x, y. */
  readonly xy: Float64Array;
}

/** `n` positions in cell coordinates of a {@linkcode Grid}: (column, row), floats; (0, 0) is the centre of the first cell. */
export interface Cells {
  readonly n: number;
  /** [n][2]: column, row. */
  readonly xy: Float64Array;
}

/** The predicted target points of `n` source points, in the same order. */
export interface Matches extends Points {
  /** [n]: the localizer's confidence (similarity at the match, higher is better), not comparable between methods. */
  readonly score: Float32Array;
}

/** One axis of an affine map: `q = p * scale + shift`. */
export interface AxisMap {
  readonly scale: number;
  readonly shift: number;
}

/**
 * How coordinates of two sizes correspond.
 * `half-pixel`: q = (p + 0.5) * scale - 0.5 + offset, the geometry of resized pixels.
 * `align-corners`: q = p * (size2 - 1) / (size1 - 1), centres of corner pixels coincide.
 */
export type CoordinateConvention = "half-pixel" | "align-corners";

/** From original pixels to network pixels, per axis; made by the functions of `core/frame.ts`. */
export interface Frame {
  readonly convention: CoordinateConvention;
  readonly original: Size;
  /** The picture the backbone sees, padding included. */
  readonly network: Size;
  readonly x: AxisMap;
  readonly y: AxisMap;
}

/** From network pixels to cells, per axis: `cell = (p - origin) / stride`; made by the functions of `core/frame.ts`. */
export interface Grid {
  /** `sampled`: descriptors computed at stated positions (dense SIFT, DAISY), not a division of the picture. */
  readonly convention: CoordinateConvention | "sampled";
  readonly rows: number;
  readonly cols: number;
  /** Network pixels per cell. */
  readonly stride: { readonly x: number; readonly y: number };
  /** Network pixel at the centre of cell (0, 0). */
  readonly origin: { readonly x: number; readonly y: number };
}

/** Where the cells of a map lie in the original picture. */
export interface Lattice {
  readonly frame: Frame;
  readonly grid: Grid;
}

/** Descriptors of one image on a grid of cells. */
export interface FeatureMap extends Lattice {
  readonly channels: number;
  /** [rows][cols][channels]. Not normalised unless the backbone's documentation says so. */
  readonly data: Float32Array;
  /** Name of the layer or part, for messages and for enhancers that treat parts differently. */
  readonly name: string;
}

/** Descriptors that are whole numbers 0..255: a quarter of the memory of a {@linkcode FeatureMap}. */
export interface ByteMap extends Lattice {
  readonly channels: number;
  /** [rows][cols][channels] */
  readonly data: Uint8Array;
  /** As {@linkcode FeatureMap.name}. */
  readonly name: string;
}

/** A rectangle of cells; right and bottom are excluded. */
export interface Block {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Descriptors that are made where operations take them, block by block: nobody holds all of them. */
export interface PartMap extends Lattice {
  readonly channels: number;
  /** As {@linkcode FeatureMap.name}. */
  readonly name: string;
  /** Memory of what they are made from. */
  readonly bytes: number;
  /** Brings that to the operations. Free it with `using`. */
  open(ops: Ops): Promise<OpenParts>;
}

/** A {@linkcode PartMap} in use. */
export interface OpenParts extends Disposable {
  /**
   * Descriptors of every `step`-th cell of a block, beginning with its first: the values of `extract`'s map.
   *
   * @param step default 1
   * @returns [rows][cols][channels]; the caller frees it
   */
  part(block: Block, step?: number): Promise<Tensor>;
}

/** Something that exists once for the source and once for the target. */
export interface Pair<T> {
  readonly source: T;
  readonly target: T;
}

/**
 * Similarities of source cells to all target cells, computed when asked for.
 * Implementations must not build the whole volume to answer `rows` or `sample` unless aggregation made it anyway.
 */
export interface CostVolume {
  readonly source: Lattice;
  readonly target: Lattice;
  /**
   * Similarities of whole source cells, named by index `row * cols + col`.
   * @returns [cells.length][target rows][target cols]
   */
  rows(cells: ArrayLike<number>): Promise<Float32Array>;
  /**
   * Similarities of source positions between cells. A volume of features interpolates the FEATURES bilinearly and
   * normalises after (the survey's rule); an aggregated volume interpolates its rows.
   * @returns [cells.n][target rows][target cols]
   */
  sample(cells: Cells): Promise<Float32Array>;
  /** The whole volume. @returns [source rows][source cols][target rows][target cols] */
  dense(): Promise<Float32Array>;
}

/** A dense field of target positions for every source cell. */
export interface Flow {
  readonly source: Lattice;
  readonly target: Lattice;
  /** [rows][cols][2]: target (x, y) in ORIGINAL pixels of the target image; NaN where the method gives none. */
  readonly data: Float32Array;
  /** [rows][cols], higher is better; absent where the method gives none. */
  readonly confidence?: Float32Array;
}

/** Turns a picture into one or more feature maps. */
export interface Backbone {
  /** Everything that can change a value of the maps, as one line: name, version, weights hash, options. The cache key. */
  readonly identity: string;
  /**
   * `disk` (default): maps are worth keeping between runs. `memory`: they are cheaper to compute than to keep (plain
   * descriptors); the cache writes them to disk only when memory overflows.
   */
  readonly keep?: "memory" | "disk";
  /** Why nothing made from its maps says anything (random weights); shown beside every number. */
  readonly meaningless?: string;
  /**
   * The maps of a picture. A method borrows them until its call (`correspond`, `flow`) has ended; what it keeps longer, or
   * returns, must be its own copy: their memory is used again, and a forgotten view of it has length 0.
   */
  extract(image: Image): Promise<FeatureMap[]>;
  /** The same descriptors as bytes, where they are whole numbers 0..255; kept in memory, never on disk. */
  extractBytes?(image: Image): Promise<ByteMap[]>;
  /** The same descriptors, made block by block; what they are made from is kept in memory, never on disk. */
  extractParts?(image: Image): Promise<PartMap[]>;
  /** Gives memory and sessions back. */
  close?(): Promise<void>;
}

/** Turns the maps of a backbone into the one map that is matched; may look at both images (co-PCA). */
export interface Enhancer {
  enhance(maps: Pair<FeatureMap[]>): Promise<Pair<FeatureMap>>;
}

/** Compares two maps. */
export interface Matcher {
  match(maps: Pair<FeatureMap>): Promise<CostVolume | Flow>;
}

/** Refines a cost volume by looking at all of it (mutual filter, 4-D convolution, transport, ...). */
export interface Aggregator {
  aggregate(volume: CostVolume, maps: Pair<FeatureMap>): Promise<CostVolume>;
}

/** Reads target positions out of a cost volume. */
export interface Localizer {
  /** @param queries positions on the source grid. @returns positions on the target grid, and the similarity there. */
  localize(volume: CostVolume, queries: Cells): Promise<Cells & { readonly score: Float32Array }>;
}

/** What a benchmark, the command line and a product see of any method. */
export interface Method {
  /** What can change a prediction beyond name, version and options: the hash of the method's own weights, the ops used. */
  readonly identity?: string;
  /** Why its matches say nothing (random weights); shown beside every number. */
  readonly meaningless?: string;
  /** Finds the target points of source points. Points may lie outside the picture only where the caller clamps them. */
  correspond(source: Image, target: Image, points: Points): Promise<Matches>;
  /** The dense field, for methods that have one and benchmarks that need one. */
  flow?(source: Image, target: Image): Promise<Flow>;
  close?(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------- plugins

/** A value an option can take; nested lists and maps come from YAML. */
export type OptionValue = boolean | number | string | null | readonly OptionValue[] | {
  readonly [key: string]: OptionValue;
};

/** One documented option: made by `option()` of `core/option.ts`. */
export interface OptionSpec<T extends OptionValue = OptionValue> {
  readonly value: T;
  readonly doc: string;
  /** The only values allowed. */
  readonly choices?: readonly T[];
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  /** Also allow these types of value, by `typeof` (or "null", "list"), beside the default's own. */
  readonly accepts?: readonly ("string" | "number" | "boolean" | "null" | "list")[];
}

/** A plugin's schema: option name -> spec. Names are lower-case with underscores. */
export type OptionSpecs = { readonly [name: string]: OptionSpec };

/** The plain values a plugin's `build` receives for its specs. */
export type OptionsOf<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends OptionSpec<infer T> ? Widen<T> : never;
};

/** `option(3, ...)` is a number, not the literal 3. */
export type Widen<T> = T extends boolean ? boolean : T extends number ? number : T extends string ? string : T;

/** What every `build` is given besides its options. */
export interface BuildContext {
  /** The plugin's own card. */
  readonly card: Card;
  /** Says one line to the user (progress-safe). */
  readonly log: (line: string) => void;
}

/** What a method's `build` is given. */
export interface MethodContext extends BuildContext {
  /** The chosen backbone behind the feature cache. */
  readonly backbone: Backbone;
  /** The chosen localizer. */
  readonly localizer: Localizer;
  /**
   * Heavy operations on cost volumes (`ops=auto|cuda|cpu|reference`), opened at the first call; a method that needs
   * them calls this in `build`, so that the run's record tells where they ran.
   */
  readonly ops: () => Promise<Ops>;
}

/** One of the backbones that another is made of. */
export interface BackbonePart {
  /** What its options and maps are called by: `backbone.<label>.<option>`, `<label>/<map>`. */
  readonly label: string;
  /** Name of its plugin. */
  readonly backbone: string;
}

/** What a backbone's `build` is given. */
export interface BackboneContext extends BuildContext {
  /** The parts its plugin asked for, by label, each behind the feature cache; absent where it asked for none. */
  readonly parts?: ReadonlyMap<string, Backbone>;
}

/** The default export of `backbones/<name>/mod.ts`. */
export interface BackbonePlugin<S extends OptionSpecs = OptionSpecs> {
  readonly defaults: S;
  /** For a backbone made of others: which ones. They are built first, each with its own options and cache. */
  parts?(options: OptionsOf<S>): readonly BackbonePart[];
  build(context: BackboneContext, options: OptionsOf<S>): Backbone | Promise<Backbone>;
}

/** The default export of `methods/<category>/<name>/mod.ts`. */
export interface MethodPlugin<S extends OptionSpecs = OptionSpecs> {
  readonly defaults: S;
  /**
   * Options of the backbone that follow from the method's own, by name: for methods whose checkpoint changes the network
   * itself. They win over everything but what the user sets.
   *
   * @param backbone name of the chosen one: a checkpoint may fit only one.
   */
  backboneOptions?(options: OptionsOf<S>, backbone: string): { readonly [name: string]: OptionValue };
  /** Called before the backbone is built, so that a method without its own weights says so first. Throws InputError. */
  check?(context: BuildContext, options: OptionsOf<S>): void | Promise<void>;
  build(context: MethodContext, options: OptionsOf<S>): Method | Promise<Method>;
}

/** A localizer by name: an entry of `core/localize/mod.ts`. */
export interface LocalizerPlugin<S extends OptionSpecs = OptionSpecs> {
  readonly doc: string;
  readonly defaults: S;
  build(options: OptionsOf<S>): Localizer;
}

/** What a benchmark's `build` is given: its card and where its data lies. */
export interface BenchmarkContext extends BuildContext {
  /** The folder named by `benchmark.root`, or the data folder's own entry; absent for embedded benchmarks. */
  readonly root?: string;
}

/** The default export of `benchmarks/<name>/mod.ts`. */
export interface BenchmarkPlugin<S extends OptionSpecs = OptionSpecs> {
  readonly defaults: S;
  build(context: BenchmarkContext, options: OptionsOf<S>): Benchmark | Promise<Benchmark>;
}

/** Who wrote a paper, where. */
export interface Paper {
  readonly title: string;
  readonly authors: readonly string[];
  readonly year: number;
  readonly venue: string;
  readonly url?: string;
}

/** A number printed in a paper, with the setting it was printed for. */
export interface ReportedNumber {
  readonly benchmark: string;
  /** Protocol name of this project where one matches, else the paper's words. */
  readonly protocol: string;
  readonly metric: string;
  /** In [0, 1]. */
  readonly value: number;
  /** Table, page or address it is printed at. */
  readonly source: string;
}

/** A weight file's facts. */
export interface WeightCard {
  readonly name: string;
  readonly url: string;
  readonly bytes?: number;
  /** Hex, or "recorded on first download". */
  readonly sha256: string;
  readonly licence: string;
  readonly source: string;
}

/** The YAML card beside every plugin, checked when it is indexed. */
export interface Card {
  readonly kind: "method" | "backbone" | "benchmark";
  readonly name: string;
  /** Parent folder of a method; empty for backbones and benchmarks. */
  readonly category: string;
  /** Bumped when numbers may change; part of a run's identity. */
  readonly version: number;
  readonly summary: string;
  readonly paper?: Paper;
  /** Licence of the official code (methods, backbones) or of the data (benchmarks). */
  readonly licence: string;
  readonly weightsLicence?: string;
  readonly backbone?: string;
  readonly localizer?: string;
  readonly supervision?: "none" | "zero-shot" | "weak" | "strong";
  readonly trainedOn: readonly string[];
  readonly weights: readonly WeightCard[];
  /** Command-line keys the card sets for its plugin, whatever the benchmark. */
  readonly settings: { readonly [key: string]: OptionValue };
  /** benchmark name -> command-line keys -> values. */
  readonly presets: { readonly [benchmark: string]: { readonly [key: string]: OptionValue } };
  readonly reported: readonly ReportedNumber[];
  /** Values that are the plugin's own business (data addresses, counts), as parsed. */
  readonly extra: { readonly [key: string]: OptionValue };
  /** Folder of the plugin. */
  readonly folder: string;
}

// ------------------------------------------------------------------------------------------------------- benchmarks

/** Difficulty fields of SPair-71k: 0 easy, 1 medium, 2 hard for the first two; 0 none, 1 source, 2 target, 3 both for the others. */
export interface Difficulty {
  readonly viewpoint?: number;
  readonly scale?: number;
  readonly truncation?: number;
  readonly occlusion?: number;
}

/** One annotated pair. `source.n === target.n`; row i of both is the same keypoint. */
export interface BenchmarkPair {
  /** Unique within the benchmark and stable between versions of this project. */
  readonly id: string;
  readonly category: string;
  readonly images: Pair<ImageRef>;
  readonly points: Pair<Points>;
  /** Keypoint id or name per row, where the data names them. */
  readonly keypoints?: readonly string[];
  readonly boxes?: Pair<Box>;
  readonly difficulty?: Difficulty;
  /** Ids visible in one image only, where the data tells (for geometry-aware subsets and KAP). */
  readonly unmatched?: Pair<readonly string[]>;
  /** Dense ground truth, loaded when asked for. */
  readonly dense?: () => Promise<DenseTruth>;
}

/** Dense ground truth of a pair. */
export interface DenseTruth {
  /** Size of the source image: the arrays below have its shape. */
  readonly size: Size;
  /** [height][width][2]: target (x, y) in original pixels; NaN where unknown or hidden. Absent for mask-only data. */
  readonly flow?: Float32Array;
  /** Foreground masks, 0 or 1: [height][width] of each image. */
  readonly masks?: Pair<Uint8Array>;
  /** The annotated outline of each object, where masks come from one: two polygons, not matching points. */
  readonly outlines?: Pair<Points>;
}

/** Where a benchmark's PCK threshold comes from unless a protocol says otherwise. */
export type ThresholdSource = "box" | "keypoints" | "image";

/** A set of annotated pairs. */
export interface Benchmark {
  readonly name: string;
  readonly split: string;
  /** The paper's rule for this data: target box (SPair-71k), tight keypoint box (PF-WILLOW) or image side (PF-PASCAL). */
  readonly threshold: ThresholdSource;
  /** True for rendered data: every result made from it says so. */
  readonly synthetic: boolean;
  readonly pairs: readonly BenchmarkPair[];
  /** Hash of everything scored against: ids, points, boxes, sizes. */
  readonly sha256: string;
  /** Lines the user should see (pairs left out and why, counts that differ from the official ones). */
  readonly notes: readonly string[];
}
