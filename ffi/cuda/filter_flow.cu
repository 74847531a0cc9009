// PatchMatch over superpixels with filtered costs. Three launches per visit and no word from the device between them: one
// thread proposes the labels, a block per label smooths its costs, one block takes the best in the labels' order.
#include <cstring>

#include "../common/filter_flow.hpp"
#include "ctx.cuh"

namespace sc {

namespace {

struct Device {
  FilterFlow p;
  const Region* regions;
  const int32_t* sites;
  const double* map;     // [h][w][16]
  int64_t* tried;        // [count][tried_room]
  int32_t* tried_count;  // [count]
  int32_t *list, *labels;  // [kMostLabels][3], their number
  int32_t *raw, *sums, *lines, *result;  // [kMostLabels][window] times 1, 4, 4, 1
  int64_t room;
};

struct Box {
  int64_t left, top, right, bottom;
  __device__ int64_t width() const { return right - left + 1; }
  __device__ int64_t size() const { return width() * (bottom - top + 1); }
};

__device__ Box grown(const Region& r, int64_t by, const FilterFlow& p) {
  Box b{r.left - by, r.top - by, r.right + by, r.bottom + by};
  b.left = b.left < 0 ? 0 : b.left, b.top = b.top < 0 ? 0 : b.top;
  b.right = b.right >= p.w ? p.w - 1 : b.right, b.bottom = b.bottom >= p.h ? p.h - 1 : b.bottom;
  return b;
}

__device__ int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
__device__ int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

__device__ int32_t raw_cost(const FilterFlow& p, const int32_t* label, int64_t x, int64_t y) {
  const int32_t* change = p.change + label[2] * p.entries();
  int64_t tx, ty;
  target_of(change, x, y, label[0], label[1], tx, ty);
  if (!p.bytes) {
    if (!inside_target(p, tx, ty)) return kWorst;
    const float* a = p.source_map + (y * p.w + x) * p.channels;
    const float* b = p.target_map + ((label[2] * p.h2 + ty) * p.w2 + tx) * p.channels;
    float sum = 0;
    for (int64_t c = 0; c < p.channels; c++) sum = fmaf(a[c], b[c], sum);
    return feature_cost(sum);
  }
  tx = least(most(tx, -static_cast<int64_t>(p.reach) - 1), p.w2 + p.reach);
  ty = least(most(ty, -static_cast<int64_t>(p.reach) - 1), p.h2 + p.reach);
  const uint8_t* own = p.source + (y * p.w + x) * p.parts * 8;
  int32_t total = 0;
  for (int64_t part = 0; part < p.parts; part++) {
    const int32_t* place = change + 3 + 3 * part;
    const uint8_t* other = p.target + ((place[0] * p.rows + ty + place[2] + p.pad) * p.cols + tx + place[1] + p.pad) * 8;
    int32_t l1 = 0;
    for (int bin = 0; bin < 8; bin++) l1 += abs(static_cast<int32_t>(own[8 * part + bin]) - other[(bin + change[2]) & 7]);
    total += l1 < 225 ? l1 : 225;
  }
  return total;
}

__device__ int64_t columns_in(int64_t at, int64_t radius, int64_t end) {
  return least(at + radius, end - 1) - most(at - radius, 0) + 1;
}

__global__ void propose_kernel(Device d, int32_t k, int32_t round) {
  if (threadIdx.x) return;  // one thread decides; a whole warp is launched
  const FilterFlow& p = d.p;
  *d.labels = propose(p, k, round, d.regions, d.sites, p.label, d.tried + k * p.tried_room(), d.tried_count[k], d.list);
}

__global__ void smooth_kernel(Device d, int32_t k) {
  const int job = blockIdx.x;
  if (job >= *d.labels) return;
  const FilterFlow& p = d.p;
  const Region region = d.regions[k];
  const int32_t* label = d.list + 3 * job;
  const Box wide = grown(region, 2 * p.radius, p), middle = grown(region, p.radius, p), box = grown(region, 0, p);
  int32_t* raw = d.raw + job * d.room;
  int32_t* across = d.sums + job * d.room * 4;
  int32_t* lines = d.lines + job * d.room * 4;
  const int64_t r = p.radius;
  for (int64_t i = threadIdx.x; i < wide.size(); i += blockDim.x) {
    raw[i] = raw_cost(p, label, wide.left + i % wide.width(), wide.top + i / wide.width());
  }
  __syncthreads();
  // Sums along rows of the cost and its products with the colours: [wide rows][middle columns][4].
  for (int64_t i = threadIdx.x; i < (wide.bottom - wide.top + 1) * middle.width(); i += blockDim.x) {
    const int64_t x = middle.left + i % middle.width(), row = i / middle.width();
    int32_t sum[4] = {};
    for (int64_t u = most(x - r, wide.left); u <= least(x + r, wide.right); u++) {
      const int32_t c = raw[row * wide.width() + u - wide.left], g = p.guide[(wide.top + row) * p.w + u];
      sum[0] += c, sum[1] += c * (g & 255), sum[2] += c * (g >> 8 & 255), sum[3] += c * (g >> 16 & 255);
    }
    for (int plane = 0; plane < 4; plane++) across[4 * i + plane] = sum[plane];
  }
  __syncthreads();
  for (int64_t i = threadIdx.x; i < middle.size(); i += blockDim.x) {
    const int64_t col = i % middle.width(), y = middle.top + i / middle.width();
    int32_t sum[4] = {};
    for (int64_t v = most(y - r, wide.top); v <= least(y + r, wide.bottom); v++) {
      for (int plane = 0; plane < 4; plane++) sum[plane] += across[4 * ((v - wide.top) * middle.width() + col) + plane];
    }
    const double* map = d.map + (y * p.w + middle.left + col) * 16;
    for (int row = 0; row < 4; row++) {
      double value = 0;
      // Not contracted to one rounding: the definition rounds twice.
      for (int c = 0; c < 4; c++) value = __dadd_rn(value, __dmul_rn(map[4 * c + row], static_cast<double>(sum[c])));
      lines[4 * i + row] = filter_round(value);
    }
  }
  __syncthreads();
  for (int64_t i = threadIdx.x; i < (middle.bottom - middle.top + 1) * box.width(); i += blockDim.x) {
    const int64_t x = box.left + i % box.width(), row = i / box.width();
    int32_t sum[4] = {};
    for (int64_t u = most(x - r, middle.left); u <= least(x + r, middle.right); u++) {
      for (int plane = 0; plane < 4; plane++) sum[plane] += lines[4 * (row * middle.width() + u - middle.left) + plane];
    }
    for (int plane = 0; plane < 4; plane++) across[4 * i + plane] = sum[plane];
  }
  __syncthreads();
  for (int64_t i = threadIdx.x; i < box.size(); i += blockDim.x) {
    const int64_t col = i % box.width(), y = box.top + i / box.width(), x = box.left + col;
    int32_t sum[4] = {};
    for (int64_t v = most(y - r, middle.top); v <= least(y + r, middle.bottom); v++) {
      for (int plane = 0; plane < 4; plane++) sum[plane] += across[4 * ((v - middle.top) * box.width() + col) + plane];
    }
    const int64_t n = columns_in(y, r, p.h) * columns_in(x, r, p.w);
    d.result[job * d.room + i] = filter_cost(sum, p.guide[y * p.w + x], static_cast<int32_t>(n));
  }
}

__global__ void update_kernel(Device d, int32_t k) {
  const FilterFlow& p = d.p;
  const Region region = d.regions[k];
  const Box box = grown(region, 0, p);
  const int32_t labels = *d.labels;
  for (int64_t i = threadIdx.x; i < box.size(); i += blockDim.x) {
    const int64_t x = box.left + i % box.width(), y = box.top + i / box.width(), at = y * p.w + x;
    int32_t best = p.cost[at], winner = -1;
    for (int32_t l = 0; l < labels; l++) {
      if (d.result[l * d.room + i] >= best) continue;
      int64_t tx, ty;
      target_of(p.change + d.list[3 * l + 2] * p.entries(), x, y, d.list[3 * l], d.list[3 * l + 1], tx, ty);
      if (!inside_target(p, tx, ty)) continue;
      const int32_t value = d.result[l * d.room + i] + stay_cost(p, at, tx, ty);
      if (value < best) best = value, winner = l;
    }
    if (winner < 0) continue;
    p.cost[at] = best;
    for (int part = 0; part < 3; part++) p.label[3 * at + part] = d.list[3 * winner + part];
  }
}

__global__ void begin_kernel(FilterFlow p) {
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < p.h * p.w;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    p.cost[i] = kUntried;
    for (int part = 0; part < 3; part++) p.label[3 * i + part] = p.start[3 * p.superpixel[i] + part];
  }
}

__global__ void energy_kernel(FilterFlow p, int32_t round) {
  __shared__ unsigned long long total;
  if (threadIdx.x == 0) total = 0;
  __syncthreads();
  // Smoothed costs may be below 0: two's complement adds them all the same.
  long long sum = 0;
  for (int64_t i = threadIdx.x; i < p.h * p.w; i += blockDim.x) sum += p.cost[i] == kUntried ? kWorst * kFine : p.cost[i];
  atomicAdd(&total, static_cast<unsigned long long>(sum));
  __syncthreads();
  if (threadIdx.x) return;
  const long long energy = static_cast<long long>(total);
  p.energy[2 * round] = static_cast<int32_t>(energy >> 24);
  p.energy[2 * round + 1] = static_cast<int32_t>(energy & 0xFFFFFF);
}

template <class T>
std::vector<T> download(sc_ctx& ctx, const T* from, int64_t count) {
  std::vector<T> out(count);
  cuda(cudaMemcpyAsync(out.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost, ctx.stream), "reading");
  cuda(cudaStreamSynchronize(ctx.stream), "reading");
  return out;
}

template <class T>
void upload(sc_ctx& ctx, T* to, const std::vector<T>& from) {
  cuda(cudaMemcpyAsync(to, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice, ctx.stream), "writing");
}

// The filter's linear maps, on the host: they are made once, in the arithmetic of the CPU library.
std::vector<double> maps_of(const FilterFlow& p, const std::vector<int32_t>& guide) {
  std::vector<double> map(p.h * p.w * 16);
  std::vector<int64_t> columns(p.w * 10);
  for (int64_t y = 0; y < p.h; y++) {
    std::fill(columns.begin(), columns.end(), 0);
    for (int64_t r = std::max<int64_t>(y - p.radius, 0); r <= std::min<int64_t>(y + p.radius, p.h - 1); r++) {
      for (int64_t x = 0; x < p.w; x++) {
        const int64_t g = guide[r * p.w + x], c[4] = {1, g & 255, g >> 8 & 255, g >> 16 & 255};
        int64_t* s = &columns[x * 10];
        for (int i = 0; i < 4; i++) s[i] += c[i];
        s[4] += c[1] * c[1], s[5] += c[1] * c[2], s[6] += c[1] * c[3];
        s[7] += c[2] * c[2], s[8] += c[2] * c[3], s[9] += c[3] * c[3];
      }
    }
    for (int64_t x = 0; x < p.w; x++) {
      int64_t sums[10] = {};
      for (int64_t u = std::max<int64_t>(x - p.radius, 0); u <= std::min<int64_t>(x + p.radius, p.w - 1); u++) {
        for (int i = 0; i < 10; i++) sums[i] += columns[u * 10 + i];
      }
      filter_map(sums, p.eps, map.data() + (y * p.w + x) * 16);
    }
  }
  return map;
}

}  // namespace

}  // namespace sc

using namespace sc;

extern "C" int32_t sc_filter_flow(sc_ctx* ctx, sc_tensor* source, sc_tensor* target, int32_t height, int32_t width,
                                  sc_tensor* change, int32_t rotations, int32_t reach, sc_tensor* guide,
                                  sc_tensor* superpixel, sc_tensor* link, sc_tensor* start, sc_tensor* home, int32_t stay, int32_t radius, double eps,
                                  int32_t iterations, int32_t search, double ratio, int32_t seed, sc_tensor* label, sc_tensor* cost,
                                  sc_tensor* energy) {
  return border(ctx, "sc_filter_flow", [&] {
    const FilterFlow p = check_filter_flow(ctx, source, target, height, width, change, rotations, reach, guide, superpixel,
                                           link, start, home, stay, radius, eps, iterations, search, ratio, seed, label, cost, energy);
    const auto host_change = download(*ctx, p.change, p.changes * p.entries());
    const auto host_link = download(*ctx, p.link, p.count * p.links), host_start = download(*ctx, p.start, p.count * 3);
    const auto host_superpixel = download(*ctx, p.superpixel, p.h * p.w), host_guide = download(*ctx, p.guide, p.h * p.w);
    const Regions regions =
        regions_of(p, host_superpixel.data(), host_link.data(), host_change.data(), host_start.data());
    const std::vector<double> host_map = maps_of(p, host_guide);
    Scratch<double> map(*ctx, p.h * p.w * 16, "the filter");
    Scratch<Region> of(*ctx, p.count, "superpixels");
    Scratch<int32_t> sites(*ctx, p.h * p.w, "superpixels"), tried_count(*ctx, p.count, "labels tried");
    Scratch<int64_t> tried(*ctx, p.count * p.tried_room(), "labels tried");
    Scratch<int32_t> list(*ctx, kMostLabels * 3 + 1, "labels");
    const int64_t room = regions.largest;
    Scratch<int32_t> raw(*ctx, kMostLabels * room, "windows"), sums(*ctx, kMostLabels * room * 4, "windows");
    Scratch<int32_t> lines(*ctx, kMostLabels * room * 4, "windows"), result(*ctx, kMostLabels * room, "windows");
    upload(*ctx, map.get(), host_map);
    upload(*ctx, of.get(), regions.of);
    upload(*ctx, sites.get(), regions.sites);
    cuda(cudaMemsetAsync(tried_count.get(), 0, p.count * sizeof(int32_t), ctx->stream), "starting");
    const Device d{p,          of.get(),   sites.get(), map.get(),   tried.get(), tried_count.get(), list.get(),
                   list.get() + 3 * kMostLabels, raw.get(), sums.get(), lines.get(), result.get(), room};
    begin_kernel<<<blocks_for(p.h * p.w, 256), 256, 0, ctx->stream>>>(p);
    launched("starting");
    const unsigned blocks = static_cast<unsigned>(std::max<int64_t>(p.links + 15, 1));
    for (int32_t round = 0; round <= p.iterations; round++) {
      for (int64_t turn = 0; turn < p.count; turn++) {
        const int32_t k = static_cast<int32_t>(round % 2 == 0 && round > 0 ? p.count - 1 - turn : turn);
        propose_kernel<<<1, 32, 0, ctx->stream>>>(d, k, round);
        smooth_kernel<<<blocks, 256, 0, ctx->stream>>>(d, k);
        update_kernel<<<1, 256, 0, ctx->stream>>>(d, k);
        launched("searching");
      }
      energy_kernel<<<1, 256, 0, ctx->stream>>>(p, round);
      launched("the energy");
    }
    finish(*ctx);
  });
}
