// PatchMatch over superpixels with filtered costs. The labels of one visit are known before any is tried, so they are
// shared out over the threads and merged in their order: the result does not depend on the number of threads.
//
// Sums over squares are of whole numbers, four planes side by side in one vector (cost and its products with the three
// colours, then slopes and offset of the filter), so that a running sum needs one addition for all four.
#include "../common/filter_flow.hpp"

#include "isa.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

SC_KERNEL(filter_flow, FilterFlow)

namespace sc::SC_ISA {
namespace {

typedef int32_t I4 __attribute__((vector_size(16)));
typedef double D4 __attribute__((vector_size(32)));

constexpr int32_t kCap = 225;

inline uint64_t load8(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

#if defined(__SSE2__)
// 16 bytes from two places; as numbers, because there are instructions for that. No arithmetic is done with them.
inline __m128d two(const uint8_t* a, const uint8_t* b) {
  return _mm_loadh_pd(_mm_load_sd(reinterpret_cast<const double*>(a)), reinterpret_cast<const double*>(b));
}
#endif

// One visit's windows of one thread.
struct Work {
  int32_t* cost;  // [window]
  I4 *columns, *middle;
};

struct Window {
  int64_t left, top, right, bottom;  // last site included
  int64_t width() const { return right - left + 1; }
};

inline Window grown(const Region& r, int64_t by, const FilterFlow& p) {
  return {std::max<int64_t>(r.left - by, 0), std::max<int64_t>(r.top - by, 0), std::min<int64_t>(r.right + by, p.w - 1),
          std::min<int64_t>(r.bottom + by, p.h - 1)};
}

// How bytes of the source are reordered: histograms of the target start at bin `shift`, and instead of turning them
// forward, the source's are turned back. Made once per label.
struct Turn {
  int shift;
  alignas(32) uint8_t order[32];
  explicit Turn(int by) : shift(by) {
    for (int i = 0; i < 32; i++) order[i] = static_cast<uint8_t>((i & 8) + ((i + 8 - by) & 7));
  }
};

// Sum over the parts of min(L1, kCap). own: [parts][8], in order; other: base + offset[part], read `shift` bins on.
inline int32_t histogram_cost(const uint8_t* own, const uint8_t* base, const int32_t* offset, int64_t parts,
                              const Turn& by) {
  const int shift = by.shift;
  int64_t part = 0;
  int32_t total = 0;
#if defined(__AVX2__)
  typedef int16_t H16 __attribute__((vector_size(32)));  // sums stay below 2^15, so their low halves do to compare
  const B32 order = load_bytes(by.order);
  L4 sum{}, cap = L4{} + kCap;
  for (; part + 4 <= parts; part += 4) {
    const __m128d low = two(base + offset[part], base + offset[part + 1]);
    const __m128d high = two(base + offset[part + 2], base + offset[part + 3]);
    const D4 b{low[0], low[1], high[0], high[1]};
    const H16 l1 = (H16)byte_distances(reordered(load_bytes(own + 8 * part), order), (B32)b);
    sum += (L4)(l1 < (H16)cap ? l1 : (H16)cap);
  }
  total = static_cast<int32_t>(sum[0] + sum[1] + sum[2] + sum[3]);
#elif defined(__SSE2__)
  const __m128i cap = _mm_set_epi32(0, kCap, 0, kCap);
  __m128i sum = _mm_setzero_si128();
  for (; part + 2 <= parts; part += 2) {
    __m128i b = _mm_castpd_si128(two(base + offset[part], base + offset[part + 1]));
    if (shift) b = _mm_or_si128(_mm_srl_epi64(b, _mm_cvtsi32_si128(8 * shift)), _mm_sll_epi64(b, _mm_cvtsi32_si128(64 - 8 * shift)));
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(own + 8 * part));
    sum = _mm_add_epi32(sum, _mm_min_epi16(_mm_sad_epu8(a, b), cap));
  }
  total = _mm_cvtsi128_si32(sum) + _mm_extract_epi16(sum, 4);
#endif
  for (; part < parts; part++) {
    uint64_t a = load8(own + 8 * part), b = load8(base + offset[part]);
    if (shift) b = b >> 8 * shift | b << (64 - 8 * shift);
    int32_t l1 = 0;
#if defined(__SSE2__)
    l1 = _mm_cvtsi128_si32(_mm_sad_epu8(_mm_cvtsi64_si128(static_cast<int64_t>(a)), _mm_cvtsi64_si128(static_cast<int64_t>(b))));
#else
    for (; a || b; a >>= 8, b >>= 8) l1 += std::abs(static_cast<int32_t>(a & 255) - static_cast<int32_t>(b & 255));
#endif
    total += std::min(l1, kCap);
  }
  return total;
}

void raw_costs(const FilterFlow& p, const int32_t* offsets, const Window& window, const int32_t* label, int32_t* out) {
  const int32_t* change = p.change + label[2] * p.entries();
  const int64_t near = -static_cast<int64_t>(p.reach) - 1, far_x = p.w2 + p.reach, far_y = p.h2 + p.reach;
  const Turn turn(change[2]);
  const int32_t* places = offsets + label[2] * p.parts;
  // A window is convex, and so is where it goes: where its corners lie within the padding, all of it does.
  bool within = true;
  for (int corner = 0; corner < 4; corner++) {
    int64_t tx, ty;
    target_of(change, corner & 1 ? window.right : window.left, corner & 2 ? window.bottom : window.top, label[0], label[1],
              tx, ty);
    within = within && tx >= near && tx <= far_x && ty >= near && ty <= far_y;
  }
  for (int64_t y = window.top; y <= window.bottom; y++) {
    // As target_of, a step at a time.
    int64_t fine_x = change[0] * window.left - change[1] * y + kOne / 2 + label[0] * kOne;
    int64_t fine_y = change[1] * window.left + change[0] * y + kOne / 2 + label[1] * kOne;
    if (p.bytes) {
      const uint8_t* own = p.source + (y * p.w + window.left) * p.parts * 8;
      const uint8_t* origin = p.target + (p.pad * p.cols + p.pad) * 8;
      for (int64_t x = window.left; x <= window.right; x++, out++, own += p.parts * 8) {
        int64_t tx = fine_x >> 20, ty = fine_y >> 20;
        // Beyond the padding all is zero, as at its edge.
        if (!within) tx = std::clamp(tx, near, far_x), ty = std::clamp(ty, near, far_y);
        *out = histogram_cost(own, origin + (ty * p.cols + tx) * 8, places, p.parts, turn);
        fine_x += change[0], fine_y += change[1];
      }
    } else {
      const float* own = p.source_map + (y * p.w + window.left) * p.channels;
      for (int64_t x = window.left; x <= window.right; x++, out++, own += p.channels) {
        const int64_t tx = fine_x >> 20, ty = fine_y >> 20;
        *out = inside_target(p, tx, ty)
                   ? feature_cost(dot(own, p.target_map + ((label[2] * p.h2 + ty) * p.w2 + tx) * p.channels, p.channels))
                   : kWorst;
        fine_x += change[0], fine_y += change[1];
      }
    }
  }
}

// Sums over squares: rows [top, bottom] and columns of `to`, from values of the window `from` that holds their squares.
template <class Value, class Put>
void box_sums(const Window& from, const Window& to, int64_t radius, I4* columns, Value&& value, Put&& put) {
  const int64_t width = from.width();
  for (int64_t x = 0; x < width; x++) columns[x] = I4{};
  for (int64_t y = std::max(to.top - radius, from.top); y < std::min(to.top + radius, from.bottom + 1); y++) {
    for (int64_t x = 0; x < width; x++) columns[x] += value(y, from.left + x);
  }
  for (int64_t y = to.top; y <= to.bottom; y++) {
    if (y + radius <= from.bottom) {
      for (int64_t x = 0; x < width; x++) columns[x] += value(y + radius, from.left + x);
    }
    if (y > to.top && y - radius - 1 >= from.top) {
      for (int64_t x = 0; x < width; x++) columns[x] -= value(y - radius - 1, from.left + x);
    }
    I4 sum{};
    int64_t last = from.left - 1, first = from.left;
    for (int64_t x = to.left; x <= to.right; x++) {
      for (const int64_t end = std::min(x + radius, from.right); last < end;) sum += columns[++last - from.left];
      for (; first < x - radius; first++) sum -= columns[first - from.left];
      put(y, x, sum);
    }
  }
}

struct Guide {
  const I4* colours;  // [h][w]: 1, red, green, blue
  const double* map;  // [h][w][16]
};

// Smoothed costs of a superpixel's box under a label: out [box].
void smoothed(const FilterFlow& p, const Guide& guide, const int32_t* offsets, const Region& region, const int32_t* label,
              const Work& work, int32_t* out) {
  const Window wide = grown(region, 2 * p.radius, p), middle = grown(region, p.radius, p), box = grown(region, 0, p);
  raw_costs(p, offsets, wide, label, work.cost);
  const int32_t* cost = work.cost;
  const int64_t wide_width = wide.width(), middle_width = middle.width(), box_width = box.width();
  box_sums(
      wide, middle, p.radius, work.columns,
      [&](int64_t y, int64_t x) {
        const int32_t c = cost[(y - wide.top) * wide_width + x - wide.left];
        return I4{c, c, c, c} * guide.colours[y * p.w + x];
      },
      [&](int64_t y, int64_t x, I4 sum) {
        const double* m = guide.map + (y * p.w + x) * 16;
        D4 columns[4];
        std::memcpy(columns, m, sizeof columns);
        const D4 value = __builtin_convertvector(sum, D4);
        D4 line = columns[0] * value[0] + columns[1] * value[1] + columns[2] * value[2] + columns[3] * value[3] + 0.5;
        // floor of what lies in the range, as filter_round.
        const double limit = kLimit;
        const D4 high = D4{limit, limit, limit, limit};
        line = line > high ? high : line < -high ? -high : line;
        I4 whole = __builtin_convertvector(line, I4);
        const D4 back = __builtin_convertvector(whole, D4);
        typedef int64_t Mask __attribute__((vector_size(32)));
        const Mask above = back > line;
        whole += __builtin_convertvector(above, I4);
        work.middle[(y - middle.top) * middle_width + x - middle.left] = whole;
      });
  box_sums(
      middle, box, p.radius, work.columns,
      [&](int64_t y, int64_t x) { return work.middle[(y - middle.top) * middle_width + x - middle.left]; },
      [&](int64_t y, int64_t x, I4 sum) {
        const int64_t tall = std::min<int64_t>(y + p.radius, p.h - 1) - std::max<int64_t>(y - p.radius, 0) + 1;
        const int64_t long_ = std::min<int64_t>(x + p.radius, p.w - 1) - std::max<int64_t>(x - p.radius, 0) + 1;
        const int32_t sums[4] = {sum[0], sum[1], sum[2], sum[3]};
        out[(y - box.top) * box_width + x - box.left] =
            filter_cost(sums, p.guide[y * p.w + x], static_cast<int32_t>(tall * long_));
      });
}

void prepare_guide(sc_ctx& ctx, const FilterFlow& p, I4* colours, double* map) {
  for (int64_t i = 0; i < p.h * p.w; i++) {
    const int32_t g = p.guide[i];
    colours[i] = I4{1, g & 255, g >> 8 & 255, g >> 16 & 255};
  }
  ctx.pool.run(p.h, [&](int64_t y, int32_t) {
    const int64_t top = std::max<int64_t>(y - p.radius, 0), bottom = std::min<int64_t>(y + p.radius, p.h - 1);
    std::vector<int64_t> columns(p.w * 10, 0);
    for (int64_t r = top; r <= bottom; r++) {
      for (int64_t x = 0; x < p.w; x++) {
        const I4 c = colours[r * p.w + x];
        int64_t* s = &columns[x * 10];
        s[0]++, s[1] += c[1], s[2] += c[2], s[3] += c[3];
        s[4] += c[1] * c[1], s[5] += c[1] * c[2], s[6] += c[1] * c[3], s[7] += c[2] * c[2], s[8] += c[2] * c[3],
            s[9] += c[3] * c[3];
      }
    }
    int64_t sums[10] = {}, last = -1, first = 0;
    for (int64_t x = 0; x < p.w; x++) {
      for (const int64_t end = std::min<int64_t>(x + p.radius, p.w - 1); last < end;) {
        last++;
        for (int i = 0; i < 10; i++) sums[i] += columns[last * 10 + i];
      }
      for (; first < x - p.radius; first++) {
        for (int i = 0; i < 10; i++) sums[i] -= columns[first * 10 + i];
      }
      filter_map(sums, p.eps, map + (y * p.w + x) * 16);
    }
  });
}

}  // namespace

void filter_flow(sc_ctx& ctx, const FilterFlow& p) {
  const int64_t n = p.h * p.w;
  const Regions regions = regions_of(p, p.superpixel, p.link, p.change, p.start);
  Scratch<I4> colours(ctx, n, "the guide");
  Scratch<double> map(ctx, n * 16, "the filter");
  prepare_guide(ctx, p, colours.get(), map.get());
  const Guide guide{colours.get(), map.get()};
  Scratch<int32_t> offsets(ctx, p.changes * p.parts + 1, "offsets");
  for (int64_t c = 0; c < p.changes; c++) {
    for (int64_t part = 0; part < p.parts; part++) {
      const int32_t* place = p.change + c * p.entries() + 3 + 3 * part;
      const int64_t at = ((place[0] * p.rows + place[2]) * p.cols + place[1]) * 8;
      need(std::abs(at) < INT32_MAX, "target is larger than 2 GB");
      offsets[c * p.parts + part] = static_cast<int32_t>(at);
    }
  }
  const int32_t threads = ctx.pool.threads();
  const int64_t room = regions.largest;
  Scratch<int32_t> costs(ctx, threads * room, "windows");
  Scratch<I4> lines(ctx, threads * (room + 64), "windows"), middles(ctx, threads * room, "windows");
  Scratch<int32_t> results(ctx, kMostLabels * room, "costs of a visit");
  Scratch<int64_t> tried(ctx, p.count * p.tried_room(), "labels tried");
  std::vector<int32_t> tried_count(p.count, 0);
  for (int64_t i = 0; i < n; i++) {
    std::copy_n(p.start + 3 * p.superpixel[i], 3, p.label + 3 * i);
    p.cost[i] = kUntried;
  }
  int32_t list[3 * kMostLabels];
  for (int32_t round = 0; round <= p.iterations; round++) {
    for (int64_t turn = 0; turn < p.count; turn++) {
      const int64_t k = round % 2 == 0 && round > 0 ? p.count - 1 - turn : turn;
      const Region& region = regions.of[k];
      const int32_t labels = propose(p, static_cast<int32_t>(k), round, regions.of.data(), regions.sites.data(), p.label,
                                     tried.get() + k * p.tried_room(), tried_count[k], list);
      const int64_t box_width = region.right - region.left + 1, box = box_width * (region.bottom - region.top + 1);
      const auto attempt = [&](int64_t job, int32_t worker) {
        const Work work{costs.get() + worker * room, lines.get() + worker * (room + 64), middles.get() + worker * room};
        smoothed(p, guide, offsets.get(), region, list + 3 * job, work, results.get() + job * box);
      };
      ctx.pool.run(labels, attempt);
      for (int32_t l = 0; l < labels; l++) {
        const int32_t* found = results.get() + l * box;
        const int32_t* change = p.change + list[3 * l + 2] * p.entries();
        for (int64_t i = 0; i < box; i++) {
          const int64_t x = region.left + i % box_width, y = region.top + i / box_width, at = y * p.w + x;
          if (found[i] >= p.cost[at]) continue;
          int64_t tx, ty;
          target_of(change, x, y, list[3 * l], list[3 * l + 1], tx, ty);
          if (!inside_target(p, tx, ty)) continue;
          const int32_t value = found[i] + stay_cost(p, at, tx, ty);
          if (value >= p.cost[at]) continue;
          p.cost[at] = value;
          std::copy_n(list + 3 * l, 3, p.label + 3 * at);
        }
      }
    }
    int64_t energy = 0;
    for (int64_t i = 0; i < n; i++) energy += p.cost[i] == kUntried ? kWorst * kFine : p.cost[i];
    p.energy[2 * round] = static_cast<int32_t>(energy >> 24);
    p.energy[2 * round + 1] = static_cast<int32_t>(energy & 0xFFFFFF);
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
extern "C" int32_t sc_filter_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, int32_t height, int32_t width,
                                  sc_tensor* change, int32_t rotations, int32_t reach, sc_tensor* guide,
                                  sc_tensor* superpixel, sc_tensor* link, sc_tensor* start, sc_tensor* home, int32_t stay, int32_t radius, double eps,
                                  int32_t iterations, int32_t search, double ratio, int32_t seed, sc_tensor* label, sc_tensor* cost,
                                  sc_tensor* energy) {
  return sc::border(ctx, "sc_filter_flow", [&] {
    auto p = sc::check_filter_flow(ctx, source, target, height, width, change, rotations, reach, guide, superpixel, link,
                                   start, home, stay, radius, eps, iterations, search, ratio, seed, label, cost, energy);
    SC_CALL(filter_flow, *ctx, p);
  });
}
#endif
