/**
 * Turns a network into a backbone: pictures in, feature maps out, one session per picture size.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { divideGrid } from "../frame.ts";
import { fit } from "../image/fit.ts";
import type { Backbone, Card, FeatureMap, Frame, Image, Size } from "../types.ts";
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
   * `planes`: [1, channels, rows, cols]; `tokens`: [1, prefix + rows * cols,
   * channels] whose first tokens are no patches. `auto`: by the number of axes.
   */
  readonly layout: "planes" | "tokens" | "auto";
  /** Cells of the map; from the output's own shape for `planes`. */
  readonly rows?: number;
  readonly cols?: number;
}

/** A network for one picture size. Its only input takes [1, 3, height, width]. */
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
  /** Builds the network for one size. Called once per size while its session is open. */
  readonly build: (size: Size) => SizedNetwork;
}

/**
 * A backbone that runs a network in the inference worker.
 *
 * Grids divide the picture by the half-pixel convention; `withConvention` reads them otherwise.
 */
export function networkBackbone(parts: NetworkBackbone): Backbone {
  const { card, picture, session, multiple } = parts;
  const sessions = new SessionCache(session.sessions, (size) => {
    const network = parts.build(size);
    return { network, session: Session.open(network.model, session) };
  });
  // Threads, memory and the like change no value; where the picture comes from does, and so may the provider.
  const { fit: how, size, enlarge, resample, normalise } = picture;
  const settings = { fit: how, size, enlarge, resample, normalise, provider: session.provider, ...parts.identity };
  return {
    identity: `${card.name} v${card.version} ${JSON.stringify(settings)}`,
    keep: "disk",
    async extract(image: Image): Promise<FeatureMap[]> {
      const fitted = fit(image, fitOf(picture, multiple));
      const { width, height } = fitted.size;
      const data = normalisedPlanes(fitted.pixels, fitted.size, picture.normalise as Normalisation);
      const { network, outputs } = await sessions.run(fitted.size, { shape: [1, 3, height, width], data });
      return network.taps.map((tap) => featureMap(tap, outputs[tap.output]!, fitted.size, fitted.frame));
    },
    close: () => sessions.close(),
  };
}

interface Opened {
  readonly network: SizedNetwork;
  readonly session: Promise<Session>;
}

/** Open sessions by picture size; the one unused for longest is closed when there are too many. */
class SessionCache {
  readonly #open = new Map<string, Opened>();

  constructor(readonly limit: number, readonly make: (size: Size) => Opened) {}

  async run(size: Size, input: Tensor): Promise<{ network: SizedNetwork; outputs: { [name: string]: Tensor } }> {
    const { network, session } = this.#get(size);
    const [name] = Object.keys(network.model.inputs);
    // No await between looking up and asking: a session may be closed by another call, and questions keep their order.
    return { network, outputs: await (await session).run({ [name!]: input }) };
  }

  #get(size: Size): Opened {
    const key = `${size.width}x${size.height}`;
    let opened = this.#open.get(key);
    if (opened === undefined) {
      opened = this.make(size);
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
