// SIFT Flow's pyramid and belief propagation: the same integers as on the CPU.
//
// Pixels of one anti-diagonal do not speak to each other within an iteration, so one block walks the anti-diagonals, a
// thread per pixel. That leaves most of the device idle; what it saves is moving the messages.
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "../common/bp_flow.hpp"
#include "ctx.cuh"

namespace sc {
namespace {

constexpr int kMostStates = 129;

// --- halving ------------------------------------------------------------------------------------------------------

__device__ inline int64_t clamp_to(int64_t i, int64_t n) { return i < 0 ? 0 : i >= n ? n - 1 : i; }
__device__ inline int64_t mirror(int64_t i, int64_t n) {
  const int64_t k = ((i % (2 * n)) + 2 * n) % (2 * n);
  return k < n ? k : 2 * n - 1 - k;
}
__device__ inline uint8_t byte_of(int32_t sum) {
  const int32_t v = (sum + 128) >> 8;
  return static_cast<uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v);
}
__device__ inline int32_t cubic(int k) {
  const int j = k < 4 ? k : 7 - k;
  return j == 0 ? -3 : j == 1 ? -9 : j == 2 ? 29 : 111;
}

__global__ void smooth_kernel(HalveBytes p, double far, double near, double mid, uint8_t* out) {
  const int64_t count = p.rows * p.cols * p.channels;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t c = i % p.channels, x = i / p.channels % p.cols, y = i / p.channels / p.cols;
    double across[5];
    for (int dx = -2; dx <= 2; dx++) {
      auto at = [&](int dy) {
        return static_cast<int32_t>(p.in[(clamp_to(y + dy, p.rows) * p.cols + clamp_to(x + dx, p.cols)) * p.channels + c]);
      };
      across[dx + 2] = far * (at(-2) + at(2)) + near * (at(-1) + at(1)) + mid * at(0);
    }
    const double v = far * (across[0] + across[4]) + near * (across[1] + across[3]) + mid * across[2];
    out[i] = static_cast<uint8_t>(static_cast<int32_t>(v + 0.5));
  }
}

__global__ void rows_kernel(HalveBytes p, const uint8_t* in, uint8_t* out) {
  const int64_t width = p.cols * p.channels, count = (p.rows + 1) / 2 * width;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t y = i / width;
    int32_t sum = 0;
    for (int k = 0; k < 8; k++) sum += cubic(k) * in[mirror(2 * y - 3 + k, p.rows) * width + i % width];
    out[i] = byte_of(sum);
  }
}

__global__ void cols_kernel(HalveBytes p, const uint8_t* in) {
  const int64_t half = (p.cols + 1) / 2, count = (p.rows + 1) / 2 * half * p.channels;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t c = i % p.channels, x = i / p.channels % half, y = i / p.channels / half;
    int32_t sum = 0;
    for (int k = 0; k < 8; k++) {
      sum += cubic(k) * in[(y * p.cols + mirror(2 * x - 3 + k, p.cols)) * p.channels + c];
    }
    p.out[i] = byte_of(sum);
  }
}

// --- belief propagation -------------------------------------------------------------------------------------------

struct Layer {
  int64_t height, width;
  const int32_t *centre, *data;
  int16_t* in[2][4];  // [plane][from left, right, top, bottom]: [pixels][states]
  int32_t* dual[2];
  double gamma;
};

struct Rule {
  int32_t states, window, alpha, bound;
  bool corrected;
};

__device__ inline int32_t range_cost(const Layer& g, int32_t d) {
  return static_cast<int32_t>(g.gamma * fabs(static_cast<double>(d)));
}

__device__ void send(const Rule& r, int32_t* v, int32_t shift, bool first, int16_t* out) {
  const int32_t n = r.states, a = r.alpha;
  int32_t low = v[0];
  for (int32_t l = 1; l < n; l++) low = min(low, v[l]);
  const int32_t most = low + r.bound;
  for (int32_t l = 1; l < n; l++) v[l] = min(v[l], v[l - 1] + a);
  for (int32_t l = n - 2; l >= 0; l--) v[l] = min(v[l], v[l + 1] + a);
  const bool apart = !r.corrected && abs(shift) > 2 * r.window;
  auto message = [&](int32_t l) {
    if (apart) return min(first ? -l * a : l * a, most);
    const int32_t want = l + shift, at = want < 0 ? 0 : want >= n ? n - 1 : want;
    return min(v[at] + a * abs(want - at), most);
  };
  low = message(0);
  for (int32_t l = 1; l < n; l++) low = min(low, message(l));
  for (int32_t l = 0; l < n; l++) out[l] = static_cast<int16_t>(message(l) - low);
}

__device__ void update(const Layer& g, const Rule& r, int plane, bool forward, bool dual, int64_t x, int64_t y) {
  const int32_t n = r.states;
  const int side = forward ? 0 : 1, up = forward ? 2 : 3, down = forward ? 3 : 2;
  const int64_t p = y * g.width + x, step = forward ? 1 : -1;
  const int32_t c = g.centre[2 * p + plane];
  auto in = [&](int d, int32_t l) { return static_cast<int32_t>(g.in[plane][d][p * n + l]); };
  int32_t base[kMostStates], v[kMostStates];
  for (int32_t l = 0; l < n; l++) base[l] = range_cost(g, c - r.window + l) + in(side, l) + in(up, l);
  if (forward ? x + 1 < g.width : x > 0) {
    const int64_t q = p + step;
    for (int32_t l = 0; l < n; l++) v[l] = base[l] + g.dual[plane][p * n + l] + in(down, l);
    send(r, v, g.centre[2 * q + plane] - c, p == 0, g.in[plane][side] + q * n);
  }
  if (forward ? y + 1 < g.height : y > 0) {
    const int64_t q = p + step * g.width;
    for (int32_t l = 0; l < n; l++) v[l] = base[l] + g.dual[plane][p * n + l] + in(1 - side, l);
    send(r, v, g.centre[2 * q + plane] - c, p == 0, g.in[plane][up] + q * n);
  }
  if (!dual) return;
  const int32_t* d = g.data + p * n * n;
  int32_t* m = g.dual[1 - plane] + p * n;
  for (int32_t l = 0; l < n; l++) base[l] += in(1 - side, l) + in(down, l);
  int32_t least = 0x7fffffff;
  for (int32_t other = 0; other < n; other++) {
    int32_t low = 0x7fffffff;
    for (int32_t own = 0; own < n; own++) {
      low = min(low, base[own] + (plane == 0 ? d[other * n + own] : d[own * n + other]));
    }
    v[other] = low;
    least = min(least, low);
  }
  for (int32_t l = 0; l < n; l++) m[l] = v[l] - least;
}

__global__ void iterate_kernel(Layer g, Rule r, int plane, bool forward, bool dual) {
  for (int64_t step = 0; step < g.height + g.width - 1; step++) {
    const int64_t s = forward ? step : g.height + g.width - 2 - step;
    const int64_t first = s < g.width ? 0 : s - g.width + 1, last = s < g.height ? s : g.height - 1;
    for (int64_t y = first + threadIdx.x; y <= last; y += blockDim.x) update(g, r, plane, forward, dual, s - y, y);
    __syncthreads();
  }
}

__global__ void read_kernel(Layer g, Rule r, int32_t* flow, unsigned long long* energy) {
  const int32_t n = r.states;
  for (int64_t p = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; p < g.height * g.width;
       p += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    int32_t best[2];
    unsigned long long sum = 0;
    for (int plane = 0; plane < 2; plane++) {
      const int32_t c = g.centre[2 * p + plane];
      int32_t low = 0;
      for (int32_t l = 0; l < n; l++) {
        int32_t b = range_cost(g, c - r.window + l) + g.dual[plane][p * n + l];
        for (int d = 0; d < 4; d++) b += g.in[plane][d][p * n + l];
        if (l == 0 || b < low) low = b, best[plane] = l;
      }
      flow[2 * p + plane] = best[plane] - r.window + c;
      sum += range_cost(g, flow[2 * p + plane]);
    }
    atomicAdd(energy, sum + g.data[(p * n + best[1]) * n + best[0]]);
  }
}

__global__ void pairs_kernel(Layer g, Rule r, const int32_t* flow, unsigned long long* energy) {
  for (int64_t p = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; p < g.height * g.width;
       p += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    unsigned long long sum = 0;
    auto pair = [&](int64_t q) {
      for (int plane = 0; plane < 2; plane++) {
        const long long d = llabs(static_cast<long long>(flow[2 * p + plane]) - flow[2 * q + plane]) * r.alpha;
        sum += d < r.bound ? d : r.bound;
      }
    };
    if (p % g.width + 1 < g.width) pair(p + 1);
    if (p + g.width < g.height * g.width) pair(p + g.width);
    atomicAdd(energy, sum);
  }
}

// --- data term ----------------------------------------------------------------------------------------------------

struct Extent {
  int32_t low, high;
  unsigned long long total;
};

__global__ void data_kernel(BpFlow p, int32_t* data, Extent* extent) {
  const int32_t n = 2 * p.window + 1;
  const int64_t count = p.height * p.width * n * n;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t at = i / (n * n);
    const int64_t tx = at % p.width + p.centre[2 * at] + i % n - p.window;
    const int64_t ty = at / p.width + p.centre[2 * at + 1] + i / n % n - p.window;
    if (tx < 0 || tx >= p.target_width || ty < 0 || ty >= p.target_height) {
      data[i] = -1;
      continue;
    }
    const uint32_t* a = reinterpret_cast<const uint32_t*>(p.source + at * p.channels);
    const uint32_t* b = reinterpret_cast<const uint32_t*>(p.target + (ty * p.target_width + tx) * p.channels);
    uint32_t sum = 0;
    for (int64_t k = 0; k < p.channels / 4; k++) sum += __vsadu4(a[k], b[k]);
    data[i] = static_cast<int32_t>(sum);
    atomicMin(&extent->low, data[i]);
    atomicMax(&extent->high, data[i]);
    atomicAdd(&extent->total, 1ull);
  }
}

__global__ void histogram_kernel(const int32_t* data, int64_t count, int32_t from, double interval,
                                 unsigned long long* bins) {
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    if (data[i] < 0) continue;
    const int64_t bin = static_cast<int64_t>((data[i] - from) / interval);
    atomicAdd(&bins[bin < kHistogramBins ? bin : kHistogramBins - 1], 1ull);
  }
}

__global__ void outside_kernel(int32_t* data, int64_t count, int32_t value) {
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    if (data[i] < 0) data[i] = value;
  }
}

template <class T>
void fetch(sc_ctx& ctx, T* to, const T* from, int64_t count) {
  cuda(cudaMemcpyAsync(to, from, count * sizeof(T), cudaMemcpyDeviceToHost, ctx.stream), "reading");
  cuda(cudaStreamSynchronize(ctx.stream), "reading");
}

void data_term(sc_ctx& ctx, const BpFlow& p, int32_t* data) {
  const int64_t count = p.height * p.width * p.states() * p.states();
  Scratch<Extent> extent(ctx, 1, "a histogram");
  Extent e{32767, 0, 0};
  cuda(cudaMemcpyAsync(extent.get(), &e, sizeof e, cudaMemcpyHostToDevice, ctx.stream), "writing");
  data_kernel<<<blocks_for(count, 256), 256, 0, ctx.stream>>>(p, data, extent.get());
  launched("comparing descriptors");
  fetch(ctx, &e, extent.get(), 1);
  if (static_cast<int64_t>(e.total) == count) return;
  int32_t outside = e.total ? e.low : 0;
  if (e.total && e.high > e.low) {
    const double interval = static_cast<double>(e.high - e.low) / kHistogramBins;
    Scratch<unsigned long long> counts(ctx, kHistogramBins, "a histogram");
    cuda(cudaMemsetAsync(counts.get(), 0, kHistogramBins * sizeof(unsigned long long), ctx.stream), "clearing");
    histogram_kernel<<<blocks_for(count, 256), 256, 0, ctx.stream>>>(data, count, p.corrected ? e.low : 0, interval,
                                                                      counts.get());
    launched("counting costs");
    std::vector<unsigned long long> bins(kHistogramBins);
    fetch(ctx, bins.data(), counts.get(), kHistogramBins);
    double mass = 0, value = e.high;
    for (int32_t i = 0; i < kHistogramBins; i++) {
      mass += static_cast<double>(bins[i]) / static_cast<double>(e.total);
      if (mass >= 0.5) {
        value = std::max(i, 1) * interval + e.low;
        break;
      }
    }
    outside = static_cast<int32_t>(value);
  }
  outside_kernel<<<blocks_for(count, 256), 256, 0, ctx.stream>>>(data, count, outside);
  launched("filling costs");
}

// --- merging ------------------------------------------------------------------------------------------------------

__global__ void merge_kernel(Layer fine, int32_t cells, int64_t h, int64_t w, int32_t* data, int32_t* centre) {
  for (int64_t p = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; p < h * w;
       p += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t x = p % w, y = p / w;
    int32_t* to = data + p * cells;
    for (int32_t i = 0; i < cells; i++) to[i] = 0;
    int32_t count = 0, sum[2] = {0, 0};
    for (int64_t fy = 2 * y; fy < 2 * y + 2 && fy < fine.height; fy++) {
      for (int64_t fx = 2 * x; fx < 2 * x + 2 && fx < fine.width; fx++) {
        const int64_t f = fy * fine.width + fx;
        for (int32_t i = 0; i < cells; i++) to[i] += fine.data[f * cells + i];
        sum[0] += fine.centre[2 * f], sum[1] += fine.centre[2 * f + 1];
        count++;
      }
    }
    centre[2 * p] = sum[0] / count;
    centre[2 * p + 1] = sum[1] / count;
  }
}

__global__ void spread_kernel(Layer merged, Layer fine, int32_t n) {
  for (int64_t p = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; p < fine.height * fine.width;
       p += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    const int64_t from = (p / fine.width / 2 * merged.width + p % fine.width / 2) * n, to = p * n;
    for (int plane = 0; plane < 2; plane++) {
      for (int32_t l = 0; l < n; l++) {
        for (int d = 0; d < 4; d++) fine.in[plane][d][to + l] = merged.in[plane][d][from + l];
        fine.dual[plane][to + l] = merged.dual[plane][from + l];
      }
    }
  }
}

struct Owned {
  Scratch<int32_t> dual;
  Scratch<int16_t> in;
  Layer layer;

  Owned(sc_ctx& ctx, int64_t height, int64_t width, const int32_t* centre, const int32_t* data, double gamma, int32_t n)
      : dual(ctx, 2 * height * width * n, "messages"), in(ctx, 8 * height * width * n, "messages") {
    const int64_t size = height * width * n;
    cuda(cudaMemsetAsync(dual.get(), 0, 2 * size * sizeof(int32_t), ctx.stream), "clearing messages");
    cuda(cudaMemsetAsync(in.get(), 0, 8 * size * sizeof(int16_t), ctx.stream), "clearing messages");
    layer = {height, width, centre, data, {}, {}, gamma};
    for (int plane = 0; plane < 2; plane++) {
      for (int d = 0; d < 4; d++) layer.in[plane][d] = in.get() + (plane * 4 + d) * size;
      layer.dual[plane] = dual.get() + plane * size;
    }
  }
};

void iterate(sc_ctx& ctx, const Layer& g, const Rule& r, int32_t iteration) {
  iterate_kernel<<<1, 256, 0, ctx.stream>>>(g, r, iteration % 2, iteration % 4 < 2, iteration % 8 < 4);
  launched("passing messages");
}

void start(sc_ctx& ctx, const Layer& fine, const Rule& r, double gamma, int32_t merges) {
  const int64_t h = (fine.height + 1) / 2, w = (fine.width + 1) / 2;
  const int32_t cells = r.states * r.states;
  Scratch<int32_t> data(ctx, h * w * cells, "merged costs"), centre(ctx, 2 * h * w, "merged centres");
  merge_kernel<<<blocks_for(h * w, 128), 128, 0, ctx.stream>>>(fine, cells, h, w, data.get(), centre.get());
  launched("merging pixels");
  Owned merged(ctx, h, w, centre.get(), data.get(), gamma, r.states);
  if (merges > 1) start(ctx, merged.layer, r, gamma / 2, merges - 1);
  for (int32_t i = 0; i < kMergedIterations; i++) iterate(ctx, merged.layer, r, i);
  spread_kernel<<<blocks_for(fine.height * fine.width, 128), 128, 0, ctx.stream>>>(merged.layer, fine, r.states);
  launched("spreading messages");
}

// Centres are checked before costs are made of them, as on the CPU.
void check_reach(sc_ctx& ctx, const BpFlow& p) {
  std::vector<int32_t> centre(2 * p.height * p.width);
  fetch(ctx, centre.data(), p.centre, static_cast<int64_t>(centre.size()));
  int64_t reach = 0;
  for (int32_t c : centre) reach = std::max<int64_t>(reach, std::llabs(c));
  need(reach <= 1 << 20, "a window's centre is more than 2^20 pixels away");
  need(p.gamma * static_cast<double>(reach + p.window + 8) < 1 << 28,
       "gamma times the largest displacement is more than 2^28");
}

void run(sc_ctx& ctx, const BpFlow& p) {
  const int64_t pixels = p.height * p.width;
  const int32_t kept = p.trace ? p.iterations : 1;
  std::vector<int32_t> energies(2 * kept, 0);
  auto give = [&] {
    cuda(cudaMemcpyAsync(p.energies, energies.data(), energies.size() * sizeof(int32_t), cudaMemcpyHostToDevice,
                         ctx.stream), "writing energies");
    finish(ctx);
  };
  if (pixels == 0) return give();
  check_reach(ctx, p);
  const Rule r{p.states(), p.window, p.alpha, p.bound, p.corrected};
  Scratch<int32_t> data(ctx, pixels * r.states * r.states, "costs of displacements");
  data_term(ctx, p, data.get());
  Owned whole(ctx, p.height, p.width, p.centre, data.get(), p.gamma, r.states);
  if (p.merges > 0) start(ctx, whole.layer, r, p.gamma / 2, p.merges);
  Scratch<unsigned long long> sum(ctx, 1, "energies");
  auto read = [&](int32_t slot) {
    cuda(cudaMemsetAsync(sum.get(), 0, sizeof(unsigned long long), ctx.stream), "clearing");
    read_kernel<<<blocks_for(pixels, 128), 128, 0, ctx.stream>>>(whole.layer, r, p.flow, sum.get());
    pairs_kernel<<<blocks_for(pixels, 128), 128, 0, ctx.stream>>>(whole.layer, r, p.flow, sum.get());
    launched("reading the flow");
    unsigned long long energy = 0;
    fetch(ctx, &energy, sum.get(), 1);
    put_energy(energies.data() + 2 * slot, static_cast<int64_t>(energy));
  };
  for (int32_t i = 0; i < p.iterations; i++) {
    iterate(ctx, whole.layer, r, i);
    if (p.trace) read(i);
  }
  if (!p.trace) read(0);
  give();
}

}  // namespace
}  // namespace sc

using namespace sc;

extern "C" int32_t sc_halve_bytes(sc_ctx* ctx, sc_tensor* map, sc_tensor* out) {
  return border(ctx, "sc_halve_bytes", [&] {
    const HalveBytes p = check_halve_bytes(ctx, map, out);
    const int64_t count = p.rows * p.cols * p.channels;
    if (count == 0) return;
    const double side = std::exp(-4 / (2 * 0.67 * 0.67)), next = std::exp(-1 / (2 * 0.67 * 0.67));
    const double total = 1 + 2 * side + 2 * next;
    Scratch<uint8_t> smooth(*ctx, count, "a smoothed map"), low(*ctx, (p.rows + 1) / 2 * p.cols * p.channels, "a map");
    smooth_kernel<<<blocks_for(count, 256), 256, 0, ctx->stream>>>(p, side / total, next / total, 1 / total,
                                                                   smooth.get());
    rows_kernel<<<blocks_for(count / 2 + 1, 256), 256, 0, ctx->stream>>>(p, smooth.get(), low.get());
    cols_kernel<<<blocks_for(count / 4 + 1, 256), 256, 0, ctx->stream>>>(p, low.get());
    launched("halving a map");
    finish(*ctx);
  });
}

extern "C" int32_t sc_bp_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, sc_tensor* centre, int32_t window,
                              int32_t alpha, int32_t bound, double gamma, int32_t iterations, int32_t merges,
                              int32_t corrected, int32_t trace, sc_tensor* flow, sc_tensor* energies) {
  return border(ctx, "sc_bp_flow", [&] {
    run(*ctx, check_bp_flow(ctx, source, target, centre, window, alpha, bound, gamma, iterations, merges, corrected,
                            trace, flow, energies));
  });
}
