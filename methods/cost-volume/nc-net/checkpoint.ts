/**
 * Names of NC-Net's published checkpoints.
 *
 * @module
 */

/** The trunk that a checkpoint carries beside the network: a ResNet-101 up to its third stage. */
export const TRUNK = ["FeatureExtraction.model.*"] as const;

/** The network's name of a tensor. The oldest checkpoints say "vgg" where they mean whatever trunk was used. */
export function parameterName(name: string): string {
  return name.replace("vgg", "model");
}
