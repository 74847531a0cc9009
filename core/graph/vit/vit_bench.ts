/**
 * Time of a Vision Transformer with random weights: to build its graph and open the session, for a forward pass, and for
 * a second run whose features are cached.
 *
 * ```sh
 * deno bench -A core/graph/vit/vit_bench.ts
 * deno bench -A core/graph/vit/vit_bench.ts -- networks=small,base sides=448,840 threads=2 precision=int8 dir=/tmp/vit
 * ```
 *
 * `dir` keeps the weights and writes each graph beside them as `vit-<network>-<side>.onnx`, so that another runtime can
 * time the same file with the same threads:
 *
 * ```py
 * options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 2
 * session = onnxruntime.InferenceSession("/tmp/vit/vit-base-448.onnx", options)
 * image = numpy.random.rand(1, 3, 448, 448).astype("float32")
 * print(min(timeit.repeat(lambda: session.run(None, {"image": image}), number=1, repeat=5)))
 * ```
 *
 * The minimum is the figure to compare: a shared machine only ever adds.
 */
import { join } from "@std/path";
import { cached } from "../../cache/mod.ts";
import type { Card, Image } from "../../types.ts";
import { defaultsOf } from "../../value.ts";
import { Graph, type Precision } from "../graph.ts";
import type { Model } from "../model.ts";
import { encodeModel } from "../onnx/proto.ts";
import { Session } from "../session.ts";
import { defaultSession } from "../session_options.ts";
import { writeRandomVit } from "./_random_checkpoint.ts";
import { loadVit, vitBackbone } from "./backbone.ts";
import { dinov2 } from "./families.ts";
import { vit } from "./network.ts";

type Network = Parameters<typeof dinov2>[0];

const words = new Map(Deno.args.map((word) => word.split("=", 2) as [string, string]));
const networks = (words.get("networks") ?? "small,base").split(",") as Network[];
const sides = (words.get("sides") ?? "448").split(",").map(Number);
const session = { ...defaultSession, threads: Number(words.get("threads") ?? 0) };
const precision = (words.get("precision") ?? "float32") as Precision;
const kept = words.get("dir");
const dir = kept ?? await Deno.makeTempDir();
if (kept === undefined) globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));

function build(path: string, network: Network, side: number): Model {
  const { config, ignore } = dinov2(network);
  const parameters = loadVit({ path }, config, network, ignore);
  const g = new Graph(network, precision);
  const net = vit(g, g.input("image", [1, 3, side, side]), parameters, config);
  return g.model({ features: net.norm(net.blocks.at(-1)!.token) });
}

function image(side: number) {
  return { shape: [1, 3, side, side], data: Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i)) };
}

for (const network of networks) {
  const path = join(dir, `vit-${network}.safetensors`);
  await writeRandomVit(path, dinov2(network).config);
  for (const side of sides) {
    const what = `ViT-${network}/14 at ${side}`;
    if (kept !== undefined) {
      const { proto } = build(path, network, side);
      await Deno.writeFile(join(dir, `vit-${network}-${side}.onnx`), encodeModel(proto));
    }

    // The worker ends with its last session: every turn starts it and loads the runtime, as a run does.
    Deno.bench(`${what}: graph built, session open`, { n: 5, warmup: 1 }, async (b) => {
      b.start();
      const open = await Session.open(build(path, network, side), session);
      b.end();
      await open.close();
    });

    let open: Promise<Session> | undefined;
    Deno.bench(`${what}: forward pass`, { n: 5, warmup: 1 }, async (b) => {
      const ready = await (open ??= Session.open(build(path, network, side), session));
      const input = image(side);
      b.start();
      await ready.run({ image: input });
      b.end();
    });

    const picture: Image = {
      width: side,
      height: side,
      data: new Uint8Array(3 * side * side).map((_, i) => i * 37),
      sha256: "bench",
      origin: "bench",
    };
    const plugin = vitBackbone(dinov2(network));
    const options = {
      ...defaultsOf(plugin.defaults),
      weights: path,
      size: side,
      threads: session.threads,
      precision,
    } as Parameters<
      typeof plugin.build
    >[1];
    const card = { name: `vit-${network}`, version: 1, weights: [] as Card["weights"] } as Card;
    const cache = {
      dir: join(dir, "features"),
      memoryBytes: 0,
      diskBytes: 1e9,
      type: "float32",
      log: () => {},
    } as const;
    Deno.bench(`${what}: a second run's features, cached`, { n: 5, warmup: 1 }, async () => {
      const backbone = cached(await plugin.build({ card, log: () => {} }, options), cache);
      await backbone.extract(picture);
      await backbone.close!();
      await (await open)?.close();
      open = undefined;
    });
  }
}
