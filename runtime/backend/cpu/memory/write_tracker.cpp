// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/write_tracker.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

/// Blocks per area: each may become a mapping of its own for the kernel, of which a process may
/// have 65530.
static constexpr std::size_t most_blocks = 4096;

static std::uintptr_t round_up(std::uintptr_t value, std::uintptr_t to) {
  return (value + to - 1) / to * to;
}

using block_allocator = page_allocator<std::atomic<std::uint8_t>>;
using counter_allocator = page_allocator<std::atomic<std::uint32_t>>;

write_tracker::~write_tracker() {
  for (const area &in : areas_) {
    if (in.protected_end > in.protected_begin)
      ::mprotect(reinterpret_cast<void *>(in.protected_begin),
                 in.protected_end - in.protected_begin, PROT_READ | PROT_WRITE);
    if (in.copy)
      ::munmap(in.copy, in.end - in.begin);
    if (in.blocks)
      block_allocator().deallocate(in.blocks, in.block_count);
  }
  if (repeated_)
    counter_allocator().deallocate(repeated_, 1);
}

void write_tracker::watch(std::uintptr_t begin, std::uintptr_t end) {
  area &added = areas_.emplace_back();
  added.begin = begin;
  added.end = end;
}

bool write_tracker::area::is_touched(std::uintptr_t address) const {
  if (address < protected_begin || address >= protected_end)
    return true;
  return blocks[block_of(address)].load(std::memory_order_acquire) == touched;
}

std::uintptr_t write_tracker::area::run_end(std::uintptr_t address) const {
  if (address < protected_begin)
    return protected_begin;
  if (address >= protected_end)
    return end;
  return std::min(protected_begin + (block_of(address) + 1) * block_bytes, protected_end);
}

status write_tracker::arm(area &in) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t bytes = in.end - in.begin;
  void *copy = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (copy == MAP_FAILED)
    return status::io_error("no memory to keep the inputs in: " +
                            std::string(std::strerror(errno)));
  in.copy = static_cast<std::byte *>(copy);
  in.protected_begin = in.protected_end = in.end;
  if (bytes >= threshold_ && round_up(in.begin, page) < in.end / page * page) {
    in.protected_begin = round_up(in.begin, page);
    in.protected_end = in.end / page * page;
    const std::size_t inner = in.protected_end - in.protected_begin;
    in.block_bytes = round_up(std::max<std::size_t>(inner / most_blocks, page), page);
    in.block_count = inner / in.block_bytes + 1;
    in.blocks = block_allocator().allocate(in.block_count); // zeros: all clean
  }
  std::memcpy(in.copy, reinterpret_cast<const void *>(in.begin), in.protected_begin - in.begin);
  std::memcpy(in.copy + (in.protected_end - in.begin),
              reinterpret_cast<const void *>(in.protected_end), in.end - in.protected_end);
  return status::ok();
}

status write_tracker::arm() {
  std::sort(areas_.begin(), areas_.end(),
            [](const area &a, const area &b) { return a.begin < b.begin; });
  if (!repeated_)
    repeated_ = counter_allocator().allocate(1);
  for (area &in : areas_)
    if (status armed = arm(in); !armed)
      return armed;
  // Last: from here on a write needs on_fault().
  for (area &in : areas_) {
    const std::size_t bytes = in.protected_end - in.protected_begin;
    if (bytes > 0 &&
        ::mprotect(reinterpret_cast<void *>(in.protected_begin), bytes, PROT_READ) != 0)
      return status::io_error("cannot protect the inputs: " + std::string(std::strerror(errno)));
  }
  return status::ok();
}

const write_tracker::area *write_tracker::find(std::uintptr_t address) const noexcept {
  for (const area &in : areas_)
    if (address >= in.begin && address < in.end)
      return &in;
  return nullptr;
}

// Without memcpy(), which ThreadSanitizer looks into: that other threads write to the block only
// after it was unprotected is an order that it cannot know of.
#if defined(__clang__) || defined(__GNUC__)
__attribute__((no_sanitize("thread")))
#endif
static void copy_quietly(std::byte *to, const std::byte *from, std::size_t bytes) noexcept {
#if defined(__x86_64__)
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
#else
  for (std::size_t i = 0; i < bytes; ++i)
    static_cast<volatile std::byte *>(to)[i] = static_cast<const volatile std::byte *>(from)[i];
#endif
}

// Whether the block is writable and copied afterwards. Safe in a signal handler and from any
// thread.
bool write_tracker::save_block(const area &in, std::size_t block) noexcept {
  std::atomic<std::uint8_t> &state = in.blocks[block];
  std::uint8_t expected = clean;
  if (state.compare_exchange_strong(expected, busy, std::memory_order_acquire)) {
    const std::uintptr_t begin = in.protected_begin + block * in.block_bytes;
    const std::size_t bytes = std::min(in.block_bytes, in.protected_end - begin);
    copy_quietly(in.copy + (begin - in.begin), reinterpret_cast<const std::byte *>(begin), bytes);
    if (::mprotect(reinterpret_cast<void *>(begin), bytes, PROT_READ | PROT_WRITE) != 0) {
      state.store(clean, std::memory_order_release);
      return false;
    }
    state.store(touched, std::memory_order_release);
    repeated_->store(0, std::memory_order_relaxed);
    return true;
  }
  // Another thread is at it, or was a moment ago.
  while (state.load(std::memory_order_acquire) == busy) {
  }
  return true;
}

bool write_tracker::on_fault(std::uintptr_t address) noexcept {
  const area *in = find(address);
  if (!in || address < in->protected_begin || address >= in->protected_end)
    return false;
  // Threads that fault on one block at once may come here after it was unprotected; one that comes
  // again and again faults for another reason.
  if (in->blocks[in->block_of(address)].load(std::memory_order_acquire) == touched &&
      repeated_->fetch_add(1, std::memory_order_relaxed) > 10000)
    return false;
  return save_block(*in, in->block_of(address));
}

void write_tracker::touch(std::uintptr_t begin, std::uintptr_t end) {
  for (const area &in : areas_) {
    const std::uintptr_t first = std::max(begin, in.protected_begin),
                         last = std::min(end, in.protected_end);
    for (std::uintptr_t at = first; at < last; at = in.run_end(at))
      if (!in.is_touched(at))
        save_block(in, in.block_of(at));
  }
}

const std::byte *write_tracker::pristine(std::uintptr_t address) const {
  const area *in = find(address);
  return in ? in->copy + (address - in->begin) : nullptr;
}

void write_tracker::for_each_touched(
    std::uintptr_t begin, std::uintptr_t end,
    const std::function<void(std::uintptr_t, std::uintptr_t)> &visit) const {
  for (const area &in : areas_) {
    const std::uintptr_t last = std::min(end, in.end);
    for (std::uintptr_t at = std::max(begin, in.begin); at < last;) {
      std::uintptr_t run = at;
      while (run < last && in.is_touched(run))
        run = std::min(in.run_end(run), last);
      if (run > at)
        visit(at, run);
      at = run > at ? run : std::min(in.run_end(at), last);
    }
  }
}

void write_tracker::restore(std::uintptr_t begin, std::uintptr_t end) const {
  for_each_touched(begin, end, [this](std::uintptr_t first, std::uintptr_t last) {
    std::memcpy(reinterpret_cast<void *>(first), pristine(first), last - first);
  });
}

void write_tracker::rebase(std::uintptr_t begin, std::uintptr_t end) {
  for_each_touched(begin, end, [this](std::uintptr_t first, std::uintptr_t last) {
    std::memcpy(const_cast<std::byte *>(pristine(first)), reinterpret_cast<const void *>(first),
                last - first);
  });
}

} // namespace tl::rt
