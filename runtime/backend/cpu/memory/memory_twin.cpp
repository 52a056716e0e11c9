// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/memory_twin.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/ioctl.h>
#include <new>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tl::rt {

/// Memory that both processes see, and whose turn it is.
struct memory_twin::channel {
  std::atomic<std::uint32_t> asked; ///< 1: the child is to copy, 0: it has, 2: it is to end
  std::uintptr_t address;
  std::size_t bytes;
  std::byte data[most];
};

static void wait_while(std::atomic<std::uint32_t> &word, std::uint32_t value,
                       const timespec *limit) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, limit, nullptr, 0);
}

static void wake(std::atomic<std::uint32_t> &word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// Of other threads only this one is left, and locks may be held: nothing but system calls.
[[noreturn]] static void answer(std::atomic<std::uint32_t> &asked, const std::uintptr_t &address,
                                const std::size_t &bytes, std::byte *data) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    while (asked.load(std::memory_order_acquire) == 0)
      wait_while(asked, 0, nullptr);
    if (asked.load() == 2)
      ::syscall(SYS_exit_group, 0);
    const auto *from = reinterpret_cast<const volatile std::uint64_t *>(address);
    auto *to = reinterpret_cast<std::uint64_t *>(data);
    for (std::size_t i = 0; i < bytes / sizeof *to; ++i)
      to[i] = from[i];
    asked.store(0, std::memory_order_release);
    wake(asked);
  }
}

bool memory_twin::begin() {
  void *memory =
      ::mmap(nullptr, sizeof(channel), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return false;
  channel_ = new (memory) channel;
  channel_->asked.store(0);
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  // Without a signal for the parent, and without what libc does at a fork.
  const long child = ::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr);
  if (child == 0)
    answer(channel_->asked, channel_->address, channel_->bytes, channel_->data);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  child_ = static_cast<pid_t>(child);
  return child > 0;
}

void memory_twin::end() {
  if (child_ > 0) {
    // By word first: a sandbox may refuse kill().
    channel_->asked.store(2);
    wake(channel_->asked);
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
  }
  child_ = -1;
  if (channel_)
    ::munmap(static_cast<void *>(channel_), sizeof(channel));
  channel_ = nullptr;
}

const std::byte *memory_twin::read(std::uintptr_t address, std::size_t bytes) {
  if (child_ <= 0 || bytes > most)
    return nullptr;
  channel_->address = address;
  channel_->bytes = bytes;
  channel_->asked.store(1, std::memory_order_release);
  wake(channel_->asked);
  const timespec moment{0, 100000000};
  while (channel_->asked.load(std::memory_order_acquire) == 1) {
    wait_while(channel_->asked, 1, &moment);
    if (channel_->asked.load() == 1 && ::waitpid(child_, nullptr, WNOHANG | __WALL) == child_) {
      child_ = -1;
      return nullptr;
    }
  }
  return channel_->data;
}

static constexpr std::uintptr_t page = 4096;

written_pages::written_pages() : file_(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}

written_pages::~written_pages() { distrust(); }

void written_pages::distrust() {
  if (file_ >= 0)
    ::close(file_);
  file_ = -1;
}

namespace {

/// Arguments of the kernel's PAGEMAP_SCAN (since 6.7), which the headers of older ones lack.
struct scan_arguments {
  std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted,
      category_mask, category_anyof_mask, return_mask;
};
struct scan_region {
  std::uint64_t start, end, categories;
};

} // namespace

// Of mappings that are addresses for the most part, the pages that are there, without a look at
// each one that is not.
void written_pages::for_each(
    std::uintptr_t begin, std::uintptr_t end,
    const std::function<void(std::uintptr_t, std::uintptr_t)> &visit) const {
  constexpr std::uintptr_t large = std::uintptr_t(1) << 30;
  constexpr std::uint64_t present_or_swapped = (1 << 3) | (1 << 4); // PAGE_IS_PRESENT, _SWAPPED
  std::vector<scan_region> there(1024);
  std::uintptr_t at = begin / page * page;
  while (file_ >= 0 && end - begin > large && at < end) {
    scan_arguments scan{};
    scan.size = sizeof scan;
    scan.start = at;
    scan.end = (end + page - 1) / page * page;
    scan.vec = reinterpret_cast<std::uint64_t>(there.data());
    scan.vec_len = there.size();
    scan.category_anyof_mask = scan.return_mask = present_or_swapped;
    const int found = ::ioctl(file_, _IOWR('f', 16, scan_arguments), &scan);
    if (found < 0)
      break;
    for (int i = 0; i < found; ++i) {
      const scan_region &it = there[static_cast<std::size_t>(i)];
      look_at(std::max<std::uintptr_t>(it.start, begin), std::min<std::uintptr_t>(it.end, end),
              visit);
    }
    at = scan.walk_end;
  }
  if (at < end)
    look_at(std::max(at, begin), end, visit);
}

void written_pages::look_at(
    std::uintptr_t begin, std::uintptr_t end,
    const std::function<void(std::uintptr_t, std::uintptr_t)> &visit) const {
  // Documentation/admin-guide/mm/pagemap.rst
  constexpr std::uint64_t present = std::uint64_t(1) << 63, swapped = std::uint64_t(1) << 62,
                          exclusive = std::uint64_t(1) << 56;
  constexpr std::size_t at_once = 4096;
  std::vector<std::uint64_t> entries(at_once);
  std::uintptr_t open = 0, open_end = 0;
  const auto add = [&](std::uintptr_t from, std::uintptr_t to) {
    if (open_end != from) {
      if (open != open_end)
        visit(open, open_end);
      open = from;
    }
    open_end = to;
  };
  for (std::uintptr_t at = begin / page * page; at < end;) {
    const std::size_t count = std::min<std::size_t>(at_once, (end - at + page - 1) / page);
    const ssize_t got = file_ < 0 ? -1
                                  : ::pread(file_, entries.data(), count * sizeof entries[0],
                                            static_cast<off_t>(at / page * sizeof entries[0]));
    const std::size_t known = got > 0 ? static_cast<std::size_t>(got) / sizeof entries[0] : 0;
    if (known == 0)
      add(std::max(at, begin), std::min(at + count * page, end));
    for (std::size_t i = 0; i < known; ++i)
      if ((entries[i] & swapped) != 0 ||
          (entries[i] & (present | exclusive)) == (present | exclusive))
        add(std::max(at + i * page, begin), std::min(at + (i + 1) * page, end));
    at += (known == 0 ? count : known) * page;
  }
  if (open != open_end)
    visit(open, open_end);
}

} // namespace tl::rt
