// 4-D convolution with Fourier transforms along i, j and k, and the direct form along l.
//
// The channels of a row of cells lie in vector lanes, so a transform is the same work on every lane. A net keeps its
// volume as frequencies from its first layer to its last and comes back to cells only slab by slab, for bias and ReLU:
//
//   enter   slab i, cells:              k -> fk, j -> fj
//   layer   column (fk, fj), all i:     i -> fi; for each fi a complex convolution of rows along l; fi -> i
//   between slab i:                     fj -> j, fk -> k, bias, ReLU, k -> fk, j -> fj
//   leave   slab i:                     fj -> j, fk -> k, bias, ReLU, out
//
// Slabs and columns stay in the second-level cache, so the volume passes main memory twice per layer. Transforming the
// fourth axis as well would need less arithmetic for the volume, but more for the weights than it saves.
//
// Rounding: the error of a cell is relative to the largest values of the volume, not to those around the cell. NaN and
// infinity spread over the whole volume, which is how the caller notices them.
#include "conv4d_fft.hpp"

#include "fft.hpp"
#include "spread.hpp"

namespace sc::SC_ISA {
namespace {

constexpr int kProductCells = kLanes == 16 ? 13 : 5;  // twice as many sums, and weights and values beside them
constexpr int64_t kPlaneBytes = 320 * 1024;           // of a slab at once

inline V load_some(const float* p, int64_t count) {
  if (count >= kLanes) return load(p);
  V v{};
  for (int64_t i = 0; i < count; i++) v[i] = p[i];
  return v;
}
inline void store_some(float* p, V v, int64_t count) {
  if (count >= kLanes) return store(p, v);
  for (int64_t i = 0; i < count; i++) p[i] = v[i];
}

// Room for a line and its spare.
struct Room {
  V re[2][kMostPoints], im[2][kMostPoints];
  Line line() { return {re[0], im[0]}; }
  Line forward(const Fourier& f) { return transform(f, {re[0], im[0]}, {re[1], im[1]}); }
  Line inverse(const Fourier& f) {
    const Line done = transform(f, {im[0], re[0]}, {im[1], re[1]});
    return {done.im, done.re};
  }
  void clear(int from, int to) {
    for (int n = from; n < to; n++) re[0][n] = V{}, im[0][n] = V{};
  }
};

// What stays the same in all layers of a direction.
struct Grid {
  int I, J, K, L;
  Fourier i, j, k;
  int H;  // frequencies along k that are kept: the others are their conjugates
};

// A volume in frequencies: [fk][fj][i][re, im][row].
struct Spectrum {
  float* data;
  int64_t channels, used, row;  // floats of a row, and rounded up to whole vectors (the rest is 0)
  int64_t column;               // floats of one (fk, fj)
  int64_t J;
  float* at(int64_t fk, int64_t fj, int64_t i) const { return data + (fk * J + fj) * column + i * 2 * row; }
  int64_t vectors() const { return row / kLanes; }
};

Spectrum spectrum_of(const Grid& g, float* data, int64_t channels) {
  Spectrum s{data, channels, g.L * channels, 0, 0, g.j.n};
  s.row = (s.used + kLanes - 1) / kLanes * kLanes;
  s.column = g.I * 2 * s.row + 80;  // never a power of two: columns would meet in one set of the cache
  return s;
}
int64_t spectrum_size(const Grid& g, int64_t channels) {
  return spectrum_of(g, nullptr, channels).column * g.j.n * g.H;
}

// ------------------------------------------------------------------------------------------------------------- slabs

// Some vectors of slab i as [j][fk][vector][re, im].
struct Slab {
  float* data;
  int64_t H, vectors;
  float* at(int64_t j, int64_t fk, int64_t v) const { return data + ((j * H + fk) * vectors + v) * 2 * kLanes; }
};

// Two real lines along k, as real and imaginary part of the room's line, to frequencies (twice their values).
void pair_forward(const Grid& g, Room& room, const Slab& plane, int64_t j, int64_t v) {
  room.clear(g.K, g.k.n);
  const Line z = room.forward(g.k);
  const bool two = j + 1 < g.J;
  for (int f = 0; f < g.H; f++) {
    const int n = f == 0 ? 0 : g.k.n - f;
    float* a = plane.at(j, f, v);
    store(a, z.re[f] + z.re[n]);
    store(a + kLanes, z.im[f] - z.im[n]);
    if (!two) continue;
    float* b = plane.at(j + 1, f, v);
    store(b, z.im[f] + z.im[n]);
    store(b + kLanes, z.re[n] - z.re[f]);
  }
}

// The reverse: the real lines of j and j + 1 as real and imaginary part.
Line pair_inverse(const Grid& g, Room& room, const Slab& plane, int64_t j, int64_t v) {
  const bool two = j + 1 < g.J;
  const Line z = room.line();
  for (int f = 0; f < g.H; f++) {
    const float *a = plane.at(j, f, v), *b = plane.at(two ? j + 1 : j, f, v);
    const V ar = load(a), ai = load(a + kLanes), br = two ? load(b) : V{}, bi = two ? load(b + kLanes) : V{};
    const int n = g.k.n - f;
    if (f == 0 || n == f) {  // real by its nature
      z.re[f] = ar, z.im[f] = br;
      continue;
    }
    z.re[f] = ar - bi, z.im[f] = ai + br;
    z.re[n] = ar + bi, z.im[n] = br - ai;
  }
  return room.inverse(g.k);
}

void plane_forward(const Grid& g, Room& room, const Slab& plane, const Spectrum& to, int64_t i, int64_t first) {
  const Line z = room.line();
  for (int64_t f = 0; f < g.H; f++) {
    for (int64_t v = 0; v < plane.vectors; v++) {
      for (int j = 0; j < g.J; j++) z.re[j] = load(plane.at(j, f, v)), z.im[j] = load(plane.at(j, f, v) + kLanes);
      room.clear(g.J, g.j.n);
      const Line done = room.forward(g.j);
      float* out = to.at(f, 0, i) + (first + v) * kLanes;
      for (int n = 0; n < g.j.n; n++, out += to.column) store(out, done.re[n]), store(out + to.row, done.im[n]);
    }
  }
}

void plane_inverse(const Grid& g, Room& room, const Spectrum& from, int64_t i, int64_t first, const Slab& plane) {
  const Line z = room.line();
  for (int64_t f = 0; f < g.H; f++) {
    for (int64_t v = 0; v < plane.vectors; v++) {
      const float* in = from.at(f, 0, i) + (first + v) * kLanes;
      for (int n = 0; n < g.j.n; n++, in += from.column) {
        z.re[n] = load(in), z.im[n] = load(in + from.row);
        // No hardware follows so many streams; past the last one nothing is read.
        __builtin_prefetch(in + from.column * g.j.n, 1, 2);
        __builtin_prefetch(in + from.column * g.j.n + from.row, 1, 2);
      }
      const Line done = room.inverse(g.j);
      for (int j = 0; j < g.J; j++) store(plane.at(j, f, v), done.re[j]), store(plane.at(j, f, v) + kLanes, done.im[j]);
    }
  }
}

// Calls work(room, plane, i, first vector) for every part of every slab.
template <class Work>
void slabs(sc_ctx& ctx, const Grid& g, int64_t vectors, float* planes, int64_t plane_size, Work&& work) {
  const int64_t each = static_cast<int64_t>(g.J) * g.H * 2 * kLanes;
  const int64_t parts = (vectors + plane_size / each - 1) / (plane_size / each);
  ctx.pool.run(g.I * parts, [&](int64_t job, int32_t worker) {
    Room room;
    const int64_t first = vectors * (job % parts) / parts, end = vectors * (job % parts + 1) / parts;
    work(room, Slab{planes + worker * plane_size, g.H, end - first}, job / parts, first);
  });
}

// ----------------------------------------------------------------------------------------------------------- columns

enum class Product { spread, dot };
Product product_of(const Conv4dLayer& l) {
  return l.out <= 4 && l.in * l.k[3] >= 2 * kLanes ? Product::dot : Product::spread;
}

// A layer's weights as vectors: spread [q][output lanes], dot [output][q lanes], q counting (d, input).
struct Weights {
  Product product;
  int64_t depth;    // k4 * in
  int64_t across;   // vectors per q (spread) or per output (dot)
  int64_t vectors;  // in all, of one tap (a, b, c)
};
Weights weights_of(const Conv4dLayer& l) {
  Weights w{product_of(l), static_cast<int64_t>(l.k[3]) * l.in, 0, 0};
  const bool spread = w.product == Product::spread;
  w.across = ((spread ? l.out : w.depth) + kLanes - 1) / kLanes;
  w.vectors = w.across * (spread ? w.depth : l.out);
  return w;
}

// Real weights of tap (a, b, c), scaled so that the transforms need no scale of their own.
void pack(const Conv4dLayer& l, const Weights& w, int64_t a, int64_t b, int64_t c, float scale, float* to) {
  std::fill(to, to + w.vectors * kLanes, 0.0f);
  for (int64_t o = 0; o < l.out; o++) {
    for (int64_t q = 0; q < w.depth; q++) {
      const float value = scale * l.weights[weight_offset(l, o, q % l.in, a, b, c, q / l.in)];
      to[w.product == Product::spread ? q * w.across * kLanes + o : o * w.across * kLanes + q] = value;
    }
  }
}

// Weights along k as frequencies: [fk][a][b][vector][re, im].
void weights_forward(sc_ctx& ctx, const Grid& g, const Conv4dLayer& l, const Weights& w, float* taps, float* to) {
  const float scale = 0.5f / (static_cast<float>(g.i.n) * static_cast<float>(g.j.n) * static_cast<float>(g.k.n));
  const int64_t pairs = static_cast<int64_t>(l.k[0]) * l.k[1], size = w.vectors * kLanes;
  ctx.pool.run(pairs, [&](int64_t job, int32_t) {
    float* mine = taps + job * l.k[2] * size;
    for (int c = 0; c < l.k[2]; c++) pack(l, w, job / l.k[1], job % l.k[1], c, scale, mine + c * size);
    for (int f = 0; f < g.H; f++) {
      float cosine[31], sine[31];
      for (int c = 0; c < l.k[2]; c++) {
        const int turn = ((f * (c - l.k[2] / 2)) % g.k.n + g.k.n) % g.k.n;
        cosine[c] = static_cast<float>(cos_turn(turn, g.k.n)), sine[c] = static_cast<float>(sin_turn(turn, g.k.n));
      }
      float* out = to + (f * pairs + job) * 2 * size;
      for (int64_t v = 0; v < w.vectors; v++) {
        V re{}, im{};
        for (int c = 0; c < l.k[2]; c++) {
          const V x = load(mine + c * size + v * kLanes);
          re += x * splat(cosine[c]), im += x * splat(sine[c]);
        }
        store(out + v * 2 * kLanes, re), store(out + v * 2 * kLanes + kLanes, im);
      }
    }
  });
}

// Along j for one fj: [a][vector][re, im]. Then taps a beside the middle become sums and differences of the two at the
// same distance: the frequencies fi and -fi are combinations of the same products.
void weights_column(const Grid& g, const Conv4dLayer& l, const Weights& w, const float* from, int64_t fj, float* to) {
  const int64_t size = w.vectors * 2 * kLanes;
  float cosine[31], sine[31];
  for (int b = 0; b < l.k[1]; b++) {
    const int turn = ((static_cast<int>(fj) * (b - l.k[1] / 2)) % g.j.n + g.j.n) % g.j.n;
    cosine[b] = static_cast<float>(cos_turn(turn, g.j.n)), sine[b] = static_cast<float>(sin_turn(turn, g.j.n));
  }
  for (int a = 0; a < l.k[0]; a++) {
    for (int64_t v = 0; v < size; v += 2 * kLanes) {
      V re{}, im{};
      const float* x = from + a * l.k[1] * size + v;
      for (int b = 0; b < l.k[1]; b++, x += size) {
        const V xr = load(x), xi = load(x + kLanes), c = splat(cosine[b]), s = splat(sine[b]);
        re += xr * c - xi * s, im += xr * s + xi * c;
      }
      store(to + a * size + v, re), store(to + a * size + v + kLanes, im);
    }
  }
  const int half = l.k[0] / 2;
  for (int t = 1; t <= half; t++) {
    float *low = to + (half - t) * size, *high = to + (half + t) * size;
    for (int64_t v = 0; v < size; v += kLanes) {
      const V x = load(low + v), y = load(high + v);
      store(low + v, y - x), store(high + v, x + y);
    }
  }
}

// The weights of frequencies fi and -fi.
void weights_pair(const Grid& g, const Conv4dLayer& l, const Weights& w, const float* column, int fi, float* plus,
                  float* minus) {
  const int half = l.k[0] / 2;
  const int64_t size = w.vectors * 2 * kLanes;
  V cosine[16], sine[16];
  for (int t = 1; t <= half; t++) {
    cosine[t] = splat(static_cast<float>(cos_turn(fi * t % g.i.n, g.i.n)));
    sine[t] = splat(static_cast<float>(sin_turn(fi * t % g.i.n, g.i.n)));
  }
  for (int64_t v = 0; v < size; v += 2 * kLanes) {
    const float* middle = column + half * size + v;
    V pr = load(middle), pi = load(middle + kLanes), qr{}, qi{};
    for (int t = 1; t <= half; t++) {
      const float *sum = middle + t * size, *difference = middle - t * size;
      pr += load(sum) * cosine[t], pi += load(sum + kLanes) * cosine[t];
      qr += load(difference) * sine[t], qi += load(difference + kLanes) * sine[t];
    }
    store(plus + v, pr - qi), store(plus + v + kLanes, pi + qr);
    store(minus + v, pr + qi), store(minus + v + kLanes, pi - qr);
  }
}

// y[cell][lanes] = sum over q of x[cell * in + q] * w[q][lanes], complex.
template <int kIn>
struct Products {
  template <int kCells>
  struct Kernel {
    static void run(const float* xr, const float* xi, int64_t in_channels, const float* w, int64_t depth,
                    int64_t across, float* yr, float* yi, int64_t out) {
      const int64_t in = kIn > 0 ? kIn : in_channels;
      V re[kCells] = {}, im[kCells] = {};
      for (int64_t q = 0; q < depth; q++, w += across * 2 * kLanes) {
        const V wr = load(w), wi = load(w + kLanes);
#pragma GCC unroll 13
        for (int r = 0; r < kCells; r++) {
          const V a = splat(xr[r * in + q]), b = splat(xi[r * in + q]);
          re[r] += a * wr;
          im[r] += a * wi;
          re[r] -= b * wi;
          im[r] += b * wr;
        }
      }
#pragma GCC unroll 13
      for (int r = 0; r < kCells; r++) store(yr + r * out, re[r]), store(yi + r * out, im[r]);
    }
  };
};

// All cells of a row. Blocks of cells may overlap, and what the last vector of outputs holds beyond them is written over
// the next cell before its own first vector is.
void products(const float* xr, const float* xi, const Conv4dLayer& l, const Weights& w, const float* weights, int64_t cells,
              float* yr, float* yi) {
  const int64_t blocks = (cells + kProductCells - 1) / kProductCells;
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t some = (cells * (block + 1) / blocks) - cells * block / blocks;
    int64_t size;
    const auto run = l.in == 16 ? kernel_for<Products<16>::Kernel, kProductCells>(some, &size)
                                : kernel_for<Products<0>::Kernel, kProductCells>(some, &size);
    const int64_t first = std::max<int64_t>(0, std::min(cells * block / blocks, cells - size));
    for (int64_t o = w.across; o-- > 0;) {
      const int64_t to = first * l.out + o * kLanes;
      run(xr + first * l.in, xi + first * l.in, l.in, weights + o * 2 * kLanes, w.depth, w.across, yr + to, yi + to, l.out);
    }
  }
}

#if defined(__clang__)
inline void sum_block(const V* sums, float* to, int64_t stride, int64_t count) {
  for (int64_t n = 0; n < count; n++) to[n * stride] = sum_lanes(sums[n]);
}
#else
// The sums of the lanes of kLanes vectors: halves of two vectors are added into one, until one vector holds all.
inline void sum_block(V* sums, float* to, int64_t stride, int64_t count) {
  const VI lane = lane_indices();
#pragma GCC unroll 4
  for (int half = kLanes / 2; half >= 1; half /= 2) {
    // Of each pair, lanes without the bit `half` from the first two sources, with it from the second.
    const VI low = (lane & ~half) + select((lane & half) != 0, VI{} + kLanes, VI{});
    const VI high = low + half;
#pragma GCC unroll 8
    for (int n = 0; n < half; n++) {
      sums[n] = __builtin_shuffle(sums[n], sums[n + half], low) + __builtin_shuffle(sums[n], sums[n + half], high);
    }
  }
  for (int64_t n = 0; n < count; n++) to[n * stride] = sums[0][n];
}
#endif

// y[cell] = sum over q of x[cell * in + q] * w[q], complex, q in lanes.
void dot(const float* xr, const float* xi, int64_t in, const float* w, int64_t across, int64_t cells, float* yr,
         float* yi, int64_t out) {
  constexpr int kAtOnce = kLanes == 16 ? 8 : 4;
  for (int64_t first = 0; first < cells; first += kLanes) {
    V re[kLanes] = {}, im[kLanes] = {};
    const int64_t some = std::min<int64_t>(kLanes, cells - first);
    for (int64_t n = 0; n < some; n += kAtOnce) {
      V sr[kAtOnce] = {}, si[kAtOnce] = {};
      // Cells past the row are read (the room is there) and thrown away.
      const float *ar = xr + (first + n) * in, *ai = xi + (first + n) * in;
      for (int64_t v = 0; v < across; v++) {
        const V wr = load(w + v * 2 * kLanes), wi = load(w + v * 2 * kLanes + kLanes);
#pragma GCC unroll 8
        for (int r = 0; r < kAtOnce; r++) {
          const V a = load(ar + r * in + v * kLanes), b = load(ai + r * in + v * kLanes);
          sr[r] += a * wr;
          si[r] += a * wi;
          sr[r] -= b * wi;
          si[r] += b * wr;
        }
      }
#pragma GCC unroll 8
      for (int r = 0; r < kAtOnce; r++) re[n + r] = sr[r], im[n + r] = si[r];
    }
    sum_block(re, yr + first * out, out, some);
    sum_block(im, yi + first * out, out, some);
  }
}

// Sizes of the buffers of a column, per thread.
struct Column {
  int64_t x_row, y_row, x, y, weights, all;
  Column(const Grid& g, const Conv4dLayer& l) {
    const Weights w = weights_of(l);
    const int64_t row = spectrum_of(g, nullptr, l.in).row;
    // Behind the row: its halo, and what vectors and blocks of cells read beyond it.
    x_row = row + 2 * (l.k[3] / 2) * l.in + kLanes * (l.in + 2);
    x_row = (x_row + kLanes - 1) / kLanes * kLanes;
    const int64_t extra = g.L < kProductCells ? kMostExtra * l.out : 0;  // longer rows are covered by blocks that overlap
    y_row = spectrum_of(g, nullptr, l.out).row + (extra + kLanes - 1) / kLanes * kLanes + 2 * kLanes;
    x = g.i.n * 2 * x_row;
    y = g.i.n * 2 * y_row;
    weights = w.vectors * 2 * kLanes;
    all = x + y + (l.k[0] + 2) * weights;
  }
};

void layer(sc_ctx& ctx, const Grid& g, const Conv4dLayer& l, const float* frequencies, const Spectrum& x,
           const Spectrum& y, float* columns, int64_t column_size) {
  const Weights w = weights_of(l);
  const Column c(g, l);
  const int64_t halo = (l.k[3] / 2) * static_cast<int64_t>(l.in), per_fk = l.k[0] * l.k[1] * c.weights;
  ctx.pool.run(static_cast<int64_t>(g.H) * g.j.n, [&](int64_t job, int32_t worker) {
    const int64_t fk = job / g.j.n, fj = job % g.j.n;
    float *xs = columns + worker * column_size, *ys = xs + c.x, *ws = ys + c.y;
    float *plus = ws + l.k[0] * c.weights, *minus = plus + c.weights;
    Room room;
    const Line z = room.line();
    for (int64_t n = 0; n < g.i.n * 2; n++) {
      float* row = xs + n * c.x_row;
      std::fill(row, row + halo, 0.0f);
      std::fill(row + halo + x.row, row + c.x_row, 0.0f);
    }
    for (int64_t v = 0; v < x.vectors(); v++) {
      const float* from = x.at(fk, fj, 0) + v * kLanes;
      for (int i = 0; i < g.I; i++, from += 2 * x.row) z.re[i] = load(from), z.im[i] = load(from + x.row);
      room.clear(g.I, g.i.n);
      const Line done = room.forward(g.i);
      float* to = xs + halo + v * kLanes;
      for (int n = 0; n < g.i.n; n++, to += 2 * c.x_row) store(to, done.re[n]), store(to + c.x_row, done.im[n]);
    }
    weights_column(g, l, w, frequencies + fk * per_fk, fj, ws);
    // The next column of this thread comes while this one is worked on.
    const float* next = x.data + (job + ctx.pool.threads()) * x.column;
    const int64_t share = job + ctx.pool.threads() < static_cast<int64_t>(g.H) * g.j.n ? x.column / (g.i.n / 2 + 1) : 0;
    for (int fi = 0; 2 * fi <= g.i.n; fi++) {
      for (int64_t at = 0; at < share; at += 16) __builtin_prefetch(next + fi * share + at, 1, 2);
      weights_pair(g, l, w, ws, fi, plus, minus);
      for (int sign = 0; sign < 2; sign++) {
        const int at = sign == 0 ? fi : g.i.n - fi;
        if (sign == 1 && (fi == 0 || at == fi)) break;
        const float *xr = xs + at * 2 * c.x_row, *xi = xr + c.x_row, *weights = sign == 0 ? plus : minus;
        float *yr = ys + at * 2 * c.y_row, *yi = yr + c.y_row;
        if (w.product == Product::dot) {
          for (int64_t o = 0; o < l.out; o++) {
            dot(xr, xi, l.in, weights + o * w.across * 2 * kLanes, w.across, g.L, yr + o, yi + o, l.out);
          }
        } else {
          products(xr, xi, l, w, weights, g.L, yr, yi);
        }
        std::fill(yr + y.used, yr + y.row, 0.0f);
        std::fill(yi + y.used, yi + y.row, 0.0f);
      }
    }
    for (int64_t v = 0; v < y.vectors(); v++) {
      const float* from = ys + v * kLanes;
      for (int n = 0; n < g.i.n; n++, from += 2 * c.y_row) z.re[n] = load(from), z.im[n] = load(from + c.y_row);
      const Line done = room.inverse(g.i);
      float* to = y.at(fk, fj, 0) + v * kLanes;
      for (int i = 0; i < g.I; i++, to += 2 * y.row) store(to, done.re[i]), store(to + y.row, done.im[i]);
    }
  });
}

// --------------------------------------------------------------------------------------------------------- direction

inline V activate(V x, V bias, bool relu) {
  x += bias;
  return relu ? select(x < 0, V{}, x) : x;  // NaN passes
}

void enter(sc_ctx& ctx, const Grid& g, const float* x, const Spectrum& to, float* planes, int64_t plane_size) {
  slabs(ctx, g, to.vectors(), planes, plane_size, [&](Room& room, const Slab& plane, int64_t i, int64_t first) {
    const Line z = room.line();
    for (int64_t j = 0; j < g.J; j += 2) {
      const float* a = x + (i * g.J + j) * g.K * to.used;
      const float* b = j + 1 < g.J ? a + g.K * to.used : nullptr;
      for (int64_t v = 0; v < plane.vectors; v++) {
        const int64_t at = (first + v) * kLanes, count = to.used - at;
        for (int k = 0; k < g.K; k++) {
          z.re[k] = load_some(a + k * to.used + at, count);
          z.im[k] = b ? load_some(b + k * to.used + at, count) : V{};
        }
        pair_forward(g, room, plane, j, v);
      }
    }
    plane_forward(g, room, plane, to, i, first);
  });
}

// Bias and ReLU of a layer's outputs; then frequencies again, or, in the last layer, the caller's tensor.
void between(sc_ctx& ctx, const Grid& g, const Conv4dLayer& l, const Spectrum& x, const float* bias, float* out,
             bool add, float* planes, int64_t plane_size) {
  slabs(ctx, g, x.vectors(), planes, plane_size, [&](Room& room, const Slab& plane, int64_t i, int64_t first) {
    plane_inverse(g, room, x, i, first, plane);
    for (int64_t j = 0; j < g.J; j += 2) {
      for (int64_t v = 0; v < plane.vectors; v++) {
        const Line y = pair_inverse(g, room, plane, j, v), z = room.line();
        const V b = load(bias + (first + v) * kLanes);
        if (!out) {
          for (int k = 0; k < g.K; k++) {
            z.re[k] = activate(y.re[k], b, l.relu);
            z.im[k] = activate(y.im[k], b, l.relu);
          }
          pair_forward(g, room, plane, j, v);
          continue;
        }
        const int64_t at = (first + v) * kLanes, count = x.used - at;
        for (int64_t n = 0; n < 2 && j + n < g.J; n++) {
          float* to = out + (i * g.J + j + n) * g.K * x.used + at;
          const V* values = n == 0 ? y.re : y.im;
          for (int k = 0; k < g.K; k++, to += x.used) {
            const V value = activate(values[k], b, l.relu);
            store_some(to, add ? load_some(to, count) + value : value, count);
          }
        }
      }
    }
    if (!out) plane_forward(g, room, plane, x, i, first);
  });
}

// Vector operations, roughly, of the two forms; the measured rates of each are in the factors.
struct Costs {
  double direct = 0, fft = 0;
};
Costs costs_of(const Grid& g, const std::vector<Conv4dLayer>& layers) {
  Costs costs;
  const double cells = 1.0 * g.I * g.J * g.K * g.L, columns = 1.0 * g.H * g.j.n;
  for (const auto& l : layers) {
    const Weights w = weights_of(l);
    const double vectors = static_cast<double>(w.vectors), taps = static_cast<double>(l.taps());
    const bool planar = l.out <= 4 && w.product == Product::spread;
    costs.direct += cells * taps * l.in *
                    (planar ? 2.5 * l.out : l.out <= 4 ? 2.0 * l.out : l.in == 1 ? 1.5 * ((l.out + 15) / 16) * 16
                                                                    : 1.2 * ((l.out + 15) / 16) * 16) / kLanes;
    costs.fft += columns * g.i.n * vectors * (4.0 * g.L + 8) + columns * l.k[0] * l.k[1] * vectors * 4;
    const double rows = static_cast<double>(spectrum_of(g, nullptr, l.in).vectors() + spectrum_of(g, nullptr, l.out).vectors());
    costs.fft += columns * g.i.n * rows * 3 * 40;
  }
  return costs;
}

bool grid_of(const Conv4dPass& p, Grid& g) {
  const int64_t* size = p.net.size;
  int half[3] = {0, 0, 0};
  for (const auto& l : p.layers) {
    for (int a = 0; a < 3; a++) half[a] = std::max(half[a], l.k[a] / 2);
  }
  for (int a = 0; a < 4; a++) {
    if (size[a] > kMostPoints - 16) return false;
  }
  g.I = static_cast<int>(size[0]), g.J = static_cast<int>(size[1]), g.K = static_cast<int>(size[2]);
  g.L = static_cast<int>(size[3]);
  Fourier* axes[3] = {&g.i, &g.j, &g.k};
  for (int a = 0; a < 3; a++) {
    // At least a pad of one's own reach beside the cells: what wraps around then meets zeros only.
    const int n = smooth(std::max<int>(2, static_cast<int>(size[a]) + half[a]));
    if (n == 0 || !factor(n, *axes[a])) return false;
    twiddles(*axes[a]);
  }
  g.H = g.k.n / 2 + 1;
  return true;
}

}  // namespace

void conv4d_fft(sc_ctx& ctx, const Conv4dPass& p) {
  *p.done = false;
  const Conv4dForm form = conv4d_form(ctx);
  Grid g;
  if (form == kDirect || !grid_of(p, g)) return;
  const Costs costs = costs_of(g, p.layers);
  if (form == kChoose && costs.fft > costs.direct) return;

  const int64_t threads = ctx.pool.threads();
  const int64_t each = static_cast<int64_t>(g.J) * g.H * 2 * kLanes;
  const int64_t plane_size = std::max<int64_t>(1, kPlaneBytes / 4 / each) * each;
  int64_t sizes[2] = {spectrum_size(g, p.layers[0].in), 0}, column_size = 0, weight_size = 0, tap_size = 0, bias_size = 0;
  int where = 0;
  for (const auto& l : p.layers) {
    // A layer that keeps its channels works in place.
    if (l.out != l.in) where = 1 - where;
    sizes[where] = std::max(sizes[where], spectrum_size(g, l.out));
    const Column c(g, l);
    column_size = std::max(column_size, c.all);
    weight_size = std::max(weight_size, g.H * l.k[0] * l.k[1] * c.weights);
    tap_size = std::max(tap_size, l.taps() / l.k[3] * c.weights / 2);
    bias_size = std::max(bias_size, spectrum_of(g, nullptr, l.out).row);
  }
  column_size = (column_size + 15) / 16 * 16 + 80;
  const int64_t bytes = 4 * (sizes[0] + sizes[1] + threads * (plane_size + column_size) + weight_size + tap_size + bias_size);
  if (form == kChoose && ctx.limit > 0 && ctx.used.load() + bytes + 4096 > ctx.limit) return;  // the direct one may fit
  Scratch<float> even(ctx, sizes[0], "a volume in frequencies"), odd(ctx, sizes[1], "a volume in frequencies");
  Scratch<float> planes(ctx, threads * plane_size, "slabs"), columns(ctx, threads * column_size, "columns");
  Scratch<float> weights(ctx, weight_size, "weights in frequencies"), taps(ctx, tap_size, "packed weights");
  Scratch<float> bias(ctx, bias_size, "biases");

  Spectrum x = spectrum_of(g, even.get(), p.layers[0].in);
  enter(ctx, g, p.net.x, x, planes.get(), plane_size);
  for (size_t n = 0; n < p.layers.size(); n++) {
    const auto& l = p.layers[n];
    const bool last = n + 1 == p.layers.size();
    float* to = l.out == l.in ? x.data : x.data == even.get() ? odd.get() : even.get();
    const Spectrum y = spectrum_of(g, to, l.out);
    weights_forward(ctx, g, l, weights_of(l), taps.get(), weights.get());
    layer(ctx, g, l, weights.get(), x, y, columns.get(), column_size);
    for (int64_t at = 0; at < y.row; at++) bias[at] = at < y.used ? l.bias[at % l.out] : 0;
    between(ctx, g, l, y, bias.get(), last ? p.net.out : nullptr, p.add, planes.get(), plane_size);
    x = y;
  }
  *p.done = true;
}

}  // namespace sc::SC_ISA
