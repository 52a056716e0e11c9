// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/in_process_bench.h"

namespace tl::rt {

std::unique_ptr<trial_bench> open_in_process_bench(const tuning_task &, std::string &error) {
  error = "isolation none: not yet";
  return nullptr;
}

} // namespace tl::rt
