// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory of this process as it was: in a fork that does nothing but tell.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_MEMORY_TWIN_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_MEMORY_TWIN_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <sys/types.h>

namespace tl::rt {

/// Costs a copy of the page tables and no copy of memory. The child is no child that wait() of
/// other code would find. Not thread-safe.
class memory_twin {
public:
  memory_twin() = default;
  ~memory_twin() { end(); }
  memory_twin(const memory_twin &) = delete;
  memory_twin &operator=(const memory_twin &) = delete;

  /// Nothing is remembered any more.
  void end();

  /// Memory is remembered as it is now. False: the system does not allow it.
  bool begin();

  /// Most bytes of one read().
  static constexpr std::size_t most = std::size_t(1) << 20;

  /// What [address, address + bytes) held, which must have been readable; valid until the next
  /// call. Null: the child is gone.
  const std::byte *read(std::uintptr_t address, std::size_t bytes);

private:
  struct channel;

  channel *channel_ = nullptr;
  pid_t child_ = -1;
};

/// Calls visit(begin, end) for all pages of a private mapping that may have been written since the
/// last fork of this process, both of whose sides still live: those that are mapped nowhere else.
/// All of them where the kernel does not tell.
class written_pages {
public:
  written_pages();
  ~written_pages();
  written_pages(const written_pages &) = delete;
  written_pages &operator=(const written_pages &) = delete;

  /// As where the kernel does not tell.
  void distrust();

  void for_each(std::uintptr_t begin, std::uintptr_t end,
                const std::function<void(std::uintptr_t, std::uintptr_t)> &visit) const;

private:
  void look_at(std::uintptr_t begin, std::uintptr_t end,
               const std::function<void(std::uintptr_t, std::uintptr_t)> &visit) const;

  int file_ = -1;
};

} // namespace tl::rt

#endif
