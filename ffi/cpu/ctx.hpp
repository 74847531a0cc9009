// The CPU library's context: a thread pool of its own, counted scratch memory, the chosen instruction set.
#pragma once

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
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  void run(int64_t jobs, View<void(int64_t job, int32_t worker)> work);
  int32_t threads() const { return threads_; }

 private:
  struct State;
  State* state_;
  int32_t threads_;
};

// What a thread does between two looks at something that others work on: at first next to nothing, later it gives way,
// at last it sleeps for some microseconds. Spinning on would keep the others off where the machine is busy.
void look_again(int tries) noexcept;

class Kept;

}  // namespace sc

struct sc_ctx : sc::Base {
  sc::Kept* const kept;
  sc::Pool pool;
  sc::Isa isa;
  explicit sc_ctx(int32_t threads);
  ~sc_ctx();
};

namespace sc {

// 64-byte aligned memory of at least `bytes`, which becomes the size to give to `release`; large blocks ask for huge
// pages. Null where the system has none.
void* allocate(sc_ctx& ctx, int64_t& bytes) noexcept;
void release(sc_ctx& ctx, void* block, int64_t bytes) noexcept;

// 64-byte aligned memory, counted against the context's limit, not initialised, with at least 64 bytes behind it.
class Block {
 public:
  Block(sc_ctx& ctx, int64_t bytes, const char* what);
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

 protected:
  void* data_;

 private:
  sc_ctx& ctx_;
  int64_t bytes_, room_;
};

template <class T>
class Scratch : Block {
 public:
  Scratch(sc_ctx& ctx, int64_t count, const char* what) : Block(ctx, count * sizeof(T), what) {}
  T* get() { return static_cast<T*>(data_); }
  T& operator[](int64_t i) { return get()[i]; }
};

}  // namespace sc
