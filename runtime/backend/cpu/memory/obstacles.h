// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory that a worker has not, has with other contents, or cannot tell the bounds of.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_OBSTACLES_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_OBSTACLES_H

#include "runtime/backend/cpu/memory/region.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt {

/// Which arguments lead to memory that a fork has not taken along.
class memory_after_fork {
public:
  /// In the program.
  memory_after_fork(const tl_factory &factory, const tl_call &call);

  /// In the child, first of all: whatever is mapped there next may take the place of what is gone.
  /// Allocates nothing.
  void look_again();

  bool was_there(std::uint32_t argument) const { return before_[argument] != 0; }
  bool is_lost(std::uint32_t argument) const {
    return was_there(argument) && after_[argument] == 0;
  }

private:
  void look(std::vector<std::uint8_t> &to) const;

  const tl_factory &factory_;
  const tl_call &call_;
  std::vector<std::uint8_t> before_, after_;
};

/// Why trials could not see what the arguments lead to, or judge what a variant does there; ""
/// where they can. In a worker; `map` and `layout` as it has them.
std::string memory_obstacle(const tl_factory &factory, const tl_call &call,
                            const memory_after_fork &forked, const memory_map &map,
                            const memory_layout &layout);

} // namespace tl::rt

#endif
