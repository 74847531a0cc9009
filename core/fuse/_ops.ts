/** Native operations for tests of methods, which reach `ffi/` through the core only. */
export { openOps } from "../../ffi/mod.ts";
