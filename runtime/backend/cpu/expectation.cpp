// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/expectation.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <unistd.h>

namespace tl::rt {
namespace {

struct file_header {
  std::uint64_t complete; ///< 1 once everything is there
  std::uint64_t regions, guards, runs, noise, data;
  double reference_ns;
  std::byte result[16];
};

} // namespace

bool expectation::in_place() const {
  return std::any_of(runs.begin(), runs.end(),
                     [](const written_run &run) { return run.pure == 0; });
}

static bool put(int file, off_t &at, const void *from, std::size_t bytes) {
  const char *next = static_cast<const char *>(from);
  while (bytes > 0) {
    const ssize_t done = ::pwrite(file, next, bytes, at);
    if (done <= 0)
      return false;
    next += done;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
}

static bool get(int file, off_t &at, void *to, std::size_t bytes) {
  char *next = static_cast<char *>(to);
  while (bytes > 0) {
    const ssize_t done = ::pread(file, next, bytes, at);
    if (done <= 0)
      return false;
    next += done;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
}

template <class T> static bool put(int file, off_t &at, const std::vector<T> &from) {
  static_assert(std::is_trivially_copyable_v<T>);
  return put(file, at, from.data(), from.size() * sizeof(T));
}

template <class T> static bool get(int file, off_t &at, std::vector<T> &to, std::uint64_t count) {
  to.resize(count);
  return get(file, at, to.data(), count * sizeof(T));
}

status expectation::save(int file) const {
  file_header header{1,
                     layout.regions.size(),
                     layout.guards.size(),
                     runs.size(),
                     noise.size(),
                     data.size(),
                     reference_ns,
                     {}};
  std::memcpy(header.result, result, sizeof header.result);
  // The header comes last: a worker that dies in between leaves a file that says "not known".
  const file_header empty{};
  off_t at = 0;
  if (::ftruncate(file, 0) == 0 && put(file, at, &empty, sizeof empty) &&
      put(file, at, layout.regions) && put(file, at, layout.guards) && put(file, at, runs) &&
      put(file, at, noise) && put(file, at, data)) {
    at = 0;
    if (put(file, at, &header, sizeof header))
      return status::ok();
  }
  return status::io_error(std::string("no memory to keep the expected results in: ") +
                          std::strerror(errno));
}

status expectation::load(int file, bool &known) {
  off_t at = 0;
  file_header header{};
  known = get(file, at, &header, sizeof header) && header.complete == 1;
  if (!known)
    return status::ok();
  if (!get(file, at, layout.regions, header.regions) ||
      !get(file, at, layout.guards, header.guards) || !get(file, at, runs, header.runs) ||
      !get(file, at, noise, header.noise) || !get(file, at, data, header.data))
    return status::io_error("the expected results are gone");
  reference_ns = header.reference_ns;
  std::memcpy(result, header.result, sizeof result);
  return status::ok();
}

} // namespace tl::rt
