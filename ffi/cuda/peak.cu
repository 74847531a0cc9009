// The ceiling: fp32 multiply-adds on registers only, every processor.
#include "ctx.cuh"

namespace sc {

__global__ void spin_kernel(float* sink, int rounds) {
  float acc[16];
#pragma unroll
  for (int c = 0; c < 16; c++) acc[c] = 3.0f + c + threadIdx.x;
  for (int r = 0; r < rounds; r++) {
#pragma unroll
    for (int c = 0; c < 16; c++) acc[c] = fmaf(acc[c], 0.999999f, 1e-6f);
  }
  float sum = 0;
#pragma unroll
  for (int c = 0; c < 16; c++) sum += acc[c];
  if (sum == -1.0f) *sink = sum;  // never; keeps the loop
}

}  // namespace sc

using namespace sc;

extern "C" int32_t sc_fma_peak(sc_ctx* ctx, double milliseconds, sc_tensor* result) {
  return border(ctx, "sc_fma_peak", [&] {
    need_shape(ctx, result, "result", kFloat, 1);
    need(milliseconds > 0 && milliseconds <= 60000, "milliseconds must be in (0, 60000]");
    cudaEvent_t start, stop;
    cuda(cudaEventCreate(&start), "timing");
    cuda(cudaEventCreate(&stop), "timing");
    float best = 0, spent = 0;
    const int rounds = 20000, threads = 256, blocks = ctx->processors * 8;
    cudaError_t status = cudaSuccess;
    while (spent < milliseconds && status == cudaSuccess) {
      cudaEventRecord(start, ctx->stream);
      spin_kernel<<<blocks, threads, 0, ctx->stream>>>(result->f(), rounds);
      cudaEventRecord(stop, ctx->stream);
      status = cudaEventSynchronize(stop);
      float ms = 0;
      if (status == cudaSuccess) status = cudaEventElapsedTime(&ms, start, stop);
      if (status != cudaSuccess || ms <= 0) break;
      spent += ms;
      float rate = static_cast<float>(2.0 * 16 * rounds * threads * blocks / (ms * 1e6));
      if (rate > best) best = rate;
    }
    cudaEventDestroy(start);
    cudaEventDestroy(stop);
    cuda(status, "timing");
    cuda(cudaMemcpyAsync(result->data, &best, sizeof best, cudaMemcpyHostToDevice, ctx->stream), "timing");
    finish(*ctx);
  });
}
