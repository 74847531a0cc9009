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

/** Meaning of a call: known constructors by `module.name`. Answers undefined to leave an inert record. */
export type PickleReducer = (callable: string, args: PickleValue[]) => PickleValue | undefined;

/** Modules through which pickles are known to run code. */
const HOSTILE =
  /^(os|nt|posix|sys|subprocess|shutil|runpy|pty|socket|ctypes|importlib|imp|pkgutil|code|codeop|commands|popen2|pdb|bdb|cProfile|profile|timeit|trace|webbrowser|asyncio|multiprocessing|threading|_thread|signal|tempfile|io|glob|http|urllib|ftplib|smtplib|ssl|xmlrpc|pickle|_pickle|dill|cloudpickle|joblib|marshal|shelve|platform|venv|ensurepip|pip|distutils|setuptools|doctest|idlelib|tkinter|antigravity|torch\.hub|torch\.utils\.cpp_extension|torch\.jit|numpy\.testing|numpy\.f2py|numpy\.distutils)(\.|$)/;
const HOSTILE_NAMES =
  /^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|input|__import__|getattr|setattr|delattr|globals|locals|vars|breakpoint|apply|map|exit|quit)$|^(operator|_operator)\./;

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
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #origin: string;
  readonly #reduce: PickleReducer;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at: number;

  constructor(bytes: Uint8Array, origin: string, reduce: PickleReducer, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#origin = origin;
    this.#reduce = reduce;
    this.#at = start;
  }

  run(): { value: PickleValue; end: number } {
    while (true) {
      const code = this.#byte();
      if (code === 0x2e) return { value: this.#pop(), end: this.#at }; // .  STOP
      this.#step(code);
    }
  }

  #step(code: number): void {
    const stack = this.#stack;
    switch (code) {
      case 0x80: // PROTO
        if (this.#byte() > 5) throw this.#broken("uses a pickle protocol above 5");
        return;
      case 0x95: // FRAME
        this.#take(8);
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
        stack.push(this.#byte());
        return;
      case 0x4d: // M  BININT2
        stack.push(this.#view.getUint16(this.#take(2), true));
        return;
      case 0x4a: // J  BININT
        stack.push(this.#view.getInt32(this.#take(4), true));
        return;
      case 0x49: { // I  INT, also the booleans of protocol 0
        const text = this.#line();
        stack.push(text === "00" ? false : text === "01" ? true : this.#integer(text));
        return;
      }
      case 0x4c: // L  LONG
        stack.push(this.#integer(this.#line().replace(/L$/, "")));
        return;
      case 0x8a: // LONG1
        stack.push(this.#long(this.#byte()));
        return;
      case 0x8b: // LONG4
        stack.push(this.#long(this.#length(4)));
        return;
      case 0x47: // G  BINFLOAT
        stack.push(this.#view.getFloat64(this.#take(8), false));
        return;
      case 0x46: // F  FLOAT
        stack.push(Number(this.#line()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(this.#text(this.#byte()));
        return;
      case 0x58: // X  BINUNICODE
        stack.push(this.#text(this.#length(4)));
        return;
      case 0x8d: // BINUNICODE8
        stack.push(this.#text(this.#length(8)));
        return;
      case 0x56: // V  UNICODE
        stack.push(this.#line());
        return;
      case 0x55: // U  SHORT_BINSTRING
        stack.push(this.#latin1(this.#byte()));
        return;
      case 0x54: // T  BINSTRING
        stack.push(this.#latin1(this.#length(4)));
        return;
      case 0x53: // S  STRING
        stack.push(this.#line().replace(/^(['"])(.*)\1$/s, "$2"));
        return;
      case 0x43: // C  SHORT_BINBYTES
        stack.push(this.#slice(this.#byte()));
        return;
      case 0x42: // B  BINBYTES
        stack.push(this.#slice(this.#length(4)));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(this.#slice(this.#length(8)));
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
        this.#memo.set(this.#byte(), this.#top());
        return;
      case 0x72: // r  LONG_BINPUT
        this.#memo.set(this.#length(4), this.#top());
        return;
      case 0x70: // p  PUT
        this.#memo.set(Number(this.#line()), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x68: // h  BINGET
        stack.push(this.#recall(this.#byte()));
        return;
      case 0x6a: // j  LONG_BINGET
        stack.push(this.#recall(this.#length(4)));
        return;
      case 0x67: // g  GET
        stack.push(this.#recall(Number(this.#line())));
        return;
      case 0x63: // c  GLOBAL
        stack.push(this.#global(this.#line(), this.#line()));
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
        stack.push(new PicklePersistent(this.#line()));
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
        const type = this.#global(this.#line(), this.#line());
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
        throw this.#broken(`holds the unknown instruction 0x${code.toString(16)} at byte ${this.#at - 1}`);
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
    if (HOSTILE.test(module) || HOSTILE_NAMES.test(path)) {
      throw new InputError(
        `Cannot read "${this.#origin}": its pickle asks for ${path}, a way to run commands; nothing was run, do not use this file`,
      );
    }
    return new PickleGlobal(module, name);
  }

  #fill(target: PickleValue, items: PickleValue[]): PickleValue {
    if (items.length % 2 !== 0) throw this.#broken("holds a key without a value");
    // Subclasses of dict arrive as records; their entries are not needed.
    if (target instanceof Map) { for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!); }
    else if (!(target instanceof PickleObject)) throw this.#broken("sets an entry of something that is no dict");
    return target;
  }

  #extend(target: PickleValue, items: PickleValue[]): void {
    if (Array.isArray(target)) { for (const item of items) target.push(item); }
    else if (!(target instanceof PickleObject)) throw this.#broken("appends to something that is no list");
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#broken(`recalls value ${index}, which was never stored`);
    return value;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#broken("takes from an empty stack");
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.#broken("looks at an empty stack");
    return value;
  }

  #popMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw this.#broken("closes a group it never opened");
    return this.#stack.splice(at).slice(1) as PickleValue[];
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** Moves on by `n` bytes. @returns the position before. */
  #take(n: number): number {
    const at = this.#at;
    if (at + n > this.#bytes.length) throw this.#broken("ends too early; the file is truncated, fetch it again");
    this.#at += n;
    return at;
  }

  #length(width: 4 | 8): number {
    const at = this.#take(width);
    const length = width === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
    return length;
  }

  #slice(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#slice(length));
  }

  #latin1(length: number): string {
    return new TextDecoder("latin1").decode(this.#slice(length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#broken("ends too early; the file is truncated, fetch it again");
    const text = this.#text(end - this.#at);
    this.#at++;
    return text;
  }

  #integer(text: string): number | bigint {
    if (!/^[+-]?\d{1,400}$/.test(text)) throw this.#broken(`holds "${text.slice(0, 20)}" where a number must be`);
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }

  /** A little-endian two's complement integer. */
  #long(length: number): number | bigint {
    if (length > 1024) throw this.#broken(`holds an integer of ${length} bytes`);
    let value = 0n;
    const bytes = this.#slice(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    value = BigInt.asIntN(8 * length, value);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  #broken(why: string): InputError {
    return new InputError(`Cannot read "${this.#origin}": its pickle ${why}`);
  }
}
