// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Problems that a thread of this process is finding a variant for. Whoever comes meanwhile waits
// for what it finds, however long that takes: all threads of a team run the same variant.

#ifndef TL_RUNTIME_TUNER_FLIGHT_H
#define TL_RUNTIME_TUNER_FLIGHT_H

#include <tl/abi.h>

#include <cstdint>
#include <memory>
#include <span>

namespace tl::rt {

/// One thread's turn at one problem. Movable; the turn ends with the object.
class flight {
public:
  /// Waits until no other thread is at this problem. In a forked child there is none. Thread-safe.
  static flight begin(const tl_dispatch_slot &slot, std::span<const std::uint64_t> key);

  /// False: this very thread is at it already, and waiting for itself would never end (a factory
  /// that is called by its own reference, supply or key function); or whoever is at it does not get
  /// on.
  bool ours() const { return turn_ != nullptr; }
  /// Whether another thread was at it before.
  bool waited() const { return waited_; }

private:
  std::shared_ptr<const void> abandoned_; ///< ends the turn of a call that was jumped out of
  std::shared_ptr<void> turn_;
  bool waited_ = false;
};

} // namespace tl::rt

#endif
