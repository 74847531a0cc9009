import { resnetTaps } from "./_golden.ts";

export default resnetTaps("resnet101_taps", 101, 3);
