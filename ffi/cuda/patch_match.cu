// PatchMatch over descriptors: a warp per cell, its lanes share the channels of a candidate; a launch per round.
#include <algorithm>

#include "../common/patch_match.hpp"
#include "ctx.cuh"

namespace sc {

__global__ void patch_round_kernel(PatchMatch p, int32_t round, const int32_t* from, const float* from_score, int32_t* to,
                                   float* to_score) {
  const int64_t warps = static_cast<int64_t>(gridDim.x) * (blockDim.x / 32);
  const int lane = threadIdx.x & 31;
  for (int64_t cell = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; cell < p.h1 * p.w1;
       cell += warps) {
    const float* own = p.a + cell * p.channels;
    // All lanes get the same sum, so they take the same decisions.
    auto similarity = [&](int32_t target) {
      const float* other = p.b + target * p.channels;
      float sum = 0;
      for (int64_t c = lane; c < p.channels; c += 32) sum = fmaf(own[c], other[c], sum);
      for (int o = 16; o > 0; o >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, o);
      return sum;
    };
    int32_t index;
    float score;
    patch_visit(p, cell, round, from, from_score, similarity, index, score);
    if (lane == 0) to[cell] = index, to_score[cell] = score;
  }
}

}  // namespace sc

using namespace sc;

extern "C" int32_t sc_patch_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t seed,
                                  int32_t rounds, int32_t radius, sc_tensor* index, sc_tensor* score) {
  return border(ctx, "sc_patch_match", [&] {
    PatchMatch p = check_patch_match(ctx, a, b, start, seed, rounds, radius, index, score);
    const int64_t cells = p.h1 * p.w1;
    if (cells == 0) return;
    Scratch<int32_t> other(*ctx, cells, "the field before");
    Scratch<float> other_score(*ctx, cells, "the field before");
    // The last round writes the outputs.
    int32_t *to = p.rounds % 2 ? other.get() : p.index, *from = p.rounds % 2 ? p.index : other.get();
    float *to_score = p.rounds % 2 ? other_score.get() : p.score, *from_score = p.rounds % 2 ? p.score : other_score.get();
    for (int32_t round = 0; round <= p.rounds; round++) {
      patch_round_kernel<<<blocks_for(cells, 8), 256, 0, ctx->stream>>>(p, round, from, from_score, to, to_score);
      launched("searching");
      std::swap(to, from);
      std::swap(to_score, from_score);
    }
    finish(*ctx);
  });
}
