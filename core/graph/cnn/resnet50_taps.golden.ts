import { resnetTaps } from "./_golden.ts";

export default resnetTaps("resnet50_taps", 50, 4);
