// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The host's variables that a factory reaches, while variants are tried: as the call finds them,
// with the addresses of copies in place of those of buffers.

#ifndef TL_RUNTIME_BACKEND_GPU_HOST_STATE_H
#define TL_RUNTIME_BACKEND_GPU_HOST_STATE_H

#include "runtime/backend/gpu/problem.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace tl::rt::gpu {

/// Not thread-safe, and used by one thread: some variables are each thread's own.
class host_state {
public:
  /// `address_in_copies` says where what a pointer leads to is for a trial. `own_process`: the
  /// variables are the program's, and what the factory does not write is left alone.
  host_state(const tl_factory &factory, const std::vector<host_variable> &variables,
             const std::function<void *(const held_pointer &)> &address_in_copies,
             bool own_process);

  /// Before each run. What a factory keeps for itself (a work space that it allocates when it is
  /// first needed) stays as it has left it.
  void put();

  /// Whether some initialise themselves in the first run, so that only then they can be given what
  /// the call finds.
  bool needs_first_run() const;

  /// After the last one, in the program: buffers are its own again.
  void put_back();

private:
  struct variable {
    std::byte *at;
    std::vector<std::byte> original, given;
    const std::vector<held_pointer> *pointers;
    bool plain;   ///< no address in it
    bool written; ///< by the factory's code
    bool late;    ///< TL_VARIABLE_LATE
  };

  std::vector<variable> variables_;
  bool own_process_;
  bool begun_ = false;
  bool kept_ = false; ///< the factory has changed addresses, and what belongs to them
};

} // namespace tl::rt::gpu

#endif
