/**
 * What a pickle holds once it is read: data, and inert records of everything that is not.
 *
 * @module
 */

/** A module-level name of Python: never resolved. */
export class PickleGlobal {
  constructor(readonly module: string, readonly name: string) {}

  /** `module.name`. */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An object of a class this project does not know, kept as it was described. */
export class PickleObject {
  state: PickleValue = null;
  constructor(readonly type: PickleValue, readonly args: PickleValue) {}
}

/** What a persistent id stands for; the reader of a format gives it a meaning. */
export class PicklePersistent {
  constructor(readonly id: PickleValue) {}
}

/** Lists, tuples and sets are arrays; dicts are maps in insertion order; integers beyond 2^53 are bigints. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject
  | PicklePersistent
  | PickleForeign;

/** A value made by the table of constructors. */
export abstract class PickleForeign {}
