/**
 * Every operation a network can be written with.
 *
 * @module
 */
export * from "./attention.ts";
export * from "./conv.ts";
export * from "./elementwise.ts";
export * from "./linear.ts";
export * from "./norm.ts";
export * from "./sample.ts";
export * from "./shape.ts";
