// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The time that measuring goes by. A session asks a clock, never the system, so that a replay of
// recorded runs and the tests go through the very code that ships, without sleeping.

#ifndef TL_RUNTIME_MEASURE_CLOCK_H
#define TL_RUNTIME_MEASURE_CLOCK_H

#include "runtime/support/thread_guard.h"

#include <chrono>
#include <cstdint>

namespace tl::rt::measure {

/// Monotonic time. Implementations are used by one thread at a time unless they say otherwise.
class clock {
public:
  virtual ~clock() = default;
  /// Time since an origin of the clock's own choice [ns].
  virtual std::int64_t now_ns() = 0;
  /// Waits for at least `ns` [ns].
  virtual void sleep_ns(std::int64_t ns) = 0;
};

/// The system's monotonic clock. Thread-safe.
class steady_clock final : public clock {
public:
  std::int64_t now_ns() override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void sleep_ns(std::int64_t ns) override {
    const std::int64_t end = now_ns() + ns;
    for (std::int64_t left = ns; left > 0; left = end - now_ns())
      interruptible_sleep(std::chrono::nanoseconds(left));
  }
};

/// A clock that stands still until it is told to move.
class virtual_clock final : public clock {
public:
  std::int64_t now_ns() override { return now_; }
  void sleep_ns(std::int64_t ns) override { advance_ns(ns); }
  void advance_ns(std::int64_t ns) { now_ += ns; }

private:
  std::int64_t now_ = 0;
};

} // namespace tl::rt::measure

#endif
