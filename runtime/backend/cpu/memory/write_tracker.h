// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Knows which memory was written since it was armed, and what it held before.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_WRITE_TRACKER_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_WRITE_TRACKER_H

#include "runtime/backend/cpu/memory/sealed_vector.h"
#include "runtime/support/status.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace tl::rt {

/// Small areas are copied when armed. Of large ones the whole pages are write-protected instead,
/// and a block of pages is copied when something is first written there: on_fault() does it, called
/// by the handler of SIGSEGV, from any thread. A block once copied stays writable, so that timed
/// runs, which write where the checked run has written, take no faults.
///
/// Not thread-safe but for on_fault(). Give it a process of its own, or areas small enough to be
/// copied: a system call that is asked to write to a protected page fails with EFAULT.
class write_tracker {
public:
  write_tracker() = default;
  ~write_tracker();
  write_tracker(const write_tracker &) = delete;
  write_tracker &operator=(const write_tracker &) = delete;

  /// Areas from this size on are protected rather than copied [bytes].
  void set_protection_threshold(std::size_t bytes) { threshold_ = bytes; }

  /// Adds an area, before arm(). Areas must not overlap.
  void watch(std::uintptr_t begin, std::uintptr_t end);

  /// Begins. The memory must be readable, and mapped privately.
  status arm();

  /// Whether a fault at this address was the first write to a tracked block; then it may be
  /// repeated.
  bool on_fault(std::uintptr_t address) noexcept;

  /// Makes a range writable (and copies it first), so that writing to it takes no faults.
  void touch(std::uintptr_t begin, std::uintptr_t end);

  /// What the address held when armed. Valid for addresses within touched ranges only, and
  /// contiguous to the end of such a range.
  const std::byte *pristine(std::uintptr_t address) const;

  /// Calls visit(begin, end) for each touched range inside [begin, end), in order. What was not
  /// touched is as it was.
  void for_each_touched(std::uintptr_t begin, std::uintptr_t end,
                        const std::function<void(std::uintptr_t, std::uintptr_t)> &visit) const;

  /// Puts back what a range held.
  void restore(std::uintptr_t begin, std::uintptr_t end) const;

  /// Takes what a range holds now for what it held when armed.
  void rebase(std::uintptr_t begin, std::uintptr_t end);

private:
  enum block_state : std::uint8_t { clean = 0, busy = 1, touched = 2 };

  struct area {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::uintptr_t protected_begin = 0; ///< whole blocks are protected from here ...
    std::uintptr_t protected_end = 0;   ///< ... to here; the rest is copied when armed
    std::size_t block_bytes = 0;
    std::byte *copy = nullptr;                   ///< as large as the area; filled where touched
    std::atomic<std::uint8_t> *blocks = nullptr; ///< in pages of their own
    std::size_t block_count = 0;

    std::size_t block_of(std::uintptr_t address) const {
      return (address - protected_begin) / block_bytes;
    }
    bool is_touched(std::uintptr_t address) const;
    std::uintptr_t run_end(std::uintptr_t address) const; ///< where is_touched() may next change
  };

  const area *find(std::uintptr_t address) const noexcept;
  bool save_block(const area &in, std::size_t block) noexcept;
  status arm(area &in);

  /// In pages of their own, and so are the states of blocks: on_fault() must not fault, and other
  /// memory may be among what is protected.
  sealed_vector<area> areas_;
  std::size_t threshold_ = std::size_t(1) << 20;
  /// Faults in blocks that should not fault any more.
  std::atomic<std::uint32_t> *repeated_ = nullptr;
};

} // namespace tl::rt

#endif
