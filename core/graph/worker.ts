/// <reference lib="deno.worker" />
/**
 * The inference worker: the only module that imports ONNX Runtime.
 *
 * Its `create` and `run` block the thread they are called on although they return promises, so they are called on this
 * one; the main thread keeps drawing progress and hearing Ctrl-C.
 *
 * Permissions the process needs for it: read (weights, the runtime's own files), ffi (a native addon), env and sys
 * (Node compatibility looks at the platform).
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { messageOf } from "../errors.ts";
import type { Reply, Request, Tensor, Tensors } from "./protocol.ts";

// Errors reach the caller as exceptions; the runtime would also print them.
ort.env.logLevel = "fatal";

const sessions = new Map<number, ort.InferenceSession>();

self.onmessage = ({ data }: MessageEvent<Request>) => {
  queue = queue.then(() => answer(data));
};

/** Questions are answered in order: two runs at once would only wait for each other inside the runtime. */
let queue: Promise<void> = Promise.resolve();

async function answer(request: Request): Promise<void> {
  let reply: Reply;
  try {
    reply = { id: request.id, outputs: await perform(request) };
  } catch (error) {
    reply = { id: request.id, error: messageOf(error) };
  }
  const buffers = "outputs" in reply ? Object.values(reply.outputs).map(({ data }) => data.buffer) : [];
  self.postMessage(reply, { transfer: [...new Set(buffers)] });
}

async function perform(request: Request): Promise<Tensors> {
  if (request.kind === "open") {
    sessions.set(request.id, await ort.InferenceSession.create(request.model, request.options));
    return {};
  }
  const session = sessions.get(request.session);
  if (session === undefined) throw new Error(`session ${request.session} is not open`);
  if (request.kind === "close") {
    sessions.delete(request.session);
    await session.release();
    return {};
  }
  const feeds = tensorsOf(request.inputs);
  const results = await (request.outputs ? session.run(feeds, tensorsOf(request.outputs)) : session.run(feeds));
  return Object.fromEntries(Object.entries(results).map(([name, value]): [string, Tensor] => [name, own(name, value)]));
}

function tensorsOf(tensors: Tensors): Record<string, ort.Tensor> {
  const entries = Object.entries(tensors);
  return Object.fromEntries(entries.map(([name, { shape, data }]) => [name, new ort.Tensor("float32", data, shape)]));
}

/** The runtime's output as a tensor whose buffer may be transferred. */
function own(name: string, value: ort.Tensor): Tensor {
  const { data, dims } = value;
  const values = data instanceof Float32Array ? data : widened(name, data);
  // Memory that the runtime owns, and views of larger buffers, cannot be given away.
  const whole = values.byteOffset === 0 && values.byteLength === values.buffer.byteLength;
  return { shape: [...dims], data: (whole ? values : values.slice()) as Float32Array<ArrayBuffer> };
}

function widened(name: string, data: ort.Tensor["data"]): Float32Array {
  if (Array.isArray(data)) throw new Error(`output "${name}" holds text, not numbers`);
  return Float32Array.from(data as Iterable<number | bigint>, Number);
}
