// PatchMatch over descriptors. Every round reads the field of the round before and writes another: the result does not
// depend on the order of the cells, nor on the number of threads.
#include <algorithm>

#include "../common/patch_match.hpp"
#include "isa.hpp"

SC_KERNEL(patch_match, PatchMatch)

namespace sc::SC_ISA {

void patch_match(sc_ctx& ctx, const PatchMatch& p) {
  const int64_t cells = p.h1 * p.w1;
  if (cells == 0) return;
  Scratch<int32_t> index(ctx, cells, "the field before");
  Scratch<float> score(ctx, cells, "the field before");
  // The last round writes the outputs.
  int32_t *to = p.rounds % 2 ? index.get() : p.index, *from = p.rounds % 2 ? p.index : index.get();
  float *to_score = p.rounds % 2 ? score.get() : p.score, *from_score = p.rounds % 2 ? p.score : score.get();
  for (int32_t round = 0; round <= p.rounds; round++) {
    ctx.pool.run(p.h1, [&](int64_t row, int32_t) {
      for (int64_t cell = row * p.w1; cell < (row + 1) * p.w1; cell++) {
        const float* own = p.a + cell * p.channels;
        const auto similarity = [&](int32_t target) { return dot(own, p.b + target * p.channels, p.channels); };
        patch_visit(p, cell, round, from, from_score, similarity, to[cell], to_score[cell]);
      }
    });
    std::swap(to, from);
    std::swap(to_score, from_score);
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_patch_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t seed,
                                  int32_t rounds, int32_t radius, sc_tensor* index, sc_tensor* score) {
  return sc::border(ctx, "sc_patch_match", [&] {
    auto p = sc::check_patch_match(ctx, a, b, start, seed, rounds, radius, index, score);
    SC_CALL(patch_match, *ctx, p);
  });
}
#endif
