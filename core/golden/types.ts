/** One compared value of a recorded case: a tensor, a number, a table. */
export interface GoldenCheck {
  /** `case/output`, unique within the folder. */
  readonly name: string;
  /** Largest absolute error, in the output's own unit. */
  readonly error: number;
  /** The error allowed where it was largest relative to its allowance. */
  readonly tolerance: number;
  readonly pass: boolean;
  /** Why a check is special, or why it failed when no number says it. */
  readonly note?: string;
}

/**
 * Proves code against one folder of recorded vectors. The default export of `<folder>.golden.ts`, a file that lies
 * beside the code it proves; `deno task golden path=DIR` finds it by that name.
 */
export interface GoldenRunner {
  /** Name of the folder under the golden path. */
  readonly folder: string;
  /** @param dir the folder itself. Yields every check, in a fixed order; throws InputError on a broken folder. */
  run(dir: string): AsyncIterable<GoldenCheck>;
}
