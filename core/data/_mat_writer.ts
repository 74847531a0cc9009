// The place it had before; tests/cli_test.ts still imports it from here.
export * from "./testing/mat_writer.ts";
