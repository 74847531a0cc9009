// The CPU library's context: a thread pool of its own, counted scratch memory, the chosen instruction set.
#pragma once

#include <condition_variable>
#include <functional>
#include <thread>
#include <vector>

#include "../common/handle.hpp"

namespace sc {

enum Isa : int32_t { kBaseline = 1, kAvx2 = 2, kAvx512 = 3 };
Isa best_isa();

// run() hands out job numbers 0..jobs-1; the caller works too; the first exception of a job is thrown by run() after all
// jobs have ended. Between calls the workers look for the next one for a moment, as an operation is several calls in a
// row, and then sleep.
class Pool {
 public:
  explicit Pool(int32_t threads);
  ~Pool();
  void run(int64_t jobs, const std::function<void(int64_t job, int32_t worker)>& work);
  int32_t threads() const { return static_cast<int32_t>(workers_.size()) + 1; }

 private:
  void loop(int32_t worker);
  void work_off(int32_t worker);
  bool crowded_ = false;  // more threads than processors
  std::vector<std::thread> workers_;
  std::mutex lock_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t, int32_t)>* work_ = nullptr;
  int64_t jobs_ = 0;
  std::atomic<int64_t> next_{0};
  // Written under the lock, looked at without it.
  std::atomic<int32_t> running_{0};
  std::atomic<uint64_t> round_{0};
  std::atomic<bool> stop_{false};
  std::exception_ptr error_;
};

}  // namespace sc

namespace sc {

// Large blocks between two uses: the system would take them back and give them out again page by page, zeroed, which
// costs more than many kernels. They are not counted as used, and are given back first when memory runs short.
class Kept {
 public:
  ~Kept() { drop(); }
  // A block of at least `bytes` and not much more; null where none is kept. `bytes` becomes its size.
  void* take(int64_t& bytes) noexcept;
  // Keeps a block that `allocate` gave; false where it is not worth it.
  bool keep(void* block, int64_t bytes) noexcept;
  void drop() noexcept;
  int64_t bytes() const { return total_.load(); }

 private:
  struct Block {
    void* data;
    int64_t bytes;
  };
  static constexpr int kBlocks = 16;
  std::mutex lock_;
  Block blocks_[kBlocks] = {};
  std::atomic<int64_t> total_{0};
};

}  // namespace sc

struct sc_ctx : sc::Base {
  sc::Kept kept;
  sc::Pool pool;
  sc::Isa isa;
  explicit sc_ctx(int32_t threads) : pool(threads), isa(sc::best_isa()) {}
};

namespace sc {

// 64-byte aligned memory of at least `bytes`, which becomes the size to give to `release`; large blocks ask for huge
// pages. Null where the system has none.
void* allocate(sc_ctx& ctx, int64_t& bytes) noexcept;
void release(sc_ctx& ctx, void* block, int64_t bytes) noexcept;

// 64-byte aligned memory, counted against the context's limit, not initialised.
template <class T>
class Scratch {
 public:
  Scratch(sc_ctx& ctx, int64_t count, const char* what) : ctx_(ctx), bytes_((count * sizeof(T) + 127) / 64 * 64) {
    ctx.take(bytes_, what);
    data_ = static_cast<T*>(allocate(ctx, room_ = bytes_));
    if (!data_) {
      ctx.give(bytes_);
      throw std::bad_alloc();
    }
  }
  ~Scratch() {
    release(ctx_, data_, room_);
    ctx_.give(bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* get() { return data_; }
  T& operator[](int64_t i) { return data_[i]; }

 private:
  sc_ctx& ctx_;
  int64_t bytes_, room_;
  T* data_;
};

}  // namespace sc
