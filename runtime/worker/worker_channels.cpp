// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/worker_channels.h"

#include "runtime/support/signal_guard.h"
#include "runtime/support/small_file.h"
#include "runtime/support/unnamed_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tl::rt {

void close_descriptor(int &descriptor) {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

static std::string errno_text(const char *what) {
  return fmt::format("{}: {}", what, error_text(errno));
}

static std::uint64_t make_cookie() {
  std::uint64_t cookie = 0;
  if (::getrandom(&cookie, sizeof cookie, GRND_NONBLOCK) != sizeof cookie)
    cookie =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) *
        0x9e3779b97f4a7c15u;
  return cookie;
}

// A file that takes so much text and no more: a variant that prints for ever fills no memory. The
// worker starts it over for each request. Where there can be no such file, what a worker says is
// lost, and nothing else.
static int open_output() {
  constexpr off_t most = 1 << 20;
  const int file = open_unnamed_file("tl-worker-output", MFD_ALLOW_SEALING);
  if (file >= 0 && ::ftruncate(file, most) == 0 &&
      ::fcntl(file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
    return file;
  if (file >= 0)
    ::close(file);
  return above_standard_streams(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

/// Memory that a forked worker has in common with us. `file`: for other workers; -1 where the
/// system gives no memory files (an old kernel, a sandbox, a limit on the size of files).
static void *map_box(int &file) {
  file = open_unnamed_file("tl-worker-box");
  if (file >= 0 && ::ftruncate(file, sizeof(black_box)) != 0)
    close_descriptor(file);
  const int flags = file >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
  return ::mmap(nullptr, sizeof(black_box), PROT_READ | PROT_WRITE, flags, file, 0);
}

status worker_channels::open_all(worker_link &link) {
  const write_signal_guard no_signals; // of files that must not be so large
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return status::io_error(errno_text("no socket for a worker"));
  socket_ = above_standard_streams(ends[0]);
  link.socket = above_standard_streams(ends[1]);
  output_ = open_output();
  if (socket_ < 0 || link.socket < 0 || output_ < 0)
    return status::io_error(errno_text("no descriptors for a worker"));
  void *box = map_box(box_memory_);
  if (box == MAP_FAILED)
    return status::io_error(errno_text("no memory to share with a worker"));
  box_ = static_cast<black_box *>(box);
  cookie_ = make_cookie();
  link.output = output_;
  link.box = box_;
  link.box_memory = box_memory_;
  link.cookie = cookie_;
  link.parent = ::getpid();
  return status::ok();
}

status worker_channels::open(worker_link &link) {
  link = {};
  link.socket = -1;
  status opened = open_all(link);
  if (!opened) {
    close_descriptor(link.socket);
    close();
  }
  return opened;
}

void worker_channels::close() {
  close_descriptor(socket_);
  close_descriptor(output_);
  close_descriptor(box_memory_);
  if (box_)
    ::munmap(box_, sizeof(black_box));
  box_ = nullptr;
}

std::string worker_channels::last_output() const {
  char tail[4096];
  const off_t end = ::lseek(output_, 0, SEEK_CUR);
  if (end <= 0)
    return {};
  const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(sizeof tail));
  const ssize_t got = ::pread(output_, tail, sizeof tail, begin);
  if (got <= 0)
    return {};
  std::string_view text(tail, static_cast<std::size_t>(got));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0'))
    text.remove_suffix(1);
  // What libstdc++ prints for an exception takes two lines; a sanitizer's summary is not the last
  // one.
  std::size_t first = text.rfind("terminate called");
  if (first == std::string_view::npos) {
    first = text.rfind("SUMMARY: ");
    if (first == std::string_view::npos)
      first = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
    text = text.substr(0, text.find('\n', first));
  }
  text.remove_prefix(first);
  std::string line;
  for (const char c : text.substr(0, 300)) {
    const bool blank = c == '\n' || c == ' ' || c == '\t';
    if (blank && !line.empty() && line.back() == ' ')
      continue;
    if (blank)
      line += ' ';
    else if (static_cast<unsigned char>(c) >= 0x20)
      line += c;
  }
  return line;
}

} // namespace tl::rt
