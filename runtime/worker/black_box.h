// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A page shared with the worker in which it leaves the circumstances of its death. Written by
// signal and exit handlers, so there is nothing in it but flat data.

#ifndef TL_RUNTIME_WORKER_BLACK_BOX_H
#define TL_RUNTIME_WORKER_BLACK_BOX_H

#include <cstddef>
#include <cstdint>

namespace tl::rt {

/// What the worker was doing.
enum class worker_phase : std::uint32_t {
  starting = 0,
  idle = 1,
  reference = 2, ///< the reference (or the default config) runs
  variant = 3,   ///< the variant under trial runs
  checking = 4,  ///< our own code looks at the results
};

/// How the worker ended, as far as it could say.
enum class worker_end : std::uint32_t {
  unknown = 0,
  signal = 1,             ///< `signal`, `code`, `address`, `stack_overflow`
  exit_called = 2,        ///< exit() or quick_exit(), with `exit_status`
  thread_ended = 3,       ///< pthread_exit or a cancellation in the variant
  descriptors_closed = 4, ///< the variant closed the worker's socket
  parent_gone = 6,
  setup_failed = 7, ///< the worker could not be set up; `text` says why
};

struct black_box {
  std::uint64_t phase_since; ///< when the phase began, on the monotonic clock [ns]
  std::uint32_t phase;       ///< worker_phase
  std::uint32_t end;         ///< worker_end; the first one to be set stays
  std::int32_t signal;
  std::int32_t code; ///< si_code
  std::uint64_t address;
  std::uint32_t stack_overflow;
  std::int32_t exit_status;
  char text[512]; ///< null-terminated by its writer; the reader does not rely on it
};

/// Exit statuses of a worker that ended itself and said why in the black box. Arbitrary, but not
/// what programs usually exit with.
inline constexpr int worker_exit_status = 217;

} // namespace tl::rt

#endif
