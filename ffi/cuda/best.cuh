// Arg-max across threads: ties to the lowest index; NaN and -infinity never win.
#pragma once

#include "ctx.cuh"

namespace sc {

// (index, score) is better than the other: more similar, or as similar and earlier. Index -1 goes with -infinity.
__device__ inline bool better(int index, float score, int other_index, float other_score) {
  return score > other_score || (score == other_score && index >= 0 && index < other_index);
}

// All threads of the block call it; all get the best of the block. `blockDim.x` is a multiple of 32.
__device__ inline void block_best(int& index, float& score) {
  __shared__ int indices[33];
  __shared__ float scores[33];
  for (int o = 16; o > 0; o >>= 1) {
    const int other = __shfl_xor_sync(0xffffffffu, index, o);
    const float value = __shfl_xor_sync(0xffffffffu, score, o);
    if (better(other, value, index, score)) index = other, score = value;
  }
  __syncthreads();
  if ((threadIdx.x & 31) == 0) indices[threadIdx.x / 32] = index, scores[threadIdx.x / 32] = score;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (unsigned w = 1; w < blockDim.x / 32; w++) {
      if (better(indices[w], scores[w], index, score)) index = indices[w], score = scores[w];
    }
    indices[32] = index, scores[32] = score;
  }
  __syncthreads();
  index = indices[32], score = scores[32];
}

}  // namespace sc
