// Context, tensors and the thread pool of the CPU library.
#include "ctx.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace sc {

Base& base_of(sc_ctx* ctx) { return *ctx; }

namespace {

constexpr int64_t kHuge = 2 << 20;
constexpr int64_t kKeptBytes = 512 << 20;
constexpr int64_t kSpare = 16 << 20;  // what kept blocks may take beyond the largest use so far

void* from_system(int64_t bytes) noexcept {
#if defined(_WIN32)
  return _aligned_malloc(static_cast<size_t>(bytes), 64);
#else
  const bool large = bytes >= 2 * kHuge;
  void* block = nullptr;
  if (posix_memalign(&block, large ? kHuge : 64, static_cast<size_t>(bytes)) != 0) return nullptr;
#if defined(__linux__)
  if (large) madvise(block, static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
  return block;
#endif
}

void to_system(void* block) noexcept {
#if defined(_WIN32)
  _aligned_free(block);
#else
  std::free(block);
#endif
}

}  // namespace

// Large blocks between two uses: the system would take them back and give them out again page by page, zeroed, which
// costs more than many kernels. They are not counted as used, and are given back first when memory runs short, and
// where they do not fit and new ones would take more than was ever used at once.
class Kept {
 public:
  ~Kept() { drop(); }
  // A block of at least `bytes` and not much more; null where none is kept. `bytes` becomes its size.
  void* take(int64_t& bytes) noexcept;
  // Keeps a block that `allocate` gave; false where it is not worth it.
  bool keep(void* block, int64_t bytes) noexcept;
  void drop() noexcept { shrink(0); }
  // Gives the oldest back until no more than `most` bytes are kept.
  void shrink(int64_t most) noexcept;
  int64_t bytes() const { return total_.load(); }

 private:
  struct Place {
    void* data;
    int64_t bytes;
  };
  // There is one, and the lock is held.
  void free_oldest() noexcept;
  static constexpr int kPlaces = 16;
  std::mutex lock_;
  Place places_[kPlaces] = {};
  std::atomic<int64_t> total_{0};
};

void* Kept::take(int64_t& bytes) noexcept {
  if (bytes < kHuge / 4) return nullptr;
  std::lock_guard<std::mutex> hold(lock_);
  Place* best = nullptr;
  for (auto& place : places_) {
    const bool fits = place.data && place.bytes >= bytes && place.bytes <= bytes + bytes / 4;
    if (fits && (!best || place.bytes < best->bytes)) best = &place;
  }
  if (!best) return nullptr;
  void* data = best->data;
  bytes = best->bytes;
  total_ -= bytes;
  best->data = nullptr;
  return data;
}

bool Kept::keep(void* block, int64_t bytes) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  return false;  // so that a use after the end is seen
#endif
  if (bytes < kHuge / 4 || bytes > kKeptBytes / 2) return false;
  std::lock_guard<std::mutex> hold(lock_);
  // The oldest of them make room.
  while (places_[kPlaces - 1].data || total_.load() + bytes > kKeptBytes) free_oldest();
  Place carried{block, bytes};
  for (auto& place : places_) {
    std::swap(carried, place);
    if (!carried.data) break;
  }
  total_ += bytes;
  return true;
}

void Kept::shrink(int64_t most) noexcept {
  std::lock_guard<std::mutex> hold(lock_);
  while (total_.load() > std::max<int64_t>(most, 0)) free_oldest();
}

void Kept::free_oldest() noexcept {
  int last = kPlaces - 1;
  while (!places_[last].data) last--;
  to_system(places_[last].data);
  total_ -= places_[last].bytes;
  places_[last].data = nullptr;
}

void* allocate(sc_ctx& ctx, int64_t& bytes) noexcept {
  if (void* block = ctx.kept->take(bytes)) return block;
  // What is kept counts against the limit as well, but never stands in the way.
  if (ctx.limit > 0 && ctx.used.load() + ctx.kept->bytes() > ctx.limit) ctx.kept->drop();
  // `bytes` are counted as used already.
  if (bytes >= kHuge / 4) ctx.kept->shrink(ctx.peak.load() - ctx.used.load() + kSpare);
  void* block = from_system(bytes);
  if (block) return block;
  ctx.kept->drop();
  return from_system(bytes);
}

void release(sc_ctx& ctx, void* block, int64_t bytes) noexcept {
  if (block && !ctx.kept->keep(block, bytes)) to_system(block);
}

Block::Block(sc_ctx& ctx, int64_t bytes, const char* what) : ctx_(ctx), bytes_((bytes + 127) / 64 * 64) {
  ctx.take(bytes_, what);
  data_ = allocate(ctx, room_ = bytes_);
  if (!data_) {
    ctx.give(bytes_);
    throw std::bad_alloc();
  }
}

Block::~Block() {
  release(ctx_, data_, room_);
  ctx_.give(bytes_);
}

Isa best_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  // The operating system's support for the wide registers is part of what these builtins check.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw")) {
    return kAvx512;
  }
#if defined(SC_WIDE_EMULATION)
  // A test build: its 16-lane objects hold AVX2 instructions.
  constexpr Isa with_avx2 = kAvx512;
#else
  constexpr Isa with_avx2 = kAvx2;
#endif
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return with_avx2;
#endif
  return kBaseline;
}

void look_again(int tries) noexcept {
  if (tries < 400) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  } else if (tries < 500) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

struct Pool::State {
  bool crowded = false;  // more threads than processors
  std::vector<std::thread> workers;
  std::mutex lock;
  std::condition_variable wake, done;
  const View<void(int64_t, int32_t)>* work = nullptr;
  int64_t jobs = 0;
  std::atomic<int64_t> next{0};
  // Written under the lock, looked at without it.
  std::atomic<int32_t> running{0};
  std::atomic<uint64_t> round{0};
  std::atomic<bool> stop{false};
  std::exception_ptr error;

  void work_off(int32_t worker);
  void loop(int32_t worker);
};

Pool::Pool(int32_t threads) : state_(new State) {
  const auto processors = static_cast<int32_t>(std::thread::hardware_concurrency());
  if (threads <= 0) threads = processors;
  if (threads < 1) threads = 1;
  if (threads > 256) threads = 256;
  threads_ = threads;
  state_->crowded = threads > processors;
  for (int32_t w = 1; w < threads; w++) state_->workers.emplace_back([this, w] { state_->loop(w); });
}

Pool::~Pool() {
  {
    std::lock_guard<std::mutex> hold(state_->lock);
    state_->stop = true;
  }
  state_->wake.notify_all();
  for (auto& worker : state_->workers) worker.join();
  delete state_;
}

void Pool::State::work_off(int32_t worker) {
  for (int64_t job; (job = next.fetch_add(1)) < jobs;) {
    try {
      (*work)(job, worker);
    } catch (...) {
      std::lock_guard<std::mutex> hold(lock);
      if (!error) error = std::current_exception();
      next.store(jobs);
    }
  }
}

namespace {

// Some microseconds of looking before a thread sleeps: to be woken takes longer than many calls last. Where there are
// more threads than processors, the one looked for may wait for this one, so each look gives way.
template <class Ready>
void look(bool crowded, Ready&& ready) {
  for (int n = 0; n < (crowded ? 20 : 2000) && !ready(); n++) {
    if (crowded) {
      std::this_thread::yield();
      continue;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
  }
}

}  // namespace

void Pool::State::loop(int32_t worker) {
  uint64_t seen = 0;
  while (true) {
    look(crowded, [&] { return stop || round != seen; });
    {
      std::unique_lock<std::mutex> hold(lock);
      wake.wait(hold, [&] { return stop || round != seen; });
      if (stop) return;
      seen = round;
    }
    work_off(worker);
    std::lock_guard<std::mutex> hold(lock);
    if (--running == 0) done.notify_one();
  }
}

void Pool::run(int64_t jobs, View<void(int64_t, int32_t)> work) {
  if (jobs <= 0) return;
  State& s = *state_;
  if (jobs == 1 || s.workers.empty()) {
    for (int64_t job = 0; job < jobs; job++) work(job, 0);
    return;
  }
  {
    std::lock_guard<std::mutex> hold(s.lock);
    s.work = &work;
    s.jobs = jobs;
    s.next.store(0);
    s.error = nullptr;
    s.running = static_cast<int32_t>(s.workers.size());
    s.round++;
  }
  s.wake.notify_all();
  s.work_off(0);
  look(s.crowded, [&] { return s.running == 0; });
  std::unique_lock<std::mutex> hold(s.lock);
  s.done.wait(hold, [&] { return s.running == 0; });
  s.work = nullptr;
  if (s.error) std::rethrow_exception(s.error);
}

namespace {

constexpr int64_t kGuard = 64;  // bytes on each side; also the alignment of the data
constexpr unsigned char kGuardByte = 0xA5;

void let_go(sc_ctx* ctx) {
  if (ctx->holders.fetch_sub(1) == 1) delete ctx;
}

bool guards_hold(const sc_tensor* t) {
  const auto* before = reinterpret_cast<const unsigned char*>(t->block);
  const auto* after = reinterpret_cast<const unsigned char*>(t->data) + t->count * 4;
  for (int64_t i = 0; i < kGuard; i++) {
    if (before[i] != kGuardByte || after[i] != kGuardByte) return false;
  }
  return true;
}

}  // namespace
}  // namespace sc

using namespace sc;

sc_ctx::sc_ctx(int32_t threads) : kept(new Kept), pool(threads), isa(best_isa()) {}
sc_ctx::~sc_ctx() { delete kept; }

extern "C" {

int32_t sc_abi(void) { return SC_ABI; }

#if defined(SC_ONLY)
// A library for one instruction set, built on first use: it may have been carried to another machine.
static bool can_run() { return best_isa() >= SC_ONLY; }
#else
static bool can_run() { return true; }
#endif

int32_t sc_score(void) { return can_run() ? 10 * best_isa() : 0; }

int32_t sc_describe(char* text, int32_t size) {
  const char* names[] = {"", "baseline", "AVX2", "AVX-512"};
  if (!can_run()) return put_text("this library was built for another processor; run: deno task build:ffi", text, size);
  return put_text(format("CPU, %s", names[best_isa()]).line, text, size);
}

sc_ctx* sc_ctx_new(int32_t threads, double memory, int32_t flags) {
  try {
    auto* ctx = new sc_ctx(threads);
    ctx->limit = memory > 0 && memory < 9e18 ? static_cast<int64_t>(memory) : 0;
    ctx->flags = flags;
    int32_t cap = (flags >> 4) & 3;
    if (cap && cap < ctx->isa) ctx->isa = static_cast<Isa>(cap);
    return ctx;
  } catch (...) {
    return nullptr;
  }
}

void sc_ctx_free(sc_ctx* ctx) {
  if (ctx) let_go(ctx);
}

int32_t sc_error(sc_ctx* ctx, char* text, int32_t size) {
  if (!ctx) return put_text("no context", text, size);
  return ctx->failure(text, size);
}

int32_t sc_live(sc_ctx* ctx) { return ctx ? static_cast<int32_t>(ctx->live.load()) : 0; }
double sc_memory_used(sc_ctx* ctx) { return ctx ? static_cast<double>(ctx->used.load()) : 0; }
double sc_memory_peak(sc_ctx* ctx) { return ctx ? static_cast<double>(ctx->peak.load()) : 0; }
int32_t sc_threads(sc_ctx* ctx) { return ctx ? ctx->pool.threads() : 0; }

sc_tensor* sc_tensor_new(sc_ctx* ctx, int32_t dtype, int32_t rank, const int32_t* shape) {
  if (!ctx) return nullptr;
  sc_tensor* t = nullptr;
  try {
    need(dtype == kFloat || dtype == kInt, "sc_tensor_new: dtype must be 0 (float32) or 1 (int32)");
    need(rank >= 0 && rank <= kMaxRank, "sc_tensor_new: rank must be 0..10");
    need(rank == 0 || shape, "sc_tensor_new: shape is null");
    t = new sc_tensor{};
    t->ctx = ctx;
    t->dtype = dtype;
    t->rank = rank;
    double count = 1;
    for (int32_t a = 0; a < rank; a++) {
      need(shape[a] >= 0, "sc_tensor_new: a size is negative");
      t->shape[a] = shape[a];
      count *= shape[a];
    }
    need(count < 2e12, "sc_tensor_new: more than 2e12 elements");
    t->count = static_cast<int64_t>(count);
    t->bytes = t->count * 4 + 2 * kGuard;
    ctx->take(t->bytes, "a tensor");
    t->block = static_cast<char*>(allocate(*ctx, t->room = t->bytes));
    if (!t->block) {
      ctx->give(t->bytes);
      throw Failure(format("the system gives no %.1f MB", t->bytes / 1e6));
    }
    t->data = t->block + kGuard;
    std::memset(t->block, kGuardByte, kGuard);
    std::memset(t->data + t->count * 4, kGuardByte, kGuard);
    if (ctx->flags & 1) std::memset(t->data, 0xFF, t->count * 4);
    ctx->live.fetch_add(1);
    ctx->holders.fetch_add(1);
    return t;
  } catch (const std::exception& e) {
    ctx->fail(e.what());
  } catch (...) {
    ctx->fail("sc_tensor_new: unknown failure");
  }
  delete t;
  return nullptr;
}

void sc_tensor_free(sc_tensor* t) {
  if (!t) return;
  sc_ctx* ctx = t->ctx;
  ctx->ended.load();  // see Turn
  release(*ctx, t->block, t->room);
  ctx->give(t->bytes);
  ctx->live.fetch_sub(1);
  delete t;
  let_go(ctx);
}

int32_t sc_tensor_write(sc_ctx* ctx, sc_tensor* t, const void* source, double count) {
  return border(ctx, "sc_tensor_write", [&] {
    need(t && t->ctx == ctx, "no tensor of this context");
    need(count == static_cast<double>(t->count), "count differs from the tensor's");
    need(source || t->count == 0, "source is null");
    if (t->count) std::memcpy(t->data, source, t->count * 4);
  });
}

int32_t sc_tensor_read(sc_ctx* ctx, sc_tensor* t, double first, double count, void* target) {
  return border(ctx, "sc_tensor_read", [&] {
    need(t && t->ctx == ctx, "no tensor of this context");
    need(first >= 0 && count >= 0 && first + count <= static_cast<double>(t->count), "range outside the tensor");
    need(target || count == 0, "target is null");
    if (count > 0) std::memcpy(target, t->data + static_cast<int64_t>(first) * 4, static_cast<int64_t>(count) * 4);
  });
}

int32_t sc_tensor_reshape(sc_ctx* ctx, sc_tensor* t, int32_t rank, const int32_t* shape) {
  return border(ctx, "sc_tensor_reshape", [&] { reshape(ctx, t, rank, shape); });
}

int32_t sc_tensor_check(sc_ctx* ctx, sc_tensor* t) {
  return border(ctx, "sc_tensor_check", [&] {
    need(t && t->ctx == ctx, "no tensor of this context");
    need(guards_hold(t), "an operation wrote outside a tensor");
  });
}
}
