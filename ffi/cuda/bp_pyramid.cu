// Belief propagation over a pyramid of grids. Messages that share no node run side by side, one block each: the host
// sorts them into waves once (common/bp_pyramid.hpp). A belief is summed by one thread in the definition's order, so that
// states are the same everywhere; the others bring the values to shared memory meanwhile.
#include "../common/bp_pyramid.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kThreads = 128, kChunk = 1024;

// A line of n values `step` apart.
__device__ void transform_line(float* f, int64_t n, int64_t step, float slope, float bound) {
  float least = INFINITY;
  for (int64_t i = 0; i < n; i++) {
    if (f[i * step] < least) least = f[i * step];
  }
  const float cap = least + bound;
  float last = f[0];
  for (int64_t i = 1; i < n; i++) {
    const float v = last + slope, own = f[i * step];
    last = v < own ? v : own;
    f[i * step] = last;
  }
  f[(n - 1) * step] = cap < last ? cap : last;
  for (int64_t i = n - 2; i >= 0; i--) {
    const float v = last + slope, own = f[i * step];
    last = v < own ? v : own;
    f[i * step] = cap < last ? cap : last;
  }
}

__global__ void __launch_bounds__(kThreads) send_kernel(BpPyramid p, const PyramidMessage* wave, float* belief,
                                                        float* messages) {
  __shared__ float chunk[kChunk];
  __shared__ float mean;
  const PyramidMessage m = wave[blockIdx.x];
  const int64_t count = p.nx * p.ny;
  float *there = messages + m.there * count, *receiver = belief + m.to * count;
  const float *back = messages + m.back * count, *sender = belief + m.from * count;
  for (int64_t k = threadIdx.x; k < count; k += kThreads) {
    receiver[k] -= there[k];
    there[k] = sender[k] - back[k];
  }
  __syncthreads();
  for (int64_t x = threadIdx.x; x < p.nx; x += kThreads) transform_line(there + x * p.ny, p.ny, 1, p.stretch, p.bound);
  __syncthreads();
  for (int64_t y = threadIdx.x; y < p.ny; y += kThreads) transform_line(there + y, p.nx, p.ny, p.stretch, p.bound);
  __syncthreads();
  float sum = 0;
  for (int64_t k0 = 0; k0 < count; k0 += kChunk) {
    const int n = static_cast<int>(count - k0 < kChunk ? count - k0 : kChunk);
    for (int k = threadIdx.x; k < n; k += kThreads) {
      const float v = receiver[k0 + k] + there[k0 + k];
      receiver[k0 + k] = v;
      chunk[k] = v;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      for (int k = 0; k < n; k++) sum += chunk[k];
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) mean = sum / static_cast<float>(count);
  __syncthreads();
  for (int64_t k = threadIdx.x; k < count; k += kThreads) receiver[k] -= mean;
}

// One warp per node; sets the flag where a state is another than before.
__global__ void least_kernel(BpPyramid p, const float* belief, int* changed) {
  const int64_t node = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32, count = p.nx * p.ny;
  if (node >= p.nodes) return;
  const float* values = belief + node * count;
  int best = -1;
  float least = INFINITY;
  for (int64_t k = threadIdx.x & 31; k < count; k += 32) {
    if (values[k] < least) least = values[k], best = static_cast<int>(k);
  }
  for (int o = 16; o > 0; o >>= 1) {
    const int other = __shfl_xor_sync(0xffffffffu, best, o);
    const float value = __shfl_xor_sync(0xffffffffu, least, o);
    // A lane without a state has infinity and never wins.
    if (other >= 0 && (value < least || (value == least && other < best))) best = other, least = value;
  }
  if ((threadIdx.x & 31) != 0) return;
  if (p.states[node] != best) *changed = 1;
  p.states[node] = best;
}

void run(sc_ctx& ctx, const BpPyramid& p) {
  const int64_t count = p.nx * p.ny;
  cuda(cudaMemsetAsync(p.states, 0xFF, p.nodes * sizeof(int32_t), ctx.stream), "clearing states");
  if (count == 0) return finish(ctx);
  PyramidOrder order = pyramid_order(p.levels, p.upward);
  const std::vector<int32_t> starts = order.sort_into_waves(p.nodes);
  const int64_t messages_bytes = order.messages.size() * sizeof(PyramidMessage);
  Scratch<PyramidMessage> wave(ctx, order.messages.size(), "the order of messages");
  Scratch<float> belief(ctx, p.nodes * count, "beliefs"), messages(ctx, order.kinds * count, "messages");
  Scratch<int> changed(ctx, 1, "a flag");
  if (messages_bytes > 0) {
    cuda(cudaMemcpyAsync(wave.get(), order.messages.data(), messages_bytes, cudaMemcpyHostToDevice, ctx.stream),
         "copying the order of messages");
  }
  cuda(cudaMemcpyAsync(belief.get(), p.unary, p.nodes * count * sizeof(float), cudaMemcpyDeviceToDevice, ctx.stream),
       "copying costs");
  cuda(cudaMemsetAsync(messages.get(), 0, order.kinds * count * sizeof(float), ctx.stream), "clearing messages");
  for (int32_t i = 0; i < p.iterations; i++) {
    for (size_t w = 0; w + 1 < starts.size(); w++) {
      const unsigned n = static_cast<unsigned>(starts[w + 1] - starts[w]);
      send_kernel<<<n, kThreads, 0, ctx.stream>>>(p, wave.get() + starts[w], belief.get(), messages.get());
      launched("sending messages");
    }
    cuda(cudaMemsetAsync(changed.get(), 0, sizeof(int), ctx.stream), "clearing a flag");
    least_kernel<<<blocks_for(p.nodes, 4), 128, 0, ctx.stream>>>(p, belief.get(), changed.get());
    launched("choosing states");
    int any = 0;
    cuda(cudaMemcpyAsync(&any, changed.get(), sizeof any, cudaMemcpyDeviceToHost, ctx.stream), "reading a flag");
    cuda(cudaStreamSynchronize(ctx.stream), "belief propagation");
    if (!any) break;
  }
  finish(ctx);
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_bp_pyramid(sc_ctx* ctx, sc_tensor* unary, int32_t levels, float stretch, float bound,
                                 int32_t iterations, int32_t upward, sc_tensor* states) {
  return border(ctx, "sc_bp_pyramid", [&] {
    run(*ctx, check_bp_pyramid(ctx, unary, levels, stretch, bound, iterations, upward, states));
  });
}
