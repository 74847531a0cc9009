/**
 * Turns a network into a backbone: pictures in, feature maps out, one session per picture size.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { divideGrid } from "../frame.ts";
import { fit } from "../image/fit.ts";
import { joined } from "../joined.ts";
import type { Backbone, Card, FeatureMap, Frame, Image, Size } from "../types.ts";
import { Batcher } from "./batcher.ts";
import type { Model } from "./model.ts";
import { fitOf, type Normalisation, normalisedPlanes, type PictureOptions } from "./picture_options.ts";
import { Session, type Tensor } from "./session.ts";
import type { SessionOptions } from "./session_options.ts";

/** How an output of a network becomes a feature map. */
export interface Tap {
  /** Name of the output. */
  readonly output: string;
  /** Name of the map, for messages and for methods that tell layers apart. */
  readonly name: string;
  /**
   * `planes`: [n, channels, rows, cols]; `tokens`: [n, prefix + rows * cols, channels] whose first tokens are no
   * patches; n is the number of pictures. `auto`: by the number of axes.
   */
  readonly layout: "planes" | "tokens" | "auto";
  /** Cells of the map; from the output's own shape for `planes`. */
  readonly rows?: number;
  readonly cols?: number;
}

/** A network for one number of pictures of one size. Its only input takes [n, 3, height, width]. */
export interface SizedNetwork {
  readonly model: Model;
  readonly taps: readonly Tap[];
}

/** What a learned backbone is made of. */
export interface NetworkBackbone {
  readonly card: Card;
  /** Everything that changes a value beside the options below: weights' hashes, layers, variants. */
  readonly identity: Readonly<Record<string, unknown>>;
  /** Sides of pictures must be multiples of this. */
  readonly multiple: number;
  readonly picture: PictureOptions;
  readonly session: SessionOptions;
  /** Pictures of one size that run together where they are asked for together. Default 1. */
  readonly batch?: number;
  /** Builds the network for `count` pictures of one size. Called once for each while its session is open. */
  readonly build: (size: Size, count: number) => SizedNetwork;
}

/** A fitted picture: [3][height][width]. */
interface Planes {
  readonly size: Size;
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * A backbone that runs a network in the inference worker.
 *
 * Grids divide the picture by the half-pixel convention; `withConvention` reads them otherwise.
 */
export function networkBackbone(parts: NetworkBackbone): Backbone {
  const { card, picture, session, multiple, batch = 1 } = parts;
  const sessions = new SessionCache(session.sessions, (size, count) => {
    const network = parts.build(size, count);
    return { network, session: Session.open(network.model, session) };
  });
  const batches = new Batcher<Planes, Outcome>(batch, async (pictures) => {
    const { size: { width, height } } = pictures[0];
    if (pictures.length === 1) {
      const [{ data }] = pictures;
      return [await sessions.run({ width, height }, 1, { shape: [1, 3, height, width], data })];
    }
    const count = pictures.length;
    const data = joined(pictures.map(({ data }) => data));
    const { network, outputs, recycle } = await sessions.run({ width, height }, count, {
      shape: [count, 3, height, width],
      data,
    });
    const parts = pictures.map((_, i) => ({ network, outputs: entryOf(outputs, i, count), recycle: () => {} }));
    recycle();
    return parts;
  });
  // Threads, memory and the like change no value; where the picture comes from does, and so may the provider.
  const { fit: how, size, enlarge, resample, normalise } = picture;
  const settings = {
    fit: how,
    size,
    enlarge,
    resample,
    normalise,
    provider: session.provider,
    // Sums over more pictures may be taken in another order.
    ...(batch > 1 && { batch }),
    ...parts.identity,
  };
  return {
    identity: `${card.name} v${card.version} ${JSON.stringify(settings)}`,
    keep: "disk",
    async extract(image: Image): Promise<FeatureMap[]> {
      const fitted = fit(image, fitOf(picture, multiple));
      const data = normalisedPlanes(fitted.pixels, fitted.size, picture.normalise as Normalisation);
      const { width, height } = fitted.size;
      const { network, outputs, recycle } = await batches.ask(`${width}x${height}`, { size: fitted.size, data });
      const maps = network.taps.map((tap) => featureMap(tap, outputs[tap.output]!, fitted.size, fitted.frame));
      const given = new Set<ArrayBufferLike>(maps.map((map) => map.data.buffer));
      if (!Object.values(outputs).some((output) => given.has(output.data.buffer))) recycle();
      return maps;
    },
    close: () => sessions.close(),
  };
}

/** What a network gave for a picture. */
interface Outcome {
  readonly network: SizedNetwork;
  readonly outputs: { readonly [name: string]: Tensor };
  /** To be called when all outputs were copied out of: the next run writes into their memory. */
  readonly recycle: () => void;
}

interface Opened {
  readonly network: SizedNetwork;
  readonly session: Promise<Session>;
}

/** Copy of what a network gave for picture `i` of `count`. */
function entryOf(outputs: Outcome["outputs"], i: number, count: number): Outcome["outputs"] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => {
      if (shape[0] !== count) {
        throw new InputError(`Cannot use output "${name}" of ${count} pictures: its shape is [${shape}]; use batch=1`);
      }
      const length = data.length / count;
      return [name, { shape: [1, ...shape.slice(1)], data: data.slice(i * length, (i + 1) * length) }];
    }),
  );
}

/** Open sessions by picture size and count; the one unused for longest is closed when there are too many. */
class SessionCache {
  readonly #open = new Map<string, Opened>();

  constructor(readonly limit: number, readonly make: (size: Size, count: number) => Opened) {}

  async run(size: Size, count: number, input: Tensor): Promise<Outcome> {
    const { network, session } = this.#get(size, count);
    const [name] = Object.keys(network.model.inputs);
    // No await between looking up and asking: a session may be closed by another call, and questions keep their order.
    const open = await session;
    const outputs = await open.run({ [name!]: input });
    return { network, outputs, recycle: () => open.recycle(outputs) };
  }

  #get(size: Size, count: number): Opened {
    const key = `${size.width}x${size.height}x${count}`;
    let opened = this.#open.get(key);
    if (opened === undefined) {
      opened = this.make(size, count);
      opened.session.catch(() => this.#open.delete(key));
    } else this.#open.delete(key);
    // Maps keep the order of insertion: the first entry is the one unused for longest.
    this.#open.set(key, opened);
    for (const [old, { session }] of this.#open) {
      if (this.#open.size <= this.limit) break;
      this.#open.delete(old);
      session.then((open) => open.close(), () => {});
    }
    return opened;
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ session }) => session.then((opened) => opened.close(), () => {})));
  }
}

function featureMap(tap: Tap, output: Tensor, size: Size, frame: Frame): FeatureMap {
  const planes = tap.layout === "planes" || (tap.layout === "auto" && output.shape.length === 4);
  const { rows, cols, channels, data } = planes ? fromPlanes(tap, output) : fromTokens(tap, output);
  return { name: tap.name, channels, data, frame, grid: divideGrid(size, rows, cols, "half-pixel") };
}

interface Cells {
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  readonly data: Float32Array;
}

function fromTokens({ name, rows, cols }: Tap, { shape, data }: Tensor): Cells {
  const channels = shape[2];
  if (shape.length !== 3 || channels === undefined || rows === undefined || cols === undefined) {
    throw new InputError(`Cannot use output "${name}" as tokens: its shape is [${shape}], not [1, tokens, channels]`);
  }
  const prefix = shape[1]! - rows * cols;
  if (prefix < 0) throw new InputError(`Cannot use output "${name}": ${shape[1]} tokens for ${rows} x ${cols} patches`);
  return { rows, cols, channels, data: prefix === 0 ? data : data.slice(prefix * channels) };
}

/** Square tiles that are moved at once, so that both sides of a transposition stay in the cache. */
const TILE = 32;

function fromPlanes({ name }: Tap, { shape, data }: Tensor): Cells {
  const [, channels, rows, cols] = shape as [number, number, number, number];
  if (shape.length !== 4 || shape[0] !== 1) {
    throw new InputError(
      `Cannot use output "${name}" as a map: its shape is [${shape}], not [1, channels, rows, cols]`,
    );
  }
  const count = rows * cols;
  const out = new Float32Array(count * channels);
  for (let i0 = 0; i0 < count; i0 += TILE) {
    const i1 = Math.min(i0 + TILE, count);
    for (let c0 = 0; c0 < channels; c0 += TILE) {
      const c1 = Math.min(c0 + TILE, channels);
      for (let i = i0; i < i1; i++) {
        for (let c = c0, from = c0 * count + i; c < c1; c++, from += count) out[i * channels + c] = data[from]!;
      }
    }
  }
  return { rows, cols, channels, data: out };
}
