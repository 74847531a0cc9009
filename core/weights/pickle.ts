/**
 * Reads Python pickles as data.
 *
 * A pickle is a program for a small stack machine; this one has no instruction that imports, calls or runs anything.
 * Globals are names, objects of unknown classes are inert records, and what a "call" means is decided by a table of a
 * few known constructors. A pickle that names a way to run commands is refused outright: such a file is hostile, even
 * though nothing here could run it.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { isHostile } from "./_hostile.ts";
import { broken, PickleCursor } from "./_pickle_cursor.ts";
import { PickleGlobal, PickleObject, PicklePersistent, type PickleValue } from "./pickle_values.ts";

/** Meaning of a call: known constructors by `module.name`. Answers undefined to leave an inert record. */
export type PickleReducer = (callable: string, args: PickleValue[]) => PickleValue | undefined;

const MARK = Symbol("mark");

/**
 * Reads one pickle.
 *
 * @param bytes may hold more after the pickle
 * @returns the value and the position after the pickle
 * @throws InputError where the pickle is damaged, uses an unknown instruction, or names a way to run commands.
 */
export function readPickle(
  bytes: Uint8Array,
  origin: string,
  reduce: PickleReducer,
  start = 0,
): { value: PickleValue; end: number } {
  return new Machine(bytes, origin, reduce, start).run();
}

class Machine {
  readonly #in: PickleCursor;
  readonly #origin: string;
  readonly #reduce: PickleReducer;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, origin: string, reduce: PickleReducer, start: number) {
    this.#in = new PickleCursor(bytes, origin, start);
    this.#origin = origin;
    this.#reduce = reduce;
  }

  run(): { value: PickleValue; end: number } {
    while (true) {
      const code = this.#in.byte();
      if (code === 0x2e) return { value: this.#pop(), end: this.#in.at }; // .  STOP
      this.#step(code);
    }
  }

  #step(code: number): void {
    const stack = this.#stack;
    switch (code) {
      case 0x80: // PROTO
        if (this.#in.byte() > 5) throw broken(this.#origin, "uses a pickle protocol above 5");
        return;
      case 0x95: // FRAME
        this.#in.take(8);
        return;
      case 0x28: // (  MARK
        stack.push(MARK);
        return;
      case 0x30: // 0  POP
        stack.pop();
        return;
      case 0x31: // 1  POP_MARK
        this.#popMark();
        return;
      case 0x32: { // 2  DUP
        const top = this.#pop();
        stack.push(top, top);
        return;
      }
      case 0x4e: // N
        stack.push(null);
        return;
      case 0x88:
      case 0x89:
        stack.push(code === 0x88);
        return;
      case 0x4b: // K  BININT1
        stack.push(this.#in.byte());
        return;
      case 0x4d: // M  BININT2
        stack.push(this.#in.view.getUint16(this.#in.take(2), true));
        return;
      case 0x4a: // J  BININT
        stack.push(this.#in.view.getInt32(this.#in.take(4), true));
        return;
      case 0x49: { // I  INT, also the booleans of protocol 0
        const text = this.#in.line();
        stack.push(text === "00" ? false : text === "01" ? true : this.#in.integer(text));
        return;
      }
      case 0x4c: // L  LONG
        stack.push(this.#in.integer(this.#in.line().replace(/L$/, "")));
        return;
      case 0x8a: // LONG1
        stack.push(this.#in.long(this.#in.byte()));
        return;
      case 0x8b: // LONG4
        stack.push(this.#in.long(this.#in.length(4)));
        return;
      case 0x47: // G  BINFLOAT
        stack.push(this.#in.view.getFloat64(this.#in.take(8), false));
        return;
      case 0x46: // F  FLOAT
        stack.push(Number(this.#in.line()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(this.#in.text(this.#in.byte()));
        return;
      case 0x58: // X  BINUNICODE
        stack.push(this.#in.text(this.#in.length(4)));
        return;
      case 0x8d: // BINUNICODE8
        stack.push(this.#in.text(this.#in.length(8)));
        return;
      case 0x56: // V  UNICODE
        stack.push(this.#in.line());
        return;
      case 0x55: // U  SHORT_BINSTRING
        stack.push(this.#in.latin1(this.#in.byte()));
        return;
      case 0x54: // T  BINSTRING
        stack.push(this.#in.latin1(this.#in.length(4)));
        return;
      case 0x53: // S  STRING
        stack.push(this.#in.line().replace(/^(['"])(.*)\1$/s, "$2"));
        return;
      case 0x43: // C  SHORT_BINBYTES
        stack.push(this.#in.slice(this.#in.byte()));
        return;
      case 0x42: // B  BINBYTES
        stack.push(this.#in.slice(this.#in.length(4)));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(this.#in.slice(this.#in.length(8)));
        return;
      default:
        this.#container(code);
    }
  }

  #container(code: number): void {
    const stack = this.#stack;
    switch (code) {
      case 0x5d: // ]  EMPTY_LIST
      case 0x29: // )  EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        stack.push([]);
        return;
      case 0x7d: // }  EMPTY_DICT
        stack.push(new Map());
        return;
      case 0x6c: // l  LIST
      case 0x74: // t  TUPLE
      case 0x91: // FROZENSET
        stack.push(this.#popMark());
        return;
      case 0x64: // d  DICT
        stack.push(this.#fill(new Map(), this.#popMark()));
        return;
      case 0x85:
      case 0x86:
      case 0x87: { // TUPLE1, TUPLE2, TUPLE3
        const items = Array.from({ length: code - 0x84 }, () => this.#pop());
        stack.push(items.reverse());
        return;
      }
      case 0x61: { // a  APPEND
        const item = this.#pop();
        this.#extend(this.#top(), [item]);
        return;
      }
      case 0x65: // e  APPENDS
      case 0x90: { // ADDITEMS
        const items = this.#popMark();
        this.#extend(this.#top(), items);
        return;
      }
      case 0x73: { // s  SETITEM
        const value = this.#pop();
        const key = this.#pop();
        this.#fill(this.#top(), [key, value]);
        return;
      }
      case 0x75: { // u  SETITEMS
        const items = this.#popMark();
        this.#fill(this.#top(), items);
        return;
      }
      default:
        this.#reference(code);
    }
  }

  #reference(code: number): void {
    const stack = this.#stack;
    switch (code) {
      case 0x71: // q  BINPUT
        this.#memo.set(this.#in.byte(), this.#top());
        return;
      case 0x72: // r  LONG_BINPUT
        this.#memo.set(this.#in.length(4), this.#top());
        return;
      case 0x70: // p  PUT
        this.#memo.set(Number(this.#in.line()), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x68: // h  BINGET
        stack.push(this.#recall(this.#in.byte()));
        return;
      case 0x6a: // j  LONG_BINGET
        stack.push(this.#recall(this.#in.length(4)));
        return;
      case 0x67: // g  GET
        stack.push(this.#recall(Number(this.#in.line())));
        return;
      case 0x63: // c  GLOBAL
        stack.push(this.#global(this.#in.line(), this.#in.line()));
        return;
      case 0x93: { // STACK_GLOBAL
        const name = this.#pop();
        stack.push(this.#global(String(this.#pop()), String(name)));
        return;
      }
      case 0x51: // Q  BINPERSID
        stack.push(new PicklePersistent(this.#pop()));
        return;
      case 0x50: // P  PERSID
        stack.push(new PicklePersistent(this.#in.line()));
        return;
      default:
        this.#construct(code);
    }
  }

  #construct(code: number): void {
    const stack = this.#stack;
    switch (code) {
      case 0x52: // R  REDUCE
      case 0x81: { // NEWOBJ
        const args = this.#pop();
        stack.push(this.#make(this.#pop(), args));
        return;
      }
      case 0x92: { // NEWOBJ_EX
        this.#pop();
        const args = this.#pop();
        stack.push(this.#make(this.#pop(), args));
        return;
      }
      case 0x6f: { // o  OBJ
        const [type = null, ...args] = this.#popMark();
        stack.push(this.#make(type, args));
        return;
      }
      case 0x69: { // i  INST
        const type = this.#global(this.#in.line(), this.#in.line());
        stack.push(this.#make(type, this.#popMark()));
        return;
      }
      case 0x62: { // b  BUILD
        const state = this.#pop();
        const target = this.#top();
        // A dict's or tensor's own attributes (OrderedDict._metadata) say nothing about values.
        if (target instanceof PickleObject) target.state = state;
        return;
      }
      default:
        throw broken(this.#origin, `holds the unknown instruction 0x${code.toString(16)} at byte ${this.#in.at - 1}`);
    }
  }

  #make(type: PickleValue, args: PickleValue): PickleValue {
    if (type instanceof PickleGlobal && Array.isArray(args)) {
      const known = this.#reduce(type.path, args);
      if (known !== undefined) return known;
    }
    return new PickleObject(type, args);
  }

  #global(module: string, name: string): PickleGlobal {
    const path = `${module}.${name}`;
    if (isHostile(module, name)) {
      throw new InputError(
        `Cannot read "${this.#origin}": its pickle asks for ${path}, a way to run commands; nothing was run, do not use this file`,
      );
    }
    return new PickleGlobal(module, name);
  }

  #fill(target: PickleValue, items: PickleValue[]): PickleValue {
    if (items.length % 2 !== 0) throw broken(this.#origin, "holds a key without a value");
    // Subclasses of dict arrive as records; their entries are not needed.
    if (target instanceof Map) { for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!); }
    else if (!(target instanceof PickleObject)) {
      throw broken(this.#origin, "sets an entry of something that is no dict");
    }
    return target;
  }

  #extend(target: PickleValue, items: PickleValue[]): void {
    if (Array.isArray(target)) { for (const item of items) target.push(item); }
    else if (!(target instanceof PickleObject)) throw broken(this.#origin, "appends to something that is no list");
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw broken(this.#origin, `recalls value ${index}, which was never stored`);
    return value;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw broken(this.#origin, "takes from an empty stack");
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw broken(this.#origin, "looks at an empty stack");
    return value;
  }

  #popMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw broken(this.#origin, "closes a group it never opened");
    return this.#stack.splice(at).slice(1) as PickleValue[];
  }
}
