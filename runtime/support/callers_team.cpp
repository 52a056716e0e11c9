// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/callers_team.h"

#include <dlfcn.h>

namespace tl::rt {

int callers_team() noexcept {
  const auto in_parallel = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "omp_in_parallel"));
  const auto threads = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "omp_get_num_threads"));
  return in_parallel && threads && in_parallel() != 0 ? threads() : 1;
}

} // namespace tl::rt
