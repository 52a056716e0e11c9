// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of the whole process that are made when they are first asked for.

#ifndef TL_RUNTIME_SUPPORT_MADE_ONCE_H
#define TL_RUNTIME_SUPPORT_MADE_ONCE_H

#include <atomic>
#include <memory>
#include <utility>

namespace tl::rt {

/// What a static local is otherwise, with two differences. A fork while one thread makes the value
/// leaves the child free to make it: a static local would have it wait for that thread for ever.
/// And the value is never destroyed: it is in use until the last thread is gone. Two threads that
/// ask at once may both make it; one of the two is kept. To be declared `static constinit`.
template <class T> class made_once {
public:
  constexpr made_once() = default;

  /// `make` returns a std::unique_ptr<T>.
  template <class Make> T &get(Make &&make) {
    if (T *const known = value_.load(std::memory_order_acquire))
      return *known;
    std::unique_ptr<T> fresh = std::forward<Make>(make)();
    T *expected = nullptr;
    if (value_.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel))
      return *fresh.release();
    return *expected;
  }
  T &get() {
    return get([] { return std::make_unique<T>(); });
  }

private:
  std::atomic<T *> value_{nullptr};
};

} // namespace tl::rt

#endif
