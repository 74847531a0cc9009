/**
 * What methods that match one map do with a backbone that gives several.
 *
 * @module
 */
import { ConfigError, InputError } from "../errors.ts";
import { withConvention } from "../frame.ts";
import { option } from "../option.ts";
import type { Enhancer, FeatureMap, OptionValue } from "../types.ts";
import { concat } from "./concat.ts";

/** Names of the ways to join maps. */
export const JOINS = ["none", "concat"] as const;

/** Options of methods that match one map. */
export const joinOptions = {
  join: option("none", "several maps of a backbone: refuse them, or normalise each and lay them side by side", {
    choices: JOINS,
  }),
  join_weights: option([] as OptionValue, "a factor per joined map, in the backbone's order; empty: 1 each", {
    accepts: ["list"],
  }),
};

/**
 * The one map to match, read under a coordinate convention: `native` as the backbone describes it, or `align-corners` as
 * the survey's code does for every network, which also joins maps corner on corner.
 *
 * With `join: none` several maps are refused, since which of them shall count is the user's to say.
 *
 * @throws InputError where weights are no numbers; ConfigError, when pictures come, where there are several maps.
 */
export function joinMaps(options: { join: string; join_weights: OptionValue; convention: string }): Enhancer {
  const aligned = options.convention === "align-corners";
  const weights = numbers(options.join_weights);
  if (options.join === "none" && weights.length > 0) {
    throw new InputError("Cannot use join_weights without joining maps; set join=concat");
  }
  const join = options.join === "concat"
    ? concat({ weights, resampling: aligned ? "align-corners" : "geometry" })
    : { enhance: refuseSeveral };
  if (!aligned) return join;
  return {
    async enhance(maps) {
      const { source, target } = await join.enhance(maps);
      return { source: withConvention(source, "align-corners"), target: withConvention(target, "align-corners") };
    },
  };
}

const refuseSeveral: Enhancer["enhance"] = ({ source, target }) => {
  const only = (maps: FeatureMap[]): FeatureMap => {
    if (maps.length === 1) return maps[0]!;
    throw new ConfigError(
      `Cannot choose among ${maps.length} maps (${maps.map((map) => map.name).join(", ")}): this method matches one; ` +
        "choose one layer, or set join=concat",
    );
  };
  return Promise.try(() => ({ source: only(source), target: only(target) }));
};

/** A list of numbers out of an option. @throws InputError where it is none */
export function numbers(value: OptionValue): number[] {
  const list = Array.isArray(value) ? value : [value];
  if (!list.every((entry) => typeof entry === "number" && Number.isFinite(entry))) {
    throw new InputError(
      `Cannot use ${JSON.stringify(value)} as factors: a list of numbers is needed, such as [1,0.5]`,
    );
  }
  return list as number[];
}
