// Half of an 8-bit map: Gaussian 5x5, then the antialiased bicubic reduction along rows and columns, bytes after each.
#include <cmath>

#include "../common/bp_flow.hpp"
#include "isa.hpp"

SC_KERNEL(halve_bytes, HalveBytes)

namespace sc::SC_ISA {
namespace {

// Half rows per job: the smoothed rows between those of two jobs are made twice, and a worker holds the rows of one job.
constexpr int64_t kRowsPerJob = 24;

int64_t clamp_to(int64_t i, int64_t n) { return i < 0 ? 0 : i >= n ? n - 1 : i; }

// ... 1 0 | 0 1 ... n-1 | n-1 n-2 ...
int64_t mirror(int64_t i, int64_t n) {
  int64_t k = ((i % (2 * n)) + 2 * n) % (2 * n);
  return k < n ? k : 2 * n - 1 - k;
}

// Weights times 256 of input samples 2i-3 .. 2i+4: Keys' cubic stretched to twice its width; sums are exact.
constexpr int32_t kCubic[8] = {-3, -9, 29, 111, 111, 29, -9, -3};

inline uint8_t byte_of(int32_t sum) {
  const int32_t v = (sum + 128) >> 8;
  return static_cast<uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v);
}

}  // namespace

void halve_bytes(sc_ctx& ctx, const HalveBytes& p) {
  const int64_t width = p.cols * p.channels, half_rows = (p.rows + 1) / 2, half_cols = (p.cols + 1) / 2;
  if (width * p.rows == 0) return;
  const double side = std::exp(-4 / (2 * 0.67 * 0.67)), next = std::exp(-1 / (2 * 0.67 * 0.67));
  const double total = 1 + 2 * side + 2 * next;
  const double far = side / total, near = next / total, mid = 1 / total;
  const int64_t pad = 2 * p.channels, held = std::min(p.rows, 2 * kRowsPerJob + 6);
  const int64_t workers = ctx.pool.threads();
  Scratch<double> lines(ctx, workers * (width + 2 * pad), "a line");
  Scratch<uint8_t> smooth(ctx, workers * held * width, "smoothed rows"), low(ctx, workers * width, "a line");
  ctx.pool.run((half_rows + kRowsPerJob - 1) / kRowsPerJob, [&](int64_t job, int32_t worker) {
    double* line = lines.get() + worker * (width + 2 * pad) + pad;
    uint8_t *rows = smooth.get() + worker * held * width, *half = low.get() + worker * width;
    const int64_t begin = job * kRowsPerJob, end = std::min(half_rows, begin + kRowsPerJob);
    int64_t first = p.rows, last = -1;
    for (int64_t i = 2 * begin - 3; i <= 2 * (end - 1) + 4; i++) {
      first = std::min(first, mirror(i, p.rows));
      last = std::max(last, mirror(i, p.rows));
    }
    for (int64_t y = first; y <= last; y++) {
      auto row = [&](int64_t dy) { return p.in + clamp_to(y + dy, p.rows) * width; };
      const uint8_t *a = row(-2), *b = row(-1), *c = row(0), *d = row(1), *e = row(2);
#pragma omp simd
      for (int64_t i = 0; i < width; i++) line[i] = far * (a[i] + e[i]) + near * (b[i] + d[i]) + mid * c[i];
      for (int64_t k = 0; k < p.channels; k++) {
        line[k - pad] = line[k - p.channels] = line[k];
        line[width + k] = line[width + p.channels + k] = line[width - p.channels + k];
      }
      uint8_t* to = rows + (y - first) * width;
      const double *l2 = line - pad, *l1 = line - p.channels, *r1 = line + p.channels, *r2 = line + pad;
      // Values are not negative: cutting off the fraction is rounding down.
#pragma omp simd
      for (int64_t i = 0; i < width; i++) {
        to[i] = static_cast<uint8_t>(
            static_cast<int32_t>(far * (l2[i] + r2[i]) + near * (l1[i] + r1[i]) + mid * line[i] + 0.5));
      }
    }
    for (int64_t y = begin; y < end; y++) {
      const uint8_t* in[8];
      for (int k = 0; k < 8; k++) in[k] = rows + (mirror(2 * y - 3 + k, p.rows) - first) * width;
#pragma omp simd
      for (int64_t i = 0; i < width; i++) {
        int32_t sum = 0;
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) sum += kCubic[k] * in[k][i];
        half[i] = byte_of(sum);
      }
      for (int64_t x = 0; x < half_cols; x++) {
        uint8_t* to = p.out + (y * half_cols + x) * p.channels;
        for (int k = 0; k < 8; k++) in[k] = half + mirror(2 * x - 3 + k, p.cols) * p.channels;
#pragma omp simd
        for (int64_t c = 0; c < p.channels; c++) {
          int32_t sum = 0;
#pragma GCC unroll 8
          for (int k = 0; k < 8; k++) sum += kCubic[k] * in[k][c];
          to[c] = byte_of(sum);
        }
      }
    }
  });
}

}  // namespace sc::SC_ISA

#ifdef SC_EXPORTED
using namespace sc;

extern "C" int32_t sc_halve_bytes(sc_ctx* ctx, sc_tensor* map, sc_tensor* out) {
  return border(ctx, "sc_halve_bytes", [&] {
    HalveBytes p = check_halve_bytes(ctx, map, out);
    SC_CALL(halve_bytes, *ctx, p);
  });
}
#endif
