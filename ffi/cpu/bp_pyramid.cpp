// Belief propagation over a pyramid of grids: one message after the other, in the order of the definition, since most
// share a node with the one before. Within a message the distance transform runs along whole vectors of lines: along y
// over a copy in which x is the fast axis, along x over the message itself. The sum of a belief is taken in the
// definition's order, one value after the other, so that states are the same everywhere.
#include "../common/bp_pyramid.hpp"
#include "isa.hpp"

SC_KERNEL(bp_pyramid, BpPyramid)

namespace sc::SC_ISA {
namespace {

// Lines of n values `stride` apart, kLanes of them side by side.
inline void transform_lines(float* f, int64_t n, int64_t stride, V slope, V bound) {
  V least = splat(INFINITY);
  for (int64_t i = 0; i < n; i++) {
    const V v = load(f + i * stride);
    least = select(v < least, v, least);
  }
  const V cap = least + bound;
  V last = load(f);
  for (int64_t i = 1; i < n; i++) {
    const V v = last + slope, own = load(f + i * stride);
    last = select(v < own, v, own);
    store(f + i * stride, last);
  }
  store(f + (n - 1) * stride, select(cap < last, cap, last));
  for (int64_t i = n - 2; i >= 0; i--) {
    const V v = last + slope, own = load(f + i * stride);
    last = select(v < own, v, own);
    store(f + i * stride, select(cap < last, cap, last));
  }
}

struct Sizes {
  int64_t nx, ny, wide_x, wide_y;  // wide: rounded up to whole vectors
};

// there: [nx][wide_y]; turned: [ny][wide_x].
void distance_transform(float* there, float* turned, const Sizes& s, float stretch, float bound) {
  const V slope = splat(stretch), most = splat(bound);
  for (int64_t x = 0; x < s.nx; x++) {
    for (int64_t y = 0; y < s.ny; y++) turned[y * s.wide_x + x] = there[x * s.wide_y + y];
  }
  for (int64_t x = 0; x < s.wide_x; x += kLanes) transform_lines(turned + x, s.ny, s.wide_x, slope, most);
  for (int64_t x = 0; x < s.nx; x++) {
    for (int64_t y = 0; y < s.ny; y++) there[x * s.wide_y + y] = turned[y * s.wide_x + x];
  }
  for (int64_t y = 0; y < s.wide_y; y += kLanes) transform_lines(there + y, s.nx, s.wide_y, slope, most);
}

}  // namespace

void bp_pyramid(sc_ctx& ctx, const BpPyramid& p) {
  std::fill_n(p.states, p.nodes, -1);
  if (p.count() == 0) return;
  const PyramidOrder order = pyramid_order(p.levels, p.upward);
  const auto up = [](int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; };
  const Sizes s{p.nx, p.ny, up(p.nx), up(p.ny)};
  // Rows of beliefs and messages are padded to whole vectors; what stands in the padding is never looked at.
  const int64_t padded = s.nx * s.wide_y;
  Scratch<float> belief(ctx, p.nodes * padded, "beliefs"), messages(ctx, order.kinds * padded, "messages"),
      turned(ctx, s.ny * s.wide_x, "a message");
  std::fill_n(belief.get(), p.nodes * padded, 0.0f);
  std::fill_n(messages.get(), order.kinds * padded, 0.0f);
  std::fill_n(turned.get(), s.ny * s.wide_x, 0.0f);
  for (int64_t row = 0; row < p.nodes * s.nx; row++) {
    std::copy_n(p.unary + row * s.ny, s.ny, belief.get() + row * s.wide_y);
  }
  const auto send = [&](const PyramidMessage& m) {
    float* there = messages.get() + m.there * padded;
    const float *back = messages.get() + m.back * padded, *sender = belief.get() + m.from * padded;
    float* receiver = belief.get() + m.to * padded;
    for (int64_t k = 0; k < padded; k += kLanes) {
      store(receiver + k, load(receiver + k) - load(there + k));
      store(there + k, load(sender + k) - load(back + k));
    }
    distance_transform(there, turned.get(), s, p.stretch, p.bound);
    float sum = 0;
    for (int64_t x = 0; x < s.nx; x++) {
      float* to = receiver + x * s.wide_y;
      for (int64_t y = 0; y < s.wide_y; y += kLanes) store(to + y, load(to + y) + load(there + x * s.wide_y + y));
      for (int64_t y = 0; y < s.ny; y++) sum += to[y];
    }
    const V mean = splat(sum / static_cast<float>(p.count()));
    for (int64_t k = 0; k < padded; k += kLanes) store(receiver + k, load(receiver + k) - mean);
  };
  for (int32_t i = 0; i < p.iterations; i++) {
    for (const auto& m : order.messages) send(m);
    bool changed = false;
    for (int64_t node = 0; node < p.nodes; node++) {
      int32_t best = -1;
      float least = INFINITY;
      for (int64_t x = 0; x < s.nx; x++) {
        const float* row = belief.get() + node * padded + x * s.wide_y;
        for (int64_t y = 0; y < s.ny; y++) {
          if (row[y] < least) least = row[y], best = static_cast<int32_t>(x * s.ny + y);
        }
      }
      changed |= best != p.states[node];
      p.states[node] = best;
    }
    if (!changed) break;
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_bp_pyramid(sc_ctx* ctx, sc_tensor* unary, int32_t levels, float stretch, float bound,
                                 int32_t iterations, int32_t upward, sc_tensor* states) {
  return sc::border(ctx, "sc_bp_pyramid", [&] {
    auto p = sc::check_bp_pyramid(ctx, unary, levels, stretch, bound, iterations, upward, states);
    SC_CALL(bp_pyramid, *ctx, p);
  });
}
#endif
