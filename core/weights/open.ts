/**
 * Opens a weight file of any supported form, told apart by its first bytes.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { RandomFile } from "./file.ts";
import { readNpz } from "./npz.ts";
import { PickleGlobal, PickleObject, type PickleValue } from "./pickle_values.ts";
import { readSafetensors } from "./safetensors.ts";
import { isShardIndex, readSharded } from "./sharded.ts";
import type { WeightTensor } from "./tensor.ts";
import { readTorch, type TorchFile, TorchTensor } from "./torch.ts";
import { readZip } from "./zip.ts";

/** Where checkpoints keep the parameters when other things lie beside them, in the order they are tried. */
const USUAL_ROOTS = ["state_dict", "model", "model_state_dict", "teacher", "student", "net", "module", "params"];

/** Nesting beyond this is no state dict. */
const MAX_DEPTH = 8;

/** How a checkpoint is opened. */
export interface OpenOptions {
  /** Keys that lead to the parameters of a PyTorch checkpoint, such as "teacher" or "state/model"; guessed when absent. */
  readonly root?: string;
}

/**
 * The tensors of a `.safetensors`, PyTorch (`.pth`, `.pt`, `.bin`, either form) or `.npz` file by name, none read yet; of
 * an `.index.json` those of all files it names.
 *
 * In a PyTorch file, parameters nested in dicts and lists get names joined by dots; a list counts from 0. Where the
 * file is no plain state dict and `root` is absent, the usual keys (state_dict, model, teacher, ...) are tried.
 *
 * @throws InputError where the file is absent, of no known form, truncated, or holds no tensors.
 */
export function openWeights(path: string, options: OpenOptions = {}): Map<string, WeightTensor> {
  const tensors = read(path, options);
  if (tensors.size === 0) throw new InputError(`Cannot use weights "${path}": it holds no tensors`);
  return tensors;
}

function read(path: string, options: OpenOptions): Map<string, WeightTensor> {
  if (isShardIndex(path)) return readSharded(path, (shard) => openWeights(shard, options));
  const file = new RandomFile(path);
  const head = file.read(0, Math.min(file.size, 16), "the first bytes");
  const is = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (is(0x50, 0x4b, 3, 4)) {
    const isNpz = [...readZip(file).keys()].some((name) => name.endsWith(".npy"));
    return isNpz ? readNpz(path) : checkpointTensors(path, readTorch(path), options.root);
  }
  // A safetensors header is JSON after eight bytes of length, which may begin like a pickle.
  if (head[8] === 0x7b) return readSafetensors(path);
  if (is(0x80)) return checkpointTensors(path, readTorch(path), options.root);
  throw new InputError(
    `Cannot read weights "${path}": it is neither safetensors nor a PyTorch checkpoint nor .npz` +
      (path.endsWith(".onnx") ? "; ONNX files are used by backbone=onnx backbone.path=..." : ""),
  );
}

function checkpointTensors(path: string, file: TorchFile, root: string | undefined): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>();
  const parameters = rootOf(path, file.root, root);
  if (parameters instanceof PickleObject) {
    const { type } = parameters;
    throw new InputError(
      `Cannot read weights "${path}": it holds an object of class ${
        type instanceof PickleGlobal ? type.path : "unknown"
      }; ` +
        "save its state dict instead",
    );
  }
  collect(file, parameters, "", 0, tensors);
  return tensors;
}

function rootOf(path: string, value: PickleValue, root: string | undefined): PickleValue {
  if (root !== undefined && root !== "") {
    let at = value;
    for (const key of root.split("/")) {
      const next = at instanceof Map ? at.get(key) : undefined;
      if (next === undefined) {
        const keys = at instanceof Map ? [...at.keys()].map(String).slice(0, 12).join(", ") : "no dict";
        throw new InputError(`Cannot find "${root}" in "${path}": it holds ${keys}`);
      }
      at = next;
    }
    return at;
  }
  if (!(value instanceof Map) || [...value.values()].some((entry) => entry instanceof TorchTensor)) return value;
  for (const key of USUAL_ROOTS) {
    const inner = value.get(key);
    if (inner instanceof Map) return inner;
  }
  return value;
}

function collect(
  file: TorchFile,
  value: PickleValue,
  name: string,
  depth: number,
  out: Map<string, WeightTensor>,
): void {
  if (value instanceof TorchTensor) {
    out.set(name, file.tensor(name, value));
    return;
  }
  if (depth > MAX_DEPTH) return;
  const entries = value instanceof Map ? value.entries() : Array.isArray(value) ? value.entries() : [];
  for (const [key, entry] of entries) {
    if (typeof key !== "string" && typeof key !== "number") continue;
    collect(file, entry, name === "" ? String(key) : `${name}.${key}`, depth + 1, out);
  }
}
