// SIFT Flow's belief propagation. Integers throughout, so every order of independent work gives the same flow.
//
// - Windows of up to 8 states live in one vector of 8 int32: the distance transform is a prefix minimum by doubling
//   steps. Wider windows (the coarse levels, few pixels) use plain loops.
// - A row is one chain of sideways messages; the messages up or down and to the other plane hang off it, so the
//   processor overlaps them.
// - Iterations 2k and 2k+1 update the two planes in the same direction. Their rows are dealt out alternately, those of
//   plane 1 two rows later; a row follows the row before it (and plane 1 the same row of plane 0, where it needs its dual
//   messages) some pixels behind, so that any number of threads work in a slanted front.
#include <algorithm>
#include <cmath>
#include <vector>

#include "../common/bp_flow.hpp"
#include "isa.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

SC_KERNEL(bp_flow, BpFlow)

namespace sc::SC_ISA {
namespace {

typedef int32_t I8 __attribute__((vector_size(32)));
typedef int16_t H8 __attribute__((vector_size(16)));

constexpr int32_t kNoState = 1 << 29;  // cost of a lane that is no state
constexpr int64_t kOverread = 16;     // elements that vector loads may read beyond an array

inline I8 load8(const int32_t* p) {
  I8 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline I8 load8(const int16_t* p) {
  H8 v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, I8);
}
inline void store8(int32_t* p, I8 v) { std::memcpy(p, &v, sizeof v); }
inline void store8(int16_t* p, I8 v) {
  H8 h = __builtin_convertvector(v, H8);
  std::memcpy(p, &h, sizeof h);
}
inline I8 all(int32_t x) { return x - I8{}; }
inline I8 least(I8 a, I8 b) { return a < b ? a : b; }
// The smallest lane, in every lane.
inline I8 least_lane(I8 v) {
  v = least(v, __builtin_shuffle(v, I8{4, 5, 6, 7, 0, 1, 2, 3}));
  v = least(v, __builtin_shuffle(v, I8{2, 3, 0, 1, 6, 7, 4, 5}));
  return least(v, __builtin_shuffle(v, I8{1, 0, 3, 2, 5, 4, 7, 6}));
}

struct Plane {
  int16_t* in[4];  // from the left, right, top, bottom: [pixels][stride]
  int32_t* dual;   // from the other plane: [pixels][stride]
};

// One grid of pixels, whole or merged.
struct Layer {
  int64_t height, width;
  const int32_t* centre;  // [pixels][2]
  const int32_t* data;    // [pixels][y state][x state]
  const int32_t* range;   // cost of displacement d is range[d]; d may be negative
  Plane plane[2];
};

struct Rule {
  int32_t states, window, alpha, bound;
  int64_t stride;
  bool corrected;
};

constexpr int64_t kPiece = 32;  // pixels between two looks at the rows that must be ahead

// A count that others wait for, on a cache line of its own.
struct alignas(64) Count {
  std::atomic<int64_t> value{0};

  void raise(int64_t to) { value.store(to, std::memory_order_release); }
  void wait(int64_t least) const {
    for (int tries = 0; value.load(std::memory_order_acquire) < least; tries++) look_again(tries);
  }
};

// How a row keeps behind others: counts of pixels, which go on from iteration to iteration.
struct Pace {
  Count* own = nullptr;
  const Count *before = nullptr, *other = nullptr;  // the row before it; its row of the other plane; null: waits for none
  int64_t base = 0;                                 // pixels of the iterations before

  // At pixel i, a multiple of kPiece, of w.
  void reach(int64_t i, int64_t w) const {
    if (own) own->raise(base + i);
    const int64_t next = base + std::min(i + kPiece, w);
    if (before) before->wait(next);
    if (other) other->wait(next);
  }
  void end(int64_t w) const {
    if (own) own->raise(base + w);
  }
};

// --- windows of up to 8 states ------------------------------------------------------------------------------------

struct Narrow {
  I8 lanes, states, alpha, bound, valid;
  I8 fill1, fill2, fill4;  // alpha times the step
  int32_t window;
  bool corrected;

  explicit Narrow(const Rule& r) {
    lanes = I8{0, 1, 2, 3, 4, 5, 6, 7};
    states = all(r.states);
    alpha = all(r.alpha), bound = all(r.bound);
    valid = lanes < states;
    fill1 = all(r.alpha), fill2 = all(2 * r.alpha), fill4 = all(4 * r.alpha);
    window = r.window;
    corrected = r.corrected;
  }
  I8 only_states(I8 v) const { return valid ? v : all(kNoState); }

  // What a node with costs v tells a neighbour whose window lies `shift` further.
  I8 message(I8 v, int32_t shift, bool first) const {
    const I8 never = all(kNoState);
    const I8 low = least_lane(v), most = low + bound;
    // Lane l of the second operand is index 8 + l.
    v = least(v, __builtin_shuffle(v, never, I8{8, 0, 1, 2, 3, 4, 5, 6}) + fill1);
    v = least(v, __builtin_shuffle(v, never, I8{8, 8, 0, 1, 2, 3, 4, 5}) + fill2);
    v = least(v, __builtin_shuffle(v, never, I8{8, 8, 8, 8, 0, 1, 2, 3}) + fill4);
    v = least(v, __builtin_shuffle(v, never, I8{1, 2, 3, 4, 5, 6, 7, 8}) + fill1);
    v = least(v, __builtin_shuffle(v, never, I8{2, 3, 4, 5, 6, 7, 8, 8}) + fill2);
    v = least(v, __builtin_shuffle(v, never, I8{4, 5, 6, 7, 8, 8, 8, 8}) + fill4);
    if (__builtin_expect(shift == 0, 1)) return least(v, most) - low;
    if (!corrected && std::abs(shift) > 2 * window) {
      v = first ? -(lanes * alpha) : lanes * alpha;
    } else {
      const I8 want = lanes + shift, top = states - 1;
      I8 at = want < 0 ? I8{} : want;
      at = at > top ? top : at;
      const I8 far = want > at ? want - at : at - want;
      v = __builtin_shuffle(v, at) + far * alpha;
    }
    v = least(v, most);
    return v - least_lane(only_states(v));
  }
};

// One plane of one row. `dual`: also tell the other plane.
template <bool kForward>
void narrow_row(const Layer& g, const Rule& r, int plane, int64_t y, bool dual, const Pace& pace) {
  const Narrow n(r);
  const Plane& own = g.plane[plane];
  int32_t* const told = g.plane[1 - plane].dual;
  const int64_t s = r.stride, w = g.width;
  const int32_t cells = r.states * r.states;
  constexpr int kSide = kForward ? 0 : 1, kUp = kForward ? 2 : 3;
  const int64_t step = kForward ? 1 : -1;
  const bool vertical = kForward ? y + 1 < g.height : y > 0;
  // The sideways message to this pixel. Nobody sends one to the first.
  I8 arriving = load8(own.in[kSide] + (y * w + (kForward ? 0 : w - 1)) * s);
  for (int64_t i = 0; i < w; i++) {
    if (i % kPiece == 0) pace.reach(i, w);
    const int64_t p = y * w + (kForward ? i : w - 1 - i);
    const int32_t c = g.centre[2 * p + plane];
    const I8 base = load8(g.range + c - r.window) + load8(own.in[kUp] + p * s) + arriving;
    const I8 ahead = load8(own.in[1 - kSide] + p * s), across = load8(own.in[kForward ? 3 : 2] + p * s);
    const I8 with_dual = base + load8(own.dual + p * s);
    if (i + 1 < w) {
      const int64_t q = p + step;
      arriving = n.message(n.only_states(with_dual + across), g.centre[2 * q + plane] - c, p == 0);
      store8(own.in[kSide] + q * s, arriving);
    }
    if (vertical) {
      const int64_t q = p + step * w;
      store8(own.in[kUp] + q * s, n.message(n.only_states(with_dual + ahead), g.centre[2 * q + plane] - c, p == 0));
    }
    if (dual) {
      const int32_t* d = g.data + p * cells;
      const I8 sum = n.only_states(base + ahead + across);
      I8 m = all(kNoState);
      if (plane == 0) {
        for (int32_t l = 0; l < r.states; l++) {
          const I8 low = least_lane(sum + load8(d + l * r.states));
          m = n.lanes == l ? low : m;
        }
      } else {
        for (int32_t l = 0; l < r.states; l++) m = least(m, load8(d + l * r.states) + sum[l]);
        m = n.only_states(m);
      }
      store8(told + p * s, m - least_lane(m));
    }
  }
  pace.end(w);
}

// --- any window ---------------------------------------------------------------------------------------------------

constexpr int32_t kMostStates = 129;

void wide_message(const Rule& r, int32_t* v, int32_t shift, bool first, int16_t* out) {
  const int32_t n = r.states, a = r.alpha;
  int32_t low = v[0];
  for (int32_t l = 1; l < n; l++) low = std::min(low, v[l]);
  const int32_t most = low + r.bound;
  int32_t beside = v[0];  // held in a register: through memory each step would wait for the one before
  for (int32_t l = 1; l < n; l++) v[l] = beside = std::min(v[l], beside + a);
  for (int32_t l = n - 2; l >= 0; l--) v[l] = beside = std::min(v[l], beside + a);
  int32_t m[kMostStates];
  if (!r.corrected && std::abs(shift) > 2 * r.window) {
    for (int32_t l = 0; l < n; l++) m[l] = std::min(first ? -l * a : l * a, most);
  } else {
    for (int32_t l = 0; l < n; l++) {
      const int32_t want = l + shift, at = want < 0 ? 0 : want >= n ? n - 1 : want;
      m[l] = std::min(v[at] + a * std::abs(want - at), most);
    }
  }
  low = m[0];
  for (int32_t l = 1; l < n; l++) low = std::min(low, m[l]);
  for (int32_t l = 0; l < n; l++) out[l] = static_cast<int16_t>(m[l] - low);
}

void wide_row(const Layer& g, const Rule& r, int plane, int64_t y, bool forward, bool dual, const Pace& pace) {
  const Plane& own = g.plane[plane];
  int32_t* const told = g.plane[1 - plane].dual;
  const int64_t s = r.stride, w = g.width;
  const int32_t n = r.states;
  const int from = forward ? 0 : 1, above = forward ? 2 : 3, below = forward ? 3 : 2;
  const int64_t step = forward ? 1 : -1;
  const bool vertical = forward ? y + 1 < g.height : y > 0;
  int32_t base[kMostStates], v[kMostStates];
  for (int64_t i = 0; i < w; i++) {
    if (i % kPiece == 0) pace.reach(i, w);
    const int64_t p = y * w + (forward ? i : w - 1 - i);
    const int32_t c = g.centre[2 * p + plane];
    const int32_t* range = g.range + c - r.window;
    const int16_t *side = own.in[from] + p * s, *up = own.in[above] + p * s;
    const int16_t *ahead = own.in[1 - from] + p * s, *down = own.in[below] + p * s;
    const int32_t* heard = own.dual + p * s;
    for (int32_t l = 0; l < n; l++) base[l] = range[l] + side[l] + up[l];
    if (i + 1 < w) {
      const int64_t q = p + step;
      for (int32_t l = 0; l < n; l++) v[l] = base[l] + heard[l] + down[l];
      wide_message(r, v, g.centre[2 * q + plane] - c, p == 0, own.in[from] + q * s);
    }
    if (vertical) {
      const int64_t q = p + step * w;
      for (int32_t l = 0; l < n; l++) v[l] = base[l] + heard[l] + ahead[l];
      wide_message(r, v, g.centre[2 * q + plane] - c, p == 0, own.in[above] + q * s);
    }
    if (dual) {
      const int32_t* d = g.data + p * n * n;
      int32_t* m = told + p * s;
      for (int32_t l = 0; l < n; l++) base[l] += ahead[l] + down[l];
      if (plane == 0) {
        for (int32_t l = 0; l < n; l++) {
          int32_t low = base[0] + d[l * n];
          for (int32_t x = 1; x < n; x++) low = std::min(low, base[x] + d[l * n + x]);
          m[l] = low;
        }
      } else {
        for (int32_t l = 0; l < n; l++) m[l] = base[0] + d[l];
        for (int32_t k = 1; k < n; k++) {
          for (int32_t l = 0; l < n; l++) m[l] = std::min(m[l], base[k] + d[k * n + l]);
        }
      }
      int32_t low = m[0];
      for (int32_t l = 1; l < n; l++) low = std::min(low, m[l]);
      for (int32_t l = 0; l < n; l++) m[l] -= low;
    }
  }
  pace.end(w);
}

// --- iterations ---------------------------------------------------------------------------------------------------

// Row i, in the iteration's direction, of an iteration.
void row(const Layer& g, const Rule& r, int64_t iteration, int64_t i, const Pace& pace) {
  const int plane = iteration % 2;
  const bool forward = iteration % 4 < 2, dual = iteration % 8 < 4;
  const int64_t y = forward ? i : g.height - 1 - i;
  if (r.states > 8) wide_row(g, r, plane, y, forward, dual, pace);
  else if (forward) narrow_row<true>(g, r, plane, y, dual, pace);
  else narrow_row<false>(g, r, plane, y, dual, pace);
}

// Pixels times states below which a second thread costs more than it brings.
constexpr int64_t kAlone = 6000;

// Iterations first .. last - 1; first is even.
void iterate(sc_ctx& ctx, const Layer& g, const Rule& r, int64_t first, int64_t last) {
  const int64_t h = g.height;
  if (ctx.pool.threads() == 1 || last - first < 2 || h * g.width * r.states < kAlone) {
    for (int64_t n = first; n < last; n++) {
      for (int64_t i = 0; i < h; i++) row(g, r, n, i, {});
    }
    return;
  }
  // Turn 2i of a pair is row i of plane 0, turn 2i + 1 row i - kLag of plane 1: far enough behind that nobody who works
  // on plane 1 follows on the heels of the same row of plane 0, whose messages to the other plane take longer. Turns are
  // taken in order, so whoever waits, waits for a row that somebody is at, and the first of those waits for nobody.
  constexpr int64_t kLag = 2;
  const int64_t pairs = (last - first + 1) / 2, turns = 2 * (h + kLag);
  std::vector<Count> done(2 * h);  // [row][plane]
  Count next, ended;
  ctx.pool.run(ctx.pool.threads(), [&](int64_t, int32_t) {
    for (int64_t turn; (turn = next.value.fetch_add(1)) < pairs * turns;) {
      const int64_t pair = turn / turns, t = turn % turns, plane = t % 2, i = t / 2 - plane * kLag;
      const int64_t n = first + 2 * pair + plane;
      if (i >= 0 && i < h && n < last) {
        // Pairs differ in direction, or in which planes speak: each starts when the one before has ended.
        ended.wait(pair * turns);
        Pace pace;
        pace.own = &done[2 * i + plane];
        pace.before = i > 0 ? &done[2 * (i - 1) + plane] : nullptr;
        pace.other = plane == 1 && n % 8 < 4 ? &done[2 * i] : nullptr;
        pace.base = pair * g.width;
        row(g, r, n, i, pace);
      }
      ended.value.fetch_add(1);
    }
  });
}

int64_t read_out(sc_ctx& ctx, const Layer& g, const Rule& r, int32_t* flow) {
  const int32_t n = r.states;
  const int64_t w = g.width, h = g.height;
  std::atomic<int64_t> energy{0};
  ctx.pool.run(h, [&](int64_t y, int32_t) {
    int64_t sum = 0;
    for (int64_t p = y * w; p < (y + 1) * w; p++) {
      int32_t best[2];
      for (int plane = 0; plane < 2; plane++) {
        const Plane& own = g.plane[plane];
        const int32_t c = g.centre[2 * p + plane];
        const int32_t* range = g.range + c - r.window;
        int32_t low = 0;
        for (int32_t l = 0; l < n; l++) {
          const int64_t i = p * r.stride + l;
          const int32_t b = range[l] + own.dual[i] + own.in[0][i] + own.in[1][i] + own.in[2][i] + own.in[3][i];
          if (l == 0 || b < low) low = b, best[plane] = l;
        }
        flow[2 * p + plane] = best[plane] - r.window + c;
        sum += range[best[plane]];
      }
      sum += g.data[(p * n + best[1]) * n + best[0]];
    }
    energy += sum;
  });
  ctx.pool.run(h, [&](int64_t y, int32_t) {
    int64_t sum = 0;
    auto pair = [&](int64_t p, int64_t q) {
      for (int plane = 0; plane < 2; plane++) {
        const int64_t d = std::abs(flow[2 * p + plane] - flow[2 * q + plane]);
        sum += std::min<int64_t>(d * r.alpha, r.bound);
      }
    };
    for (int64_t p = y * w; p < (y + 1) * w; p++) {
      if (p + 1 < (y + 1) * w) pair(p, p + 1);
      if (y + 1 < h) pair(p, p + w);
    }
    energy += sum;
  });
  return energy;
}

// --- data term ----------------------------------------------------------------------------------------------------

inline int32_t distance(const uint8_t* a, const uint8_t* b, int64_t n) {
  int64_t i = 0;
  int32_t sum = 0;
#if defined(__AVX2__)
  L4 acc{};
  for (; i + 32 <= n; i += 32) acc += byte_distances(load_bytes(a + i), load_bytes(b + i));
  sum = static_cast<int32_t>(acc[0] + acc[1] + acc[2] + acc[3]);
#elif defined(__SSE2__)
  __m128i acc = _mm_setzero_si128();
  for (; i + 16 <= n; i += 16) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i));
    const __m128i y = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i));
    acc = _mm_add_epi64(acc, _mm_sad_epu8(x, y));
  }
  sum = _mm_cvtsi128_si32(acc) + _mm_cvtsi128_si32(_mm_srli_si128(acc, 8));
#endif
  for (; i < n; i++) sum += std::abs(a[i] - b[i]);
  return sum;
}

void data_term(sc_ctx& ctx, const BpFlow& p, int32_t* data) {
  const int32_t n = p.states(), cells = n * n;
  ctx.pool.run(p.height, [&](int64_t y, int32_t) {
    for (int64_t x = 0; x < p.width; x++) {
      const int64_t at = y * p.width + x;
      int32_t* out = data + at * cells;
      for (int32_t dy = 0; dy < n; dy++) {
        const int64_t ty = y + p.centre[2 * at + 1] + dy - p.window;
        for (int32_t dx = 0; dx < n; dx++, out++) {
          const int64_t tx = x + p.centre[2 * at] + dx - p.window;
          const bool inside = ty >= 0 && ty < p.target_height && tx >= 0 && tx < p.target_width;
          *out = inside ? distance(p.source + at * p.channels, p.target + (ty * p.target_width + tx) * p.channels,
                                   p.channels)
                        : -1;
        }
      }
    }
  });
  const int64_t per_row = p.width * cells;
  struct Found {
    int32_t low = 32767, high = 0;
    int64_t valid = 0;
  };
  std::vector<Found> found(p.height);
  ctx.pool.run(p.height, [&](int64_t y, int32_t) {
    const int32_t* row = data + y * per_row;
    Found f;
    for (int64_t i = 0; i < per_row; i++) {
      f.low = std::min(f.low, row[i] < 0 ? 32767 : row[i]);
      f.high = std::max(f.high, row[i]);
      f.valid += row[i] >= 0;
    }
    found[y] = f;
  });
  int32_t low = 32767, high = 0;
  int64_t total = 0;
  for (const Found& f : found) low = std::min(low, f.low), high = std::max(high, f.high), total += f.valid;
  if (total == p.height * per_row) return;
  int32_t outside = total ? low : 0;
  if (total && high > low) {
    const double interval = static_cast<double>(high - low) / kHistogramBins;
    const int32_t from = p.corrected ? low : 0;
    const int32_t workers = ctx.pool.threads();
    Scratch<int64_t> bins(ctx, static_cast<int64_t>(kHistogramBins) * workers, "a histogram");
    std::fill_n(bins.get(), static_cast<int64_t>(kHistogramBins) * workers, 0);
    ctx.pool.run(p.height, [&](int64_t y, int32_t worker) {
      const int32_t* row = data + y * per_row;
      int64_t* own = bins.get() + static_cast<int64_t>(kHistogramBins) * worker;
      for (int64_t i = 0; i < per_row; i++) {
        if (row[i] >= 0) own[std::min<int64_t>(static_cast<int64_t>((row[i] - from) / interval), kHistogramBins - 1)]++;
      }
    });
    double mass = 0, value = high;
    for (int32_t i = 0; i < kHistogramBins; i++) {
      int64_t held = 0;
      for (int32_t worker = 0; worker < workers; worker++) held += bins[i + static_cast<int64_t>(kHistogramBins) * worker];
      mass += static_cast<double>(held) / static_cast<double>(total);
      if (mass >= 0.5) {
        value = std::max(i, 1) * interval + low;
        break;
      }
    }
    outside = static_cast<int32_t>(value);
  }
  ctx.pool.run(p.height, [&](int64_t y, int32_t) {
    int32_t* row = data + y * per_row;
    for (int64_t i = 0; i < per_row; i++) row[i] = row[i] < 0 ? outside : row[i];
  });
}

// --- the whole ----------------------------------------------------------------------------------------------------

// A layer with its memory: messages start at 0.
struct Owned {
  Scratch<int32_t> range, dual;
  Scratch<int16_t> in;
  Layer layer;

  Owned(sc_ctx& ctx, int64_t height, int64_t width, const int32_t* centre, const int32_t* data, double gamma,
        const Rule& r, int64_t reach)
      : range(ctx, 2 * reach + 1 + kOverread, "range costs"),
        dual(ctx, 2 * height * width * r.stride + kOverread, "messages"),
        in(ctx, 8 * height * width * r.stride + kOverread, "messages") {
    const int64_t size = height * width * r.stride;
    need(gamma * static_cast<double>(reach) < 1 << 28, "gamma times the largest displacement is more than 2^28");
    for (int64_t d = -reach; d <= reach; d++) {
      range[d + reach] = static_cast<int32_t>(gamma * std::fabs(static_cast<double>(d)));
    }
    std::fill_n(range.get() + 2 * reach + 1, kOverread, 0);
    const int64_t all = 8 * size + kOverread, share = std::max<int64_t>(1 << 16, all / 64);
    ctx.pool.run((all + share - 1) / share, [&](int64_t job, int32_t) {
      for (int64_t i = job * share; i < std::min((job + 1) * share, all); i++) in[i] = 0;
      for (int64_t i = job * share; i < std::min((job + 1) * share, 2 * size + kOverread); i++) dual[i] = 0;
    });
    layer = {height, width, centre, data, range.get() + reach, {}};
    for (int plane = 0; plane < 2; plane++) {
      for (int d = 0; d < 4; d++) layer.plane[plane].in[d] = in.get() + (plane * 4 + d) * size;
      layer.plane[plane].dual = dual.get() + plane * size;
    }
  }
};

int64_t reach_of(const int32_t* centre, int64_t pixels, int32_t window) {
  int64_t reach = 0;
  for (int64_t i = 0; i < 2 * pixels; i++) reach = std::max<int64_t>(reach, std::llabs(centre[i]));
  need(reach <= 1 << 20, "a window's centre is more than 2^20 pixels away");
  return reach + window + 8;  // vectors of 8 read past the last state
}

// Fills the messages of `fine` from its pixels merged two by two.
void start(sc_ctx& ctx, const Layer& fine, const Rule& r, double gamma, int32_t merges) {
  const int64_t h = (fine.height + 1) / 2, w = (fine.width + 1) / 2;
  const int32_t cells = r.states * r.states;
  Scratch<int32_t> data(ctx, h * w * cells + kOverread, "merged costs"), centre(ctx, 2 * h * w, "merged centres");
  std::fill_n(data.get() + h * w * cells, kOverread, 0);
  ctx.pool.run(h, [&](int64_t y, int32_t) {
    for (int64_t x = 0; x < w; x++) {
      int32_t* to = data.get() + (y * w + x) * cells;
      std::fill_n(to, cells, 0);
      int32_t count = 0, sum[2] = {0, 0};
      for (int64_t fy = 2 * y; fy < std::min(2 * y + 2, fine.height); fy++) {
        for (int64_t fx = 2 * x; fx < std::min(2 * x + 2, fine.width); fx++) {
          const int64_t f = fy * fine.width + fx;
          for (int32_t i = 0; i < cells; i++) to[i] += fine.data[f * cells + i];
          sum[0] += fine.centre[2 * f], sum[1] += fine.centre[2 * f + 1];
          count++;
        }
      }
      centre[2 * (y * w + x)] = sum[0] / count;
      centre[2 * (y * w + x) + 1] = sum[1] / count;
    }
  });
  Owned merged(ctx, h, w, centre.get(), data.get(), gamma, r, reach_of(centre.get(), h * w, r.window));
  if (merges > 1) start(ctx, merged.layer, r, gamma / 2, merges - 1);
  iterate(ctx, merged.layer, r, 0, kMergedIterations);
  ctx.pool.run(fine.height, [&](int64_t y, int32_t) {
    for (int64_t x = 0; x < fine.width; x++) {
      const int64_t from = ((y / 2) * w + x / 2) * r.stride, to = (y * fine.width + x) * r.stride;
      for (int plane = 0; plane < 2; plane++) {
        for (int d = 0; d < 4; d++) {
          std::memcpy(fine.plane[plane].in[d] + to, merged.layer.plane[plane].in[d] + from, r.stride * sizeof(int16_t));
        }
        std::memcpy(fine.plane[plane].dual + to, merged.layer.plane[plane].dual + from, r.stride * sizeof(int32_t));
      }
    }
  });
}

}  // namespace

void bp_flow(sc_ctx& ctx, const BpFlow& p) {
  const int64_t pixels = p.height * p.width;
  const int32_t cells = p.states() * p.states();
  if (pixels == 0) {
    for (int32_t i = 0; i < (p.trace ? p.iterations : 1); i++) put_energy(p.energies + 2 * i, 0);
    return;
  }
  const Rule r{p.states(), p.window, p.alpha, p.bound, (p.states() + 7) / 8 * 8, p.corrected};
  Scratch<int32_t> data(ctx, pixels * cells + kOverread, "costs of displacements");
  std::fill_n(data.get() + pixels * cells, kOverread, 0);
  data_term(ctx, p, data.get());
  Owned whole(ctx, p.height, p.width, p.centre, data.get(), p.gamma, r, reach_of(p.centre, pixels, p.window));
  if (p.merges > 0) start(ctx, whole.layer, r, p.gamma / 2, p.merges);
  if (!p.trace) {
    iterate(ctx, whole.layer, r, 0, p.iterations);
    put_energy(p.energies, read_out(ctx, whole.layer, r, p.flow));
    return;
  }
  for (int32_t i = 0; i < p.iterations; i++) {
    iterate(ctx, whole.layer, r, i, i + 1);
    put_energy(p.energies + 2 * i, read_out(ctx, whole.layer, r, p.flow));
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
using namespace sc;

extern "C" int32_t sc_bp_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, sc_tensor* centre, int32_t window,
                              int32_t alpha, int32_t bound, double gamma, int32_t iterations, int32_t merges,
                              int32_t corrected, int32_t trace, sc_tensor* flow, sc_tensor* energies) {
  return border(ctx, "sc_bp_flow", [&] {
    BpFlow p = check_bp_flow(ctx, source, target, centre, window, alpha, bound, gamma, iterations, merges, corrected,
                             trace, flow, energies);
    SC_CALL(bp_flow, *ctx, p);
  });
}
#endif
