// Argument check of PatchMatch, and its random numbers: one text for both libraries, the same numbers as the definition.
#pragma once

#include "handle.hpp"

#if defined(__CUDACC__)
#define SC_BOTH __host__ __device__ inline
#else
#define SC_BOTH inline
#endif

namespace sc {

struct PatchMatch {
  const float *a, *b;    // [h1][w1][channels], [h2][w2][channels]
  const int32_t* start;  // [h1][w1] or null
  int64_t h1, w1, h2, w2, channels;
  uint32_t seed;
  int32_t rounds, radius;
  int32_t* index;
  float* score;
};

inline PatchMatch check_patch_match(sc_ctx* ctx, sc_tensor* a, sc_tensor* b, sc_tensor* start, int32_t seed,
                                    int32_t rounds, int32_t radius, sc_tensor* index, sc_tensor* score) {
  need_tensor(ctx, a, "a", kFloat, 3);
  need_tensor(ctx, b, "b", kFloat, 3);
  need(a->shape[2] == b->shape[2], "a and b differ in channels");
  need(b->shape[0] * b->shape[1] > 0 || a->shape[0] * a->shape[1] == 0, "b has no cells");
  need(b->shape[0] * b->shape[1] <= 1 << 21, "b has more than 2^21 cells");
  if (start) {
    need_shape(ctx, start, "start", kInt, a->shape[0], a->shape[1]);
    need_apart(index, "index", start);
  }
  need(rounds >= 0 && rounds <= 10000, "rounds must be 0..10000");
  need(radius >= 0 && radius <= 1 << 20, "radius must be 0..2^20");
  need_shape(ctx, index, "index", kInt, a->shape[0], a->shape[1]);
  need_shape(ctx, score, "score", kFloat, a->shape[0], a->shape[1]);
  need_apart(score, "score", a);
  need_apart(score, "score", b);
  return {a->f(),      b->f(),      start ? start->i() : nullptr, a->shape[0], a->shape[1], b->shape[0],
          b->shape[1], a->shape[2], static_cast<uint32_t>(seed),  rounds,      radius,      index->i(),
          score->f()};
}

// A number of 32 bits from the seed, the cell, the round and a counter: no state, so cells may be visited in any order.
SC_BOTH uint32_t patch_random(uint32_t seed, uint32_t cell, uint32_t round, uint32_t counter) {
  uint32_t h = seed * 0x9E3779B1u + cell;
  for (uint32_t more = 0; more < 3; more++) {
    h ^= h >> 16;
    h *= 0x7FEB352Du;
    h ^= h >> 15;
    h *= 0x846CA68Bu;
    h ^= h >> 16;
    h += more == 0 ? round : more == 1 ? counter : 0;
  }
  return h;
}

// A whole number in [low, high].
SC_BOTH int64_t patch_pick(uint32_t random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>((static_cast<uint64_t>(random) * static_cast<uint64_t>(high - low + 1)) >> 32);
}

// One round of one cell. `similarity(target)` is called for each candidate; `from` is the field of the round before.
// First cell: round 0 takes the start or a random target.
template <class Similarity>
SC_BOTH void patch_visit(const PatchMatch& p, int64_t cell, int32_t round, const int32_t* from, const float* from_score,
                         Similarity&& similarity, int32_t& index, float& score) {
  const int64_t row = cell / p.w1, col = cell % p.w1;
  const uint32_t c = static_cast<uint32_t>(cell), r = static_cast<uint32_t>(round);
  if (round == 0) {
    const int32_t given = p.start ? p.start[cell] : -1;
    const bool inside = given >= 0 && given < p.h2 * p.w2;
    index = inside ? given : static_cast<int32_t>(patch_pick(patch_random(p.seed, c, 0, 0), 0, p.h2 * p.w2 - 1));
    score = similarity(index);
    return;
  }
  index = from[cell];
  score = from_score[cell];
  auto attempt = [&](int64_t y, int64_t x) {
    const int32_t target = static_cast<int32_t>(y * p.w2 + x);
    const float value = similarity(target);
    if (value > score || (score != score && value == value)) index = target, score = value;
  };
  // What lies beside a neighbour's match: left, right, above, below.
  for (int side = 0; side < 4; side++) {
    const int64_t dy = side == 2 ? -1 : side == 3 ? 1 : 0, dx = side == 0 ? -1 : side == 1 ? 1 : 0;
    if (row + dy < 0 || row + dy >= p.h1 || col + dx < 0 || col + dx >= p.w1) continue;
    const int64_t match = from[cell + dy * p.w1 + dx], y = match / p.w2 - dy, x = match % p.w2 - dx;
    if (y >= 0 && y < p.h2 && x >= 0 && x < p.w2) attempt(y, x);
  }
  // Random places around the best so far, in windows that halve.
  uint32_t counter = 0;
  for (int64_t reach = p.radius; reach >= 1; reach /= 2) {
    const int64_t y = index / p.w2, x = index % p.w2;
    const int64_t top = y - reach < 0 ? 0 : y - reach, bottom = y + reach >= p.h2 ? p.h2 - 1 : y + reach;
    const int64_t left = x - reach < 0 ? 0 : x - reach, right = x + reach >= p.w2 ? p.w2 - 1 : x + reach;
    const int64_t ny = patch_pick(patch_random(p.seed, c, r, counter), top, bottom);
    const int64_t nx = patch_pick(patch_random(p.seed, c, r, counter + 1), left, right);
    counter += 2;
    attempt(ny, nx);
  }
}

}  // namespace sc
