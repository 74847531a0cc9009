// Context and tensors of the CUDA library.
#include "ctx.cuh"

#include <cstring>
#include <string>

namespace sc {

Base& base_of(sc_ctx* ctx) { return *ctx; }

void finish(sc_ctx& ctx, const char* flagged) {
  int flag = 0;
  cuda(cudaMemcpyAsync(&flag, ctx.flag, sizeof flag, cudaMemcpyDeviceToHost, ctx.stream), "reading the flag");
  cuda(cudaStreamSynchronize(ctx.stream), "running the operation");
  if (!flag) return;
  cudaMemsetAsync(ctx.flag, 0, sizeof flag, ctx.stream);
  throw Failure(flagged);
}

namespace {

constexpr int64_t kGuard = 256;  // bytes on each side; also the alignment of the data
constexpr unsigned char kGuardByte = 0xA5;

// The device the library uses, or why there is none.
struct Probe {
  bool usable = false;
  std::string text;
};

Probe probe() {
  Probe p;
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    p.text = std::string("no usable CUDA device: ") + cudaGetErrorString(status);
    if (status == cudaErrorInsufficientDriver) {
      int driver = 0, runtime = 0;
      cudaDriverGetVersion(&driver);
      cudaRuntimeGetVersion(&runtime);
      p.text += driver == 0 ? " (no NVIDIA driver found)"
                            : format(" (the driver knows CUDA %d.%d, this library needs %d.%d)", driver / 1000,
                                     driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10).line;
    }
    return p;
  }
  if (count == 0) {
    p.text = "no CUDA device";
    return p;
  }
  cudaDeviceProp device;
  if (cudaGetDeviceProperties(&device, 0) != cudaSuccess) {
    cudaGetLastError();
    p.text = "the CUDA device does not answer";
    return p;
  }
  p.text = format("%s, sm_%d%d", device.name, device.major, device.minor).line;
  p.usable = device.major >= 8;
  if (!p.usable) p.text += ": too old, sm_80 or newer is needed";
  return p;
}

void release(sc_ctx* ctx) {
  if (ctx->holders.fetch_sub(1) != 1) return;
  if (ctx->flag) cudaFree(ctx->flag);
  if (ctx->stream) cudaStreamDestroy(ctx->stream);
  delete ctx;
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" {

int32_t sc_abi(void) { return SC_ABI; }

int32_t sc_score(void) {
  try {
    return probe().usable ? 100 : 0;
  } catch (...) {
    return 0;
  }
}

int32_t sc_describe(char* text, int32_t size) {
  try {
    return put_text(probe().text.c_str(), text, size);
  } catch (...) {
    return 0;
  }
}

// The number of CPU threads means nothing here.
sc_ctx* sc_ctx_new(int32_t, double memory, int32_t flags) {
  sc_ctx* ctx = nullptr;
  try {
    ctx = new sc_ctx;
    ctx->limit = memory > 0 && memory < 9e18 ? static_cast<int64_t>(memory) : 0;
    ctx->flags = flags;
    cuda(cudaSetDevice(0), "choosing the device");
    cuda(cudaStreamCreateWithFlags(&ctx->stream, cudaStreamNonBlocking), "making a stream");
    cuda(cudaMalloc(&ctx->flag, sizeof(int)), "making a flag");
    cuda(cudaMemset(ctx->flag, 0, sizeof(int)), "clearing the flag");
    cuda(cudaDeviceGetAttribute(&ctx->processors, cudaDevAttrMultiProcessorCount, 0), "counting processors");
    // Scratch is given back to the pool, not to the system: the next call takes it from there.
    cudaMemPool_t pool;
    cuda(cudaDeviceGetDefaultMemPool(&pool, 0), "finding the memory pool");
    uint64_t keep = ~0ull;
    cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep), "setting the memory pool");
    return ctx;
  } catch (...) {
    if (ctx) release(ctx);
    return nullptr;
  }
}

void sc_ctx_free(sc_ctx* ctx) {
  if (ctx) release(ctx);
}

int32_t sc_error(sc_ctx* ctx, char* text, int32_t size) {
  if (!ctx) return put_text("no context", text, size);
  return ctx->failure(text, size);
}

int32_t sc_live(sc_ctx* ctx) { return ctx ? static_cast<int32_t>(ctx->live.load()) : 0; }
double sc_memory_used(sc_ctx* ctx) { return ctx ? static_cast<double>(ctx->used.load()) : 0; }
double sc_memory_peak(sc_ctx* ctx) { return ctx ? static_cast<double>(ctx->peak.load()) : 0; }
int32_t sc_threads(sc_ctx* ctx) { return ctx ? 1 : 0; }

sc_tensor* sc_tensor_new(sc_ctx* ctx, int32_t dtype, int32_t rank, const int32_t* shape) {
  if (!ctx) return nullptr;
  sc_tensor* t = nullptr;
  int64_t taken = 0;
  try {
    need(dtype == kFloat || dtype == kInt, "sc_tensor_new: dtype must be 0 (float32) or 1 (int32)");
    need(rank >= 0 && rank <= kMaxRank, "sc_tensor_new: rank must be 0..10");
    need(rank == 0 || shape, "sc_tensor_new: shape is null");
    t = new sc_tensor{};
    t->ctx = ctx;
    t->dtype = dtype;
    t->rank = rank;
    double count = 1;
    for (int32_t a = 0; a < rank; a++) {
      need(shape[a] >= 0, "sc_tensor_new: a size is negative");
      t->shape[a] = shape[a];
      count *= shape[a];
    }
    need(count < 2e12, "sc_tensor_new: more than 2e12 elements");
    t->count = static_cast<int64_t>(count);
    t->bytes = t->count * 4 + 2 * kGuard;
    ctx->take(t->bytes, "a tensor");
    taken = t->bytes;
    void* block = nullptr;
    cuda(cudaMalloc(&block, t->bytes), "a tensor");
    t->block = static_cast<char*>(block);
    t->data = t->block + kGuard;
    cuda(cudaMemset(t->block, kGuardByte, kGuard), "guarding a tensor");
    cuda(cudaMemset(t->data + t->count * 4, kGuardByte, kGuard), "guarding a tensor");
    if ((ctx->flags & 1) && t->count) cuda(cudaMemset(t->data, 0xFF, t->count * 4), "filling a tensor");
    // The stream does not wait for the default stream, which the lines above used.
    cuda(cudaStreamSynchronize(cudaStreamLegacy), "guarding a tensor");
    ctx->live.fetch_add(1);
    ctx->holders.fetch_add(1);
    return t;
  } catch (const std::exception& e) {
    ctx->fail(e.what());
  } catch (...) {
    ctx->fail("sc_tensor_new: unknown failure");
  }
  if (taken) ctx->give(taken);
  if (t && t->block) cudaFree(t->block);
  delete t;
  return nullptr;
}

void sc_tensor_free(sc_tensor* t) {
  if (!t) return;
  sc_ctx* ctx = t->ctx;
  ctx->ended.load();  // see Turn
  cudaFree(t->block);
  ctx->give(t->bytes);
  ctx->live.fetch_sub(1);
  delete t;
  release(ctx);
}

int32_t sc_tensor_write(sc_ctx* ctx, sc_tensor* t, const void* source, double count) {
  return border(ctx, "sc_tensor_write", [&] {
    need(t && t->ctx == ctx, "no tensor of this context");
    need(count == static_cast<double>(t->count), "count differs from the tensor's");
    need(source || t->count == 0, "source is null");
    if (!t->count) return;
    cuda(cudaMemcpyAsync(t->data, source, t->count * 4, cudaMemcpyHostToDevice, ctx->stream), "uploading");
    cuda(cudaStreamSynchronize(ctx->stream), "uploading");
  });
}

int32_t sc_tensor_read(sc_ctx* ctx, sc_tensor* t, double first, double count, void* target) {
  return border(ctx, "sc_tensor_read", [&] {
    need(t && t->ctx == ctx, "no tensor of this context");
    need(first >= 0 && count >= 0 && first + count <= static_cast<double>(t->count), "range outside the tensor");
    need(target || count == 0, "target is null");
    if (count <= 0) return;
    cuda(cudaMemcpyAsync(target, t->data + static_cast<int64_t>(first) * 4, static_cast<int64_t>(count) * 4,
                         cudaMemcpyDeviceToHost, ctx->stream),
         "reading back");
    cuda(cudaStreamSynchronize(ctx->stream), "reading back");
  });
}

int32_t sc_tensor_reshape(sc_ctx* ctx, sc_tensor* t, int32_t rank, const int32_t* shape) {
  return border(ctx, "sc_tensor_reshape", [&] { reshape(ctx, t, rank, shape); });
}

int32_t sc_tensor_check(sc_ctx* ctx, sc_tensor* t) {
  return border(ctx, "sc_tensor_check", [&] {
    need(t && t->ctx == ctx, "no tensor of this context");
    unsigned char seen[2 * kGuard];
    cuda(cudaStreamSynchronize(ctx->stream), "checking");
    cuda(cudaMemcpy(seen, t->block, kGuard, cudaMemcpyDeviceToHost), "checking");
    cuda(cudaMemcpy(seen + kGuard, t->data + t->count * 4, kGuard, cudaMemcpyDeviceToHost), "checking");
    for (unsigned char byte : seen) need(byte == kGuardByte, "an operation wrote outside a tensor");
  });
}
}
