// The CUDA library's context: one device, one stream, counted scratch memory. Every operation waits for its own end, so
// that a failure is told by the call that caused it.
#pragma once

#include <cuda_runtime.h>

#include "../common/handle.hpp"

struct sc_ctx : sc::Base {
  cudaStream_t stream = nullptr;
  int* flag = nullptr;  // set by kernels that meet a bad value; read and cleared by finish()
  int processors = 1;
};

namespace sc {

inline void cuda(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // clears the ones that can be cleared
  if (status == cudaErrorMemoryAllocation) throw Failure(format("%s: the GPU has no memory left", what), kMemory);
  throw Failure(format("%s: %s", what, cudaGetErrorString(status)), kDevice);
}

// Device memory, counted against the context's limit, not initialised.
template <class T>
class Scratch {
 public:
  Scratch(sc_ctx& ctx, int64_t count, const char* what) : ctx_(ctx), bytes_(count * static_cast<int64_t>(sizeof(T))) {
    if (bytes_ <= 0) return;
    ctx.take(bytes_, what);
    void* data = nullptr;
    cudaError_t status = cudaMallocAsync(&data, bytes_, ctx.stream);
    if (status != cudaSuccess) {
      ctx.give(bytes_);
      cuda(status, what);
    }
    data_ = static_cast<T*>(data);
  }
  ~Scratch() {
    if (!data_) return;
    cudaFreeAsync(data_, ctx_.stream);
    ctx_.give(bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* get() { return data_; }

 private:
  sc_ctx& ctx_;
  int64_t bytes_;
  T* data_ = nullptr;
};

inline void launched(const char* what) { cuda(cudaGetLastError(), what); }

// Waits for the stream; throws what went wrong on it. `flagged`: what a set flag means.
void finish(sc_ctx& ctx, const char* flagged = "a value is out of range");

inline unsigned blocks_for(int64_t items, int64_t per_block) {
  int64_t n = (items + per_block - 1) / per_block;
  // Kernels stride over what is left.
  return static_cast<unsigned>(n < 1 ? 1 : n > 65535 * 16 ? 65535 * 16 : n);
}

}  // namespace sc
