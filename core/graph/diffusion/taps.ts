import { InputError } from "../../errors.ts";
import type { OptionValue } from "../../types.ts";
import type { Value } from "../graph.ts";
import type { Unet, UnetConfig } from "./unet.ts";

/** A place on the way up of a U-Net. */
export interface UpTap {
  /** Of the feature map: `up1`, or `up1.0`. */
  readonly name: string;
  /** Up block, the coarsest first. */
  readonly block: number;
  /** Its residual block; absent: after the last one and the upsampling. */
  readonly layer?: number;
}

/**
 * Reads what to tap, one place or a list: `1` and `up1` are after up block 1 with its upsampling; `up1.0` is after its
 * residual block 0 and that one's attention. The last residual block's number, `up1.2` of Stable Diffusion, is the place
 * right before the upsampling.
 *
 * @throws InputError for what names no place of the network, or one twice.
 */
export function parseTaps(value: OptionValue, { channels, blocks }: UnetConfig, network: string): UpTap[] {
  const taps = [value].flat().map((entry): UpTap => {
    const found = /^(?:up)?(\d+)$|^up(\d+)\.(\d+)$/.exec(String(entry));
    const block = Number(found?.[1] ?? found?.[2] ?? NaN);
    const layer = found?.[3] === undefined ? undefined : Number(found[3]);
    if (!(block < channels.length) || layer !== undefined && layer > blocks) {
      throw new InputError(
        `Cannot read ${JSON.stringify(entry)} of ${network}: the way up has blocks up0 to up${channels.length - 1}, ` +
          `and before each one's upsampling its layers upK.0 to upK.${blocks}`,
      );
    }
    return layer === undefined ? { name: `up${block}`, block } : { name: `up${block}.${layer}`, block, layer };
  });
  const twice = taps.find(({ name }, i) => taps.findIndex((tap) => tap.name === name) < i);
  if (twice !== undefined) {
    throw new InputError(`Cannot read ${twice.name} of ${network} twice; name it once in layers`);
  }
  if (taps.length === 0) {
    throw new InputError(`Cannot read nothing of ${network}; name a block in layers, as 1 or up1.0`);
  }
  return taps;
}

/** The value at a place. */
export function tapped({ up, upLayers }: Unet, { block, layer }: UpTap): Value {
  return layer === undefined ? up[block]! : upLayers[block]![layer]!;
}
