/**
 * reference = cpu = cuda, for every operation of `ffi/parity/mod.ts`: fixed cases and random shapes, every instruction
 * set this processor has, one thread and several. Outputs are made full of NaN and stand between guard words.
 *
 * `SC_PARITY_ROUNDS` random shapes per operation (default 12); `SC_PARITY_SEED` another seed.
 */
import { assert, assertEquals } from "@std/assert";
import { messageOf } from "../core/errors.ts";
import { openOps, type Ops, type OpsOptions } from "../ffi/mod.ts";
import { openCudaOnCpu } from "../ffi/testing/cuda_on_cpu.ts";
import { openWideEmulation } from "../ffi/testing/wide_emulation.ts";
import { type ParityCase, parityError, type ParityOp, Random } from "../ffi/parity/parity.ts";
import { parityOps } from "../ffi/parity/mod.ts";

const rounds = Number(Deno.env.get("SC_PARITY_ROUNDS") ?? 12);
const seed = Number(Deno.env.get("SC_PARITY_SEED") ?? 1);

type Values = Readonly<Record<string, Float32Array | Int32Array>>;

async function values(ops: Ops, { run }: ParityCase): Promise<Values> {
  const outputs = await run(ops), read: Record<string, Float32Array | Int32Array> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    tensor.assertIntact();
    read[name] = await (tensor.dtype === "int32" ? tensor.takeInts() : tensor.take());
  }
  return read;
}

const references = new Map<string, Values>();

/** The reference's answer is computed once and used for every implementation. */
async function reference(given: ParityCase, key: string): Promise<Values> {
  const known = references.get(key);
  if (known !== undefined) return known;
  using ops = await openOps({ ops: "reference" });
  const computed = await values(ops, given);
  references.set(key, computed);
  return computed;
}

async function assertParity(ops: Ops, op: ParityOp): Promise<void> {
  const random = new Random(seed);
  const cases = [...(op.fixed?.(random) ?? []), ...Array.from({ length: rounds }, () => op.random(random))];
  for (const [i, given] of cases.entries()) {
    const expected = await reference(given, `${op.name} ${i}`);
    const actual = await values(ops, given);
    assertEquals(Object.keys(actual), Object.keys(expected));
    for (const [name, want] of Object.entries(expected)) {
      const error = parityError(want, actual[name]!);
      const allowed = want instanceof Int32Array ? 0 : given.tolerance ?? op.tolerance;
      assert(error <= allowed, `${op.name} ${given.name}: ${name} is off by ${error}, allowed ${allowed}`);
    }
  }
  assertEquals(ops.live, 0, `${op.name} left tensors behind`);
}

interface Device {
  readonly name: string;
  readonly open: () => Promise<Ops>;
  /** Operations that differ from the device before it; absent: all. */
  readonly only?: readonly string[];
}

const devices: readonly Device[] = [
  ...[
    { name: "cpu, one thread", ops: "cpu", threads: 1, poison: true },
    { name: "cpu, three threads", ops: "cpu", threads: 3, poison: true },
    { name: "cpu, baseline", ops: "cpu", threads: 2, poison: true, widest: "baseline" },
    { name: "cpu, at most AVX2", ops: "cpu", threads: 2, poison: true, widest: "avx2" },
    { name: "cuda", ops: "cuda", poison: true },
  ].map(({ name, ...options }) => ({ name, open: () => openOps(options as OpsOptions) })),
  { name: "the CUDA source on the processor", open: () => openCudaOnCpu() },
  {
    name: "the CUDA source on the processor, without tensor cores",
    open: () => openCudaOnCpu(false),
    only: ["correlate", "correlateBest", "correlateStack", "conv4d"],
  },
  { name: "cpu, the AVX-512 source in AVX2 instructions", open: openWideEmulation },
];

for (const { name, open, only } of devices) {
  let refusal: string | undefined;
  try {
    (await open()).close();
  } catch (error) {
    refusal = messageOf(error);
    console.log(`parity on ${name} is skipped: ${refusal}`);
  }
  for (const op of parityOps.filter((op) => only?.includes(op.name) ?? true)) {
    Deno.test({
      name: `${op.name} on ${name} equals the reference${refusal === undefined ? "" : ` [skipped: ${refusal}]`}`,
      // A kernel that does not compile is a failure, not a machine that cannot.
      ignore: refusal !== undefined && !refusal.startsWith("Cannot build CUDA kernels for the processor"),
      fn: async () => {
        using ops = await open();
        await assertParity(ops, op);
      },
    });
  }
}
