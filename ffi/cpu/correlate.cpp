// Dot products of descriptors: packed panels, a register tile, and either the volume or only each row's best.
//
// Both sides are copied to panels ([channel][row of the panel], normalised on the way) so that the inner loop reads
// memory in order. A job owns a block of rows of `a`: its panels stay in L2, the current panel of `b` in L1.
#include "best.hpp"
#include "norm.hpp"

SC_KERNEL(correlate, Correlate)

namespace sc::SC_ISA {
namespace {

// Rows x vectors of the register tile: 12 accumulators of 16 registers, or 28 of 32.
constexpr int kTileRows = kLanes == 16 ? 14 : 6;
constexpr int kTileCols = 2 * kLanes;
// Channels per pass. Where the second-level cache feeds the products fast enough (the processors of 16 lanes), long
// passes save the adding-up of partial sums; elsewhere a panel of b of this depth fits the first level.
constexpr int64_t kDepth = kLanes == 16 ? 768 : 256;
constexpr int64_t kBlockPanels = kLanes == 16 ? 13 : 20;  // of a, at most, in a job: a pass of them stays in L2
constexpr int64_t kLeastPanels = 4;                       // of a, in the last jobs
constexpr int64_t kSpanPanels = 256 / kTileCols;          // of b: their results stay in L2
constexpr int64_t kSlack = 64 / sizeof(float);            // a panel's last store may reach this far past its end
// Bytes from which on a volume goes past the caches, which it would only empty of the descriptors.
constexpr int64_t kPast = 16 << 20;

// Stores a vector past the caches; `to` is a multiple of its size.
inline void stream(float* to, V v) {
#if defined(__AVX512F__) && SC_LANES == 16
  __builtin_ia32_movntps512(to, v);
#elif defined(__AVX__) && SC_LANES == 8
  __builtin_ia32_movntps256(to, v);
#elif defined(__SSE2__) && SC_LANES == 4
  __builtin_ia32_movntps(to, v);
#else
  store(to, v);
#endif
}
// What was streamed is there for other threads.
inline void end_stream() {
#if defined(__SSE2__)
  __builtin_ia32_sfence();
#endif
}

// Turns a square of numbers about its diagonal.
inline void transpose(V (&v)[kLanes]) {
#pragma GCC unroll 4
  for (int step = 1; step < kLanes; step *= 2) {
    VI low, high;
    for (int l = 0; l < kLanes; l++) {
      low[l] = l & step ? kLanes + l - step : l;
      high[l] = l & step ? kLanes + l : l + step;
    }
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; r++) {
      if (r & step) continue;
      const V x = v[r], y = v[r + step];
      v[r] = __builtin_shuffle(x, y, low);
      v[r + step] = __builtin_shuffle(x, y, high);
    }
  }
}

// Copies `count` rows to a panel of kWidth rows; missing rows are read from `zeros`. A width that is no multiple of the
// lanes writes past each channel's end, where the next channel (at last the next panel, or the slack) follows.
template <int kWidth>
void pack(const Correlate& p, const float* x, const int32_t* rows, int64_t first, int64_t count, const float* zeros,
          float* panel) {
  constexpr int kSquares = (kWidth + kLanes - 1) / kLanes;
  const float* from[kSquares * kLanes];
  float by[kSquares * kLanes];
  for (int r = 0; r < kSquares * kLanes; r++) {
    from[r] = r < count ? x + (rows ? rows[first + r] : first + r) * p.channels : zeros;
    by[r] = r < count ? divisor(from[r], p.channels, p.norm, p.eps) : 1;
  }
  int64_t c = 0;
  for (; c + kLanes <= p.channels; c += kLanes) {
    V v[kSquares][kLanes];
    for (int s = 0; s < kSquares; s++) {
#pragma GCC unroll 16
      for (int r = 0; r < kLanes; r++) v[s][r] = load(from[s * kLanes + r] + c) / by[s * kLanes + r];
      transpose(v[s]);
    }
    for (int l = 0; l < kLanes; l++) {
      for (int s = 0; s < kSquares; s++) store(panel + (c + l) * kWidth + s * kLanes, v[s][l]);
    }
  }
  for (; c < p.channels; c++) {
    for (int r = 0; r < kWidth; r++) panel[c * kWidth + r] = from[r][c] / by[r];
  }
}

// Whether some number of x[0..n) is above `score`: less work than to find which, and most often the answer is no.
inline bool reaches(const float* x, int64_t n, float score) {
  V most[4];
  for (V& m : most) m = splat(kLowest);
  int64_t c = 0;
  for (; c + 4 * kLanes <= n; c += 4 * kLanes) {
    for (int u = 0; u < 4; u++) {
      V v = load(x + c + u * kLanes);
      most[u] = select(v > most[u], v, most[u]);
    }
  }
  for (int u = 1; u < 4; u++) most[0] = select(most[u] > most[0], most[u], most[0]);
  float m = kLowest;
  for (int l = 0; l < kLanes; l++) m = most[0][l] > m ? most[0][l] : m;
  for (; c < n; c++) m = x[c] > m ? x[c] : m;
  return m > score;
}

// Where the sums of a tile go to, and the ones of earlier passes come from.
struct Place {
  float* part;  // partial sums, [row of the block][column of the span]
  int64_t stride;
  float* out;  // of the volume, where the tile lies in it as a whole and this pass is the last; else null
  int64_t out_stride;
  bool relu, past;  // past the caches
};

// sums[r][0..cols) (+)= sum over k of a[k][r] * b[k][col]. On the way `hop` floats a step of `next`, what the following
// panel of b will be, come near: the first row of tiles that meets a panel would else wait for the memory.
template <bool kAdd>
inline void tile(const float* a, const float* b, int64_t depth, const Place& at, const float* next, int64_t hop) {
  V acc[kTileRows][2] = {};
  // The results come to the first-level cache while the products are made.
  const bool direct = at.out && !kAdd;
  float* near = direct ? at.out : at.part;
  const int64_t near_stride = direct ? at.out_stride : at.stride;
  for (int r = 0; r < kTileRows && !(direct && at.past); r++) {
    __builtin_prefetch(near + r * near_stride, 1, 3);
    __builtin_prefetch(near + r * near_stride + 16, 1, 3);
  }
  for (int64_t k = 0; k < depth; k++, a += kTileRows, b += kTileCols, next += hop) {
    __builtin_prefetch(next, 0, 2);
    V b0 = load(b), b1 = load(b + kLanes);
#pragma GCC unroll 14
    for (int r = 0; r < kTileRows; r++) {
      V x = splat(a[r]);
      acc[r][0] += x * b0;
      acc[r][1] += x * b1;
    }
  }
#pragma GCC unroll 14
  for (int r = 0; r < kTileRows; r++) {
    float* part = at.part + r * at.stride;
    float* out = at.out ? at.out + r * at.out_stride : part;
    for (int u = 0; u < 2; u++) {
      V v = kAdd ? load(part + u * kLanes) + acc[r][u] : acc[r][u];
      if (at.relu) v = select(v > V{}, v, V{});
      if (at.out && at.past) stream(out + u * kLanes, v);
      else store(out + u * kLanes, v);
    }
  }
}

// Few rows: packing b would cost more than the products; each column is read once, where it lies.
void few_rows(sc_ctx& ctx, const Correlate& p) {
  Scratch<float> a(ctx, p.m * p.channels, "descriptors");
  for (int64_t r = 0; r < p.m; r++) {
    const float* x = p.a + (p.rows ? p.rows[r] : r) * p.channels;
    divide(x, a.get() + r * p.channels, p.channels, divisor(x, p.channels, p.norm, p.eps));
  }
  Scratch<float> column(ctx, ctx.pool.threads() * (p.channels + 16), "descriptors");
  Scratch<float> kept(ctx, p.out ? 0 : p.m * p.n, "similarities");
  float* out = p.out ? p.out : kept.get();
  const int64_t grain = 262144 / (p.m * p.channels + 1) + 1;
  ctx.pool.run((p.n + grain - 1) / grain, [&](int64_t job, int32_t worker) {
    float* own = column.get() + worker * (p.channels + 16);
    for (int64_t j = job * grain, end = std::min(p.n, (job + 1) * grain); j < end; j++) {
      const float* b = p.b + j * p.channels;
      if (p.norm != kNormNone) {
        divide(b, own, p.channels, divisor(b, p.channels, p.norm, p.eps));
        b = own;
      }
      for (int64_t r = 0; r < p.m; r += 4) {
        const float* x[4];
        for (int u = 0; u < 4; u++) x[u] = a.get() + std::min(r + u, p.m - 1) * p.channels;
        V acc[4][2] = {};
        int64_t c = 0;
        for (; c + 2 * kLanes <= p.channels; c += 2 * kLanes) {
          V b0 = load(b + c), b1 = load(b + c + kLanes);
          for (int u = 0; u < 4; u++) {
            acc[u][0] += load(x[u] + c) * b0;
            acc[u][1] += load(x[u] + c + kLanes) * b1;
          }
        }
        for (int u = 0; u < 4 && r + u < p.m; u++) {
          float sum = sum_lanes(acc[u][0] + acc[u][1]);
          for (int64_t t = c; t < p.channels; t++) sum += x[u][t] * b[t];
          out[(r + u) * p.n + j] = p.relu && !(sum > 0) ? 0 : sum;
        }
      }
    }
  });
  if (p.out) return;
  for (int64_t r = 0; r < p.m; r++) {
    Best best = best_of(out + r * p.n, p.n, 0);
    p.index[r] = best.index;
    p.score[r] = best.told();
  }
}

}  // namespace

void correlate(sc_ctx& ctx, const Correlate& p) {
  if (p.m == 0) return;
  if (p.m <= 16) return few_rows(ctx, p);

  const int64_t k = p.channels, threads = ctx.pool.threads();
  const int64_t passes = std::max<int64_t>(1, (k + kDepth - 1) / kDepth);
  const int64_t b_panels = (p.n + kTileCols - 1) / kTileCols;
  Scratch<float> zeros(ctx, k, "a row of zeros");
  std::fill(zeros.get(), zeros.get() + k, 0.0f);
  Scratch<float> b(ctx, b_panels * kTileCols * k, "descriptors in panels");
  ctx.pool.run(b_panels, [&](int64_t j, int32_t) {
    pack<kTileCols>(p, p.b, nullptr, j * kTileCols, std::min<int64_t>(kTileCols, p.n - j * kTileCols), zeros.get(),
                    b.get() + j * kTileCols * k);
  });

  // Blocks of rows, smaller and smaller at the end, so that the threads end together. Where there are too few, the columns
  // are split as well.
  const int64_t a_panels = (p.m + kTileRows - 1) / kTileRows;
  Scratch<int64_t> starts(ctx, a_panels + 1, "blocks of rows");
  int64_t blocks = 0;
  for (int64_t at = 0; at < a_panels; blocks++) {
    starts[blocks] = at;
    at += std::min({kBlockPanels, a_panels - at, std::max(kLeastPanels, (a_panels - at) / (2 * threads))});
  }
  starts[blocks] = a_panels;
  const int64_t block = std::min(kBlockPanels, a_panels);
  const int64_t spans = std::max<int64_t>(1, (b_panels + kSpanPanels - 1) / kSpanPanels);
  const int64_t splits = std::min(spans, std::max<int64_t>(1, 4 * threads / blocks));
  const int64_t block_rows = block * kTileRows, span_cols = kSpanPanels * kTileCols;

  Scratch<float> a(ctx, threads * (block_rows * k + kSlack), "descriptors in panels");
  Scratch<float> results(ctx, threads * block_rows * span_cols, "a tile of similarities");
  Scratch<Best> bests(ctx, p.out ? 0 : splits * p.m, "best columns");
  if (!p.out) std::fill(bests.get(), bests.get() + splits * p.m, Best());

  // Streaming needs rows that start on whole vectors; a place in a stack need not.
  const bool aligned = reinterpret_cast<uintptr_t>(p.out) % sizeof(V) == 0 && p.n % kLanes == 0;
  const bool past = p.out && aligned && p.m * p.n * static_cast<int64_t>(sizeof(float)) >= kPast;
  ctx.pool.run(blocks * splits, [&](int64_t job, int32_t worker) {
    const int64_t split = job % splits, first_row = starts[job / splits] * kTileRows;
    const int64_t count = std::min(p.m, starts[job / splits + 1] * kTileRows) - first_row;
    const int64_t panels = (count + kTileRows - 1) / kTileRows;
    float* mine = a.get() + worker * (block_rows * k + kSlack);
    for (int64_t i = 0; i < panels; i++) {
      pack<kTileRows>(p, p.a, p.rows, first_row + i * kTileRows, std::min<int64_t>(kTileRows, count - i * kTileRows),
                      zeros.get(), mine + i * kTileRows * k);
    }
    float* part = results.get() + worker * block_rows * span_cols;
    for (int64_t s = spans * split / splits; s < spans * (split + 1) / splits; s++) {
      const int64_t first_panel = s * kSpanPanels, last_panel = std::min(b_panels, first_panel + kSpanPanels);
      for (int64_t pass = 0; pass < passes; pass++) {
        const int64_t k0 = k * pass / passes, depth = k * (pass + 1) / passes - k0;
        for (int64_t j = first_panel; j < last_panel; j++) {
          const float* bp = b.get() + j * kTileCols * k + k0 * kTileCols;
          const float* next = j + 1 < b_panels ? bp + kTileCols * k : bp;
          const int64_t hop = (kTileCols + panels - 1) / panels;  // all of it within this panel's tiles
          for (int64_t i = 0; i < panels; i++, next += hop * depth) {
            const float* ap = mine + i * kTileRows * k + k0 * kTileRows;
            Place at{part + i * kTileRows * span_cols + (j - first_panel) * kTileCols, span_cols, nullptr, p.n,
                     false, past};
            const bool last = pass == passes - 1;
            if (p.out && last) {
              at.relu = p.relu;
              if ((i + 1) * kTileRows <= count && (j + 1) * kTileCols <= p.n) {
                at.out = p.out + (first_row + i * kTileRows) * p.n + j * kTileCols;
              }
            }
            if (pass == 0) tile<false>(ap, bp, depth, at, next, hop);
            else tile<true>(ap, bp, depth, at, next, hop);
          }
        }
      }
      const int64_t col = first_panel * kTileCols, cols = std::min(p.n - col, span_cols);
      for (int64_t r = 0; r < count; r++) {
        float* from = part + r * span_cols;
        if (p.out) {
          // Whole tiles lie there already.
          const int64_t done = (r / kTileRows + 1) * kTileRows <= count ? cols / kTileCols * kTileCols : 0;
          std::copy(from + done, from + cols, p.out + (first_row + r) * p.n + col + done);
        } else {
          Best& best = bests[split * p.m + first_row + r];
          if (reaches(from, cols, best.score)) best.merge(best_of(from, cols, col));
        }
      }
    }
    if (past) end_stream();
  });
  if (p.out) return;
  for (int64_t r = 0; r < p.m; r++) {
    Best best;
    for (int64_t s = 0; s < splits; s++) best.merge(bests[s * p.m + r]);
    p.index[r] = best.index;
    p.score[r] = best.told();
  }
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
using namespace sc;

static void need_rows(const Correlate& p) {
  for (int64_t r = 0; p.rows && r < p.m; r++) {
    if (p.rows[r] < 0 || p.rows[r] >= p.a_rows) {
      throw Failure(format("rows[%lld] is %d, but a has %lld rows", static_cast<long long>(r), p.rows[r],
                           static_cast<long long>(p.a_rows)));
    }
  }
}

extern "C" int32_t sc_correlate(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps,
                                int32_t relu, int32_t place, sc_tensor* out) {
  return border(ctx, "sc_correlate", [&] {
    Correlate p = check_correlate(ctx, a, rows, b, norm, eps);
    need_place(ctx, p, a, b, relu, place, out);
    need_rows(p);
    SC_CALL(correlate, *ctx, p);
  });
}

extern "C" int32_t sc_correlate_best(sc_ctx* ctx, sc_tensor* a, sc_tensor* rows, sc_tensor* b, int32_t norm, float eps,
                                     sc_tensor* index, sc_tensor* score) {
  return border(ctx, "sc_correlate_best", [&] {
    Correlate p = check_correlate(ctx, a, rows, b, norm, eps);
    need_shape(ctx, index, "index", kInt, p.m);
    need_shape(ctx, score, "score", kFloat, p.m);
    need_apart(index, "index", rows);
    need_rows(p);
    p.index = index->i();
    p.score = score->f();
    SC_CALL(correlate, *ctx, p);
  });
}
#endif
