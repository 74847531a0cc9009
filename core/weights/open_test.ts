import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../errors.ts";
import { sharedPath, sharedTest } from "../testing/shared.ts";
import { pythonBytes, storedZip, withFile } from "./_fixtures.ts";
import { readOnnxWeights } from "./onnx.ts";
import { openWeights } from "./open.ts";
import { WeightSet } from "./set.ts";
import { tensorOf, type WeightTensor } from "./tensor.ts";

const legacy = pythonBytes("legacy");
const STORAGES = { "0": legacy.slice(-50, -26), "1": legacy.slice(-18, -12), "2": legacy.slice(-4) };

function archive(pickle: Uint8Array, data: Record<string, Uint8Array> = STORAGES): Uint8Array {
  const storages = Object.entries(data).map(([key, bytes]) => [`archive/data/${key}`, bytes]);
  return storedZip({ "archive/data.pkl": pickle, ...Object.fromEntries(storages) });
}

function checkpointValues(tensors: Map<string, WeightTensor>): void {
  const read = (name: string) => [...tensors.get(name)!.read()];
  assertEquals([...tensors.keys()], ["w", "wt", "row", "h", "bf"]);
  assertEquals(tensors.get("w")!.shape, [2, 3]);
  assertEquals(read("w"), [1, 2, 3, 4, 5, 6]);
  // The transposed view of the same values is copied in its own order, and cannot be mapped from the file.
  assertEquals(tensors.get("wt")!.shape, [3, 2]);
  assertEquals(read("wt"), [1, 4, 2, 5, 3, 6]);
  assertEquals(tensors.get("wt")!.file, undefined);
  assertEquals(read("row"), [4, 5, 6]);
  assertEquals(read("h"), [0.5, -2, 65504]);
  assertEquals(read("bf"), [1, -3.140625]);
}

Deno.test("openWeights() reads PyTorch's ZIP form: views, strides, float16, bfloat16, a Namespace beside", async () => {
  await withFile(archive(pythonBytes("zippkl")), ".pth", (path) => checkpointValues(openWeights(path)));
});

Deno.test("openWeights() reads PyTorch's older stream form", async () => {
  await withFile(legacy, ".pth", (path) => checkpointValues(openWeights(path)));
});

for (const form of ["torch_zip", "torch_stream"]) {
  Deno.test(`openWeights() reads ${form} as PyTorch writes it`, async () => {
    await withFile(pythonBytes(form), ".pth", (path) => {
      const tensors = openWeights(path);
      const values = Object.fromEntries([...tensors].map(([name, tensor]) => [name, [...tensor.read()]]));
      assertEquals(values, {
        "0.weight": [1, 1],
        "0.bias": [0, 0],
        "0.running_mean": [0, 0],
        "0.running_var": [1, 1],
        "0.num_batches_tracked": [0],
        w: [0, 1, 2, 3, 4, 5],
        view: [1, 4, 2, 5],
        param: [1.5, 2.5],
        half: [0.5, -2],
        brain: [1, -3.140625],
        ints: [7, -(2 ** 40)],
        scalar: [3.5],
      });
      assertEquals(tensors.get("view")!.shape, [2, 2]);
      assertEquals(tensors.get("brain")!.dtype, "bfloat16");
    });
  });
}

Deno.test("openWeights() refuses a whole saved module, whose code would be needed", async () => {
  await withFile(pythonBytes("torch_module"), ".pt", (path) => {
    assertThrows(
      () => openWeights(path),
      InputError,
      "it holds an object of class torch.nn.modules.container.Sequential",
    );
  });
});

Deno.test("openWeights() names the entries of an ordered list by their place", async () => {
  await withFile(archive(pythonBytes("listpkl")), ".pt", (path) => {
    const tensors = openWeights(path, { root: "dino" });
    assertEquals([...tensors.keys()], ["0", "1"]);
    assertEquals([...tensors.get("1")!.read()], [4, 5, 6]);
    assertEquals([...openWeights(path).keys()], ["dino.0", "dino.1"]);
    assertThrows(() => openWeights(path, { root: "teacher" }), InputError, 'Cannot find "teacher" in');
  });
});

Deno.test("openWeights() refuses a checkpoint that asks to run a command, and nothing is run", async () => {
  await withFile(archive(pythonBytes("evil2")), ".pth", (path) => {
    assertThrows(() => openWeights(path), InputError, "posix.system, a way to run commands; nothing was run");
  });
  assertThrows(() => Deno.statSync("/tmp/sc_pickle_was_run"), Deno.errors.NotFound);
});

Deno.test("openWeights() refuses a tensor that reaches beyond its values", async () => {
  await withFile(archive(pythonBytes("beyond")), ".pth", (path) => {
    assertThrows(() => openWeights(path), InputError, "a tensor of shape [3] reaches beyond its values");
  });
});

Deno.test("openWeights() refuses values that are shorter than the description says", async () => {
  await withFile(archive(pythonBytes("zippkl"), { ...STORAGES, "0": new Uint8Array(8) }), ".pth", (path) => {
    assertThrows(() => openWeights(path), InputError, 'values "data/0" reach beyond its end');
  });
});

for (const form of ["npz_stored", "npz_packed"]) {
  Deno.test(`openWeights() reads ${form} as NumPy writes it`, async () => {
    await withFile(pythonBytes(form), ".npz", (path) => {
      const tensors = openWeights(path);
      const read = (name: string) => [...tensors.get(name)!.read()];
      assertEquals(read("a"), [0, 1, 2, 3, 4, 5]);
      assertEquals(tensors.get("f")!.shape, [2, 3, 4]);
      assertEquals(read("f"), Array.from({ length: 24 }, (_, i) => i));
      assertEquals(read("i"), [-1, 2 ** 40]);
      assertEquals(read("h"), [0.5, -2]);
      assertEquals([tensors.get("s")!.shape, read("s")], [[], [7]]);
    });
  });
}

Deno.test("openWeights() says one line for what is no weight file", async () => {
  assertThrows(() => openWeights("/nowhere/x.pth"), InputError, 'Cannot read weights "/nowhere/x.pth": no such file');
  await withFile(new TextEncoder().encode("<html>not found</html>"), ".pth", (path) => {
    assertThrows(() => openWeights(path), InputError, "it is neither safetensors nor a PyTorch checkpoint nor .npz");
  });
  await withFile(new Uint8Array(0), ".pth", (path) => assertThrows(() => openWeights(path), InputError));
});

sharedTest("alike-t.pth holds the numbers of its ONNX twin", "weights/alike-t.pth", async () => {
  const torch = openWeights(sharedPath("weights/alike-t.pth"));
  const onnx = await readOnnxWeights(sharedPath("weights/alike_t.onnx"));
  const plain = [...onnx.keys()].filter((name) => !name.startsWith("onnx::"));
  for (const name of plain) {
    const twin = torch.get(name.replace(/_(weight|bias)$/, ".$1").replace(/_downsample/, ".downsample"))!;
    assertEquals(twin.read(), onnx.get(name)!.read(), name);
  }
  // The exporter folded each batch norm into the convolution before it.
  const folded = [...onnx.keys()].filter((name) => name.startsWith("onnx::"));
  assertEquals(folded.length, 16);
  for (let layer = 0; layer < 8; layer++) {
    const at = `block${(layer >> 1) + 1}`;
    const conv = torch.get(`${at}.conv${layer % 2 + 1}.weight`)!;
    const bn = (part: string) => torch.get(`${at}.bn${layer % 2 + 1}.${part}`)!.read();
    const [scale, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(bn) as Float32Array[];
    const weight = onnx.get(folded[2 * layer]!)!.read();
    const bias = onnx.get(folded[2 * layer + 1]!)!.read();
    const per = weight.length / bias.length;
    conv.read().forEach((value, i) => {
      const c = Math.floor(i / per);
      const expected = value * scale![c]! / Math.sqrt(variance![c]! + 1e-5);
      assert(Math.abs(weight[i]! - expected) <= 1e-6 * (1 + Math.abs(expected)), `${at} ${i}`);
    });
    bias.forEach((value, c) => {
      const expected = shift![c]! - mean![c]! * scale![c]! / Math.sqrt(variance![c]! + 1e-5);
      assert(Math.abs(value - expected) <= 1e-5 * (1 + Math.abs(expected)), `${at} bias ${c}`);
    });
  }
});

sharedTest("0300_dino_spair.pth loads with its published shapes", "weights/0300_dino_spair.pth", () => {
  const tensors = openWeights(sharedPath("weights/0300_dino_spair.pth"));
  assertEquals(tensors.size, 12);
  assertEquals(tensors.get("bottleneck_layers.0.0.conv2.weight")!.shape, [192, 192, 3, 3]);
  assert(tensors.get("bottleneck_layers.0.0.conv2.weight")!.read().every(Number.isFinite));
});

sharedTest("a truncated checkpoint is one clear line", "weights/alike-t.pth", async () => {
  const whole = await Deno.readFile(sharedPath("weights/alike-t.pth"));
  for (const part of [0.1, 0.5, 0.99]) {
    await withFile(whole.subarray(0, Math.floor(whole.length * part)), ".pth", (path) => {
      const error = assertThrows(() => openWeights(path), InputError) as Error;
      assert(error.message.includes("truncated, fetch it again"), error.message);
    });
  }
});

Deno.test("WeightSet lists missing, unexpected and misshapen tensors in one line", () => {
  const given = new Map(
    ["a", "b2", "c", "head.weight"].map((name) => [name, tensorOf(name, [2], new Float32Array(2))]),
  );
  const set = new WeightSet("net.pth", given);
  set.take("a", [2]);
  set.take("b", [2]);
  set.take("c", [3]);
  assertThrows(
    () => set.finish("a network", ["head.*"]),
    InputError,
    'Cannot use "net.pth" as a network: 1 missing (b); 1 unexpected (b2); 1 of another shape (c is [2], not [3])',
  );
});
