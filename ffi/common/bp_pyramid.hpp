// Argument check of belief propagation over a pyramid of grids, and the order of its messages.
#pragma once

#include <algorithm>
#include <vector>

#include "handle.hpp"

namespace sc {

struct BpPyramid {
  const float* unary;
  int32_t levels, iterations;
  int64_t nodes, nx, ny;
  float stretch, bound;
  bool upward;
  int32_t* states;

  int64_t count() const { return nx * ny; }
};

inline int64_t pyramid_nodes(int32_t levels) { return ((int64_t{1} << 2 * levels) - 1) / 3; }

inline BpPyramid check_bp_pyramid(sc_ctx* ctx, sc_tensor* unary, int32_t levels, float stretch, float bound,
                                  int32_t iterations, int32_t upward, sc_tensor* states) {
  need_tensor(ctx, unary, "unary", kFloat, 3);
  need(levels >= 1 && levels <= 6, "levels must be 1..6");
  const int64_t nodes = pyramid_nodes(levels);
  need_shape(ctx, unary, "unary", kFloat, nodes, unary->shape[1], unary->shape[2]);
  need(unary->shape[1] * unary->shape[2] < int64_t{1} << 31, "more than 2^31 translations");
  need_shape(ctx, states, "states", kInt, nodes);
  need(std::isfinite(stretch) && std::isfinite(bound), "stretch and bound must be finite");
  need(iterations >= 1 && iterations <= 100000, "iterations must be 1..100000");
  return {unary->f(),     levels,         iterations,  nodes,       unary->shape[1], unary->shape[2], stretch,
          bound, upward != 0, states->i()};
}

// One message: `there` is the number of the message, `back` that of the one in the other direction.
struct PyramidMessage {
  int32_t from, to, there, back;
};

// The messages of one iteration in their order, and how many different ones exist.
struct PyramidOrder {
  std::vector<PyramidMessage> messages;
  int32_t kinds = 0;

  // Sorted into waves, in each of which no node receives that sends or receives elsewhere in it; the order between
  // messages that share a node stays. Returns where each wave starts, and the end.
  std::vector<int32_t> sort_into_waves(int64_t nodes);
};

inline PyramidOrder pyramid_order(int32_t levels, bool upward) {
  PyramidOrder order;
  const auto at = [](int32_t level, int32_t x, int32_t y) {
    return static_cast<int32_t>(pyramid_nodes(level)) + (x << level) + y;
  };
  // Messages down and up the pyramid: number of the child, twice; along a level: four per node.
  const int32_t nodes = static_cast<int32_t>(pyramid_nodes(levels));
  const auto vertical = [&](int32_t parent, int32_t child, bool down) {
    const int32_t first = 2 * child;
    order.messages.push_back(down ? PyramidMessage{parent, child, first, first + 1}
                                  : PyramidMessage{child, parent, first + 1, first});
  };
  // The pair of messages between a node and the next along an axis (0 x, 1 y) belongs to the earlier of the two.
  const auto sideways = [&](int32_t from, int32_t to, int32_t axis) {
    const int32_t first = 2 * nodes + 4 * std::min(from, to) + 2 * axis;
    const int32_t there = first + (from < to ? 0 : 1);
    order.messages.push_back({from, to, there, 2 * first + 1 - there});
  };
  order.kinds = 6 * nodes;
  for (int32_t level = 0; level + 1 < levels; level++) {
    for (int32_t x = 0; x < 1 << level; x++) {
      for (int32_t y = 0; y < 1 << level; y++) {
        for (int32_t k = 0; k < 4; k++) vertical(at(level, x, y), at(level + 1, 2 * x + k / 2, 2 * y + k % 2), true);
      }
    }
  }
  for (int32_t level = levels - 1; upward && level >= 1; level--) {
    for (int32_t x = 0; x < 1 << level; x++) {
      for (int32_t y = 0; y < 1 << level; y++) vertical(at(level - 1, x >> 1, y >> 1), at(level, x, y), false);
    }
  }
  for (int32_t step : {1, -1}) {
    for (int32_t level = 1; level < levels; level++) {
      const int32_t side = 1 << level, last = 2 * (side - 1);
      for (int32_t i = 0; i <= last; i++) {
        const int32_t diagonal = step == 1 ? i : last - i;
        for (int32_t x = std::min(diagonal, side - 1); x >= 0 && diagonal - x < side; x--) {
          const int32_t y = diagonal - x, from = at(level, x, y);
          if (x + step >= 0 && x + step < side) sideways(from, at(level, x + step, y), 0);
          if (y + step >= 0 && y + step < side) sideways(from, at(level, x, y + step), 1);
        }
      }
    }
  }
  return order;
}

inline std::vector<int32_t> PyramidOrder::sort_into_waves(int64_t nodes) {
  // The first wave after the last in which a node received, and sent.
  std::vector<int32_t> received(nodes, 0), sent(nodes, 0), wave(messages.size());
  int32_t waves = 0;
  for (size_t m = 0; m < messages.size(); m++) {
    const auto [from, to, there, back] = messages[m];
    (void)there, (void)back;
    wave[m] = std::max({received[from], received[to], sent[to]});
    sent[from] = std::max(sent[from], wave[m] + 1);
    received[to] = wave[m] + 1;
    waves = std::max(waves, wave[m] + 1);
  }
  std::vector<int32_t> starts(waves + 1, 0);
  for (int32_t w : wave) starts[w + 1]++;
  for (int32_t w = 0; w < waves; w++) starts[w + 1] += starts[w];
  std::vector<PyramidMessage> sorted(messages.size());
  std::vector<int32_t> next(starts);
  for (size_t m = 0; m < messages.size(); m++) sorted[next[wave[m]]++] = messages[m];
  messages = sorted;
  return starts;
}

}  // namespace sc
