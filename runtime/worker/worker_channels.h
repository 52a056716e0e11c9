// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the program and a worker have in common: a socket, a file for output, a page of memory.

#ifndef TL_RUNTIME_WORKER_WORKER_CHANNELS_H
#define TL_RUNTIME_WORKER_WORKER_CHANNELS_H

#include "runtime/support/status.h"
#include "runtime/worker/black_box.h"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace tl::rt {

/// What a newborn worker is given. The descriptors are the worker's ends; all are close-on-exec.
struct worker_link {
  int socket;     ///< requests and replies
  int output;     ///< where standard output and standard error go
  black_box *box; ///< shared memory: valid in a forked worker
  int box_memory; ///< the descriptor of that memory, for a worker that is re-executed; -1: none
  std::uint64_t cookie;
  pid_t parent;
};

/// Closes it where it is open, and makes it -1.
void close_descriptor(int &descriptor);

/// The program's ends. Not thread-safe.
class worker_channels {
public:
  worker_channels() = default;
  ~worker_channels() { close(); }
  worker_channels(const worker_channels &) = delete;
  worker_channels &operator=(const worker_channels &) = delete;

  /// Makes them, and describes the worker's ends in `link`, whose socket is the caller's to close.
  /// Where that fails nothing is left open.
  status open(worker_link &link);
  void close();

  int socket() const { return socket_; }
  /// Null while closed.
  const black_box *box() const { return box_; }
  /// In each request and reply, so that what a variant writes to the socket is told from them.
  std::uint64_t cookie() const { return cookie_; }

  worker_phase phase() const {
    return static_cast<worker_phase>(__atomic_load_n(&box_->phase, __ATOMIC_ACQUIRE));
  }
  /// The last line that the worker has printed, or the one that says why it ended.
  std::string last_output() const;

private:
  status open_all(worker_link &link);

  int socket_ = -1;
  int output_ = -1;
  int box_memory_ = -1;
  black_box *box_ = nullptr;
  std::uint64_t cookie_ = 0;
};

} // namespace tl::rt

#endif
