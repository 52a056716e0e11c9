// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/expectation.h"

#include "runtime/support/signal_guard.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <unistd.h>

namespace tl::rt {
namespace {

struct file_header {
  std::uint64_t complete; ///< 1 once everything is there
  std::uint64_t regions, guards, found, runs, noise, replaced, data, result, left_out;
  double reference_ns;
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

template <class Vector> static bool put_all(int file, off_t &at, const Vector &from) {
  static_assert(std::is_trivially_copyable_v<typename Vector::value_type>);
  return put(file, at, from.data(), from.size() * sizeof(typename Vector::value_type));
}

template <class Vector> static bool get_all(int file, off_t &at, Vector &to, std::uint64_t count) {
  to.resize(count);
  return get(file, at, to.data(), count * sizeof(typename Vector::value_type));
}

status expectation::save(int file) const {
  const write_signal_guard no_signals; // where the size of files is limited
  file_header header{1,
                     layout.regions.size(),
                     layout.guards.size(),
                     layout.found.size(),
                     runs.size(),
                     noise.size(),
                     replaced.size(),
                     data.size(),
                     result.size(),
                     left_out.size(),
                     reference_ns};
  // The header comes last: a worker that dies in between leaves a file that says "not known".
  const file_header empty{};
  off_t at = 0;
  if (::ftruncate(file, 0) == 0 && put(file, at, &empty, sizeof empty) &&
      put_all(file, at, layout.regions) && put_all(file, at, layout.guards) &&
      put_all(file, at, layout.found) && put_all(file, at, runs) && put_all(file, at, noise) &&
      put_all(file, at, replaced) && put_all(file, at, data) && put_all(file, at, result) &&
      put_all(file, at, left_out)) {
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
  if (!get_all(file, at, layout.regions, header.regions) ||
      !get_all(file, at, layout.guards, header.guards) ||
      !get_all(file, at, layout.found, header.found) || !get_all(file, at, runs, header.runs) ||
      !get_all(file, at, noise, header.noise) || !get_all(file, at, replaced, header.replaced) ||
      !get_all(file, at, data, header.data) || !get_all(file, at, result, header.result) ||
      !get_all(file, at, left_out, header.left_out))
    return status::io_error("the expected results are gone");
  seal(true);
  reference_ns = header.reference_ns;
  return status::ok();
}

} // namespace tl::rt
