/** Operations of learned networks against what the official code computed, on the reference and on the CPU. */
import { assert } from "@std/assert";
import { type GoldenCase, readCase } from "../../core/golden/vectors.ts";
import { sharedPath, sharedTest } from "../../core/testing/shared.ts";
import { type ArrayTensor, openOps, type Ops } from "../mod.ts";

/** Compares by the recording's own tolerance. */
function assertRecorded(c: GoldenCase, name: string, got: Float32Array): void {
  const want = c.recorded(name).data as ArrayLike<number>;
  const { abs, rel = 0 } = c.json.tolerance.per_output?.[name] ?? c.json.tolerance.default;
  assert(got.length === want.length, `${name}: ${got.length} values for ${want.length}`);
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i]! - want[i]!);
    assert(error <= abs + rel * Math.abs(want[i]!), `${c.json.case}/${name}[${i}]: ${got[i]} for ${want[i]}`);
  }
}

async function onEvery(check: (ops: Ops) => Promise<void>): Promise<void> {
  for (const kind of ["reference", "cpu"] as const) {
    using ops = await openOps({ ops: kind });
    await check(ops);
  }
}

for (const name of ["encoder4d_asym", "encoder4d_stride2_odd"]) {
  sharedTest(`separable4d() gives the recorded values of CATs++, case ${name}`, "golden/catspp", async () => {
    const c = await readCase(sharedPath("golden/catspp"), name);
    const stride = c.config["stride"] as [number, number, number, number];
    const pair = (part: string, first: 0 | 2) => ({
      weights: c.param(`conv4d.0.0.${part}.weight`),
      bias: c.param(`conv4d.0.0.${part}.bias`),
      stride: [stride[first], stride[first + 1]!] as const,
    });
    await onEvery(async (ops) => {
      const out = await ops.separable4d(c.input("x"), pair("query_conv", 0), pair("supp_conv", 2));
      assertRecorded(c, "conv4d", await out.take());
    });
  });
}

sharedTest(
  "six layers of additive attention give the recorded values of TransforMatcher",
  "golden/transformatcher",
  async () => {
    const c = await readCase(sharedPath("golden/transformatcher"), "side5_full6");
    const embedded = c.recorded("embedded"), [, tokens, channels] = embedded.shape as [number, number, number];
    // The angle is rounded to float32 before its sine is taken; a whole number of half turns leaves only that rounding.
    const [f0, f1] = c.config["constants"]["pos_emb.freqs"] as [number, number];
    const angles = (turn: (angle: number) => number) => ({
      data: Float32Array.from({ length: 4 * tokens }, (_, i) => {
        return turn(Math.fround((i >> 2) * Math.fround((i & 3) < 2 ? f0 : f1)));
      }),
      shape: [tokens, 4],
    });
    const rotation = { cosine: angles(Math.cos), sine: angles(Math.sin) };
    assertRecorded(c, "sin", rotation.sine.data);
    await onEvery(async (ops) => {
      let x: ArrayTensor = { data: Float32Array.from(embedded.data as ArrayLike<number>), shape: [tokens, channels] };
      for (let layer = 0; layer < 6; layer++) {
        const of = (block: number) => {
          const start = `match2match.trans_nc.${layer}.${block}`;
          return {
            norm: { weight: c.param(`${start}.norm.weight`), bias: c.param(`${start}.norm.bias`) },
            param: (name: string) => c.param(`${start}.fn.${name}`),
          };
        };
        const attend = of(0), feed = of(1), flat = (x: ArrayTensor) => ({ data: x.data, shape: [x.data.length] });
        const after = await ops.additiveAttention(x, {
          norm: attend.norm,
          qkv: attend.param("to_qkv.weight"),
          queryLogit: flat(attend.param("to_q_attn_logits.weight")),
          keyLogit: flat(attend.param("to_k_attn_logits.weight")),
          resultWeight: attend.param("to_r.weight"),
          resultBias: attend.param("to_r.bias"),
          outWeight: attend.param("to_out.weight"),
          outBias: attend.param("to_out.bias"),
        }, { heads: 8, rotation });
        if (layer === 0) assertRecorded(c, "layer0_after_attention", await after.read());
        const out = await ops.tokenMlp({ data: await after.take(), shape: [tokens, channels] }, {
          norm: feed.norm,
          weight1: feed.param("0.weight"),
          bias1: feed.param("0.bias"),
          weight2: feed.param("2.weight"),
          bias2: feed.param("2.bias"),
        });
        const data = await out.take();
        assertRecorded(c, `layer${layer}_out`, data);
        x = { data, shape: [tokens, channels] };
      }
    });
  },
);
