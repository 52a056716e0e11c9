// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/backend.h"

#include <climits>
#include <unistd.h>

#ifndef HOST_NAME_MAX
#define HOST_NAME_MAX 64
#endif

namespace tl::rt {

std::string backend::unit(std::int32_t) {
  char name[HOST_NAME_MAX + 1] = "";
  ::gethostname(name, sizeof name - 1);
  return std::string("cpu ") + name;
}

std::unique_ptr<trial_bench> trial_bench::open_helper(std::int32_t, std::string &error) {
  error = "trials of this kind run on one device";
  return nullptr;
}

// As a session would try them. What a bench runs on is a copy of everything, byte by byte at the
// same places (a forked worker) or at the same places within a page (in the program): so facts of
// the arguments are those of the call.
proof backend::prove(const tuning_task &task, std::span<const std::uint32_t> candidates) {
  proof result;
  tuning_task once = task;
  once.once = true;
  const std::unique_ptr<trial_bench> bench = open(once, result.obstacle);
  if (!bench)
    return result;
  if (const verdict prepared = bench->prepare(); !prepared.right()) {
    result.obstacle = "nothing to check it against: " + prepared.reason;
    return result;
  }
  for (const std::uint32_t variant : candidates) {
    result.tried.push_back(bench->probe(variant, task.options.timeout));
    if (result.found())
      break;
  }
  return result;
}

std::uint64_t backend::cache_bytes(std::int32_t) { return 0; }

void backend::measure_reach(std::int32_t, std::span<const std::uintptr_t>,
                            std::span<std::uint64_t>) {}

std::vector<std::int32_t> backend::idle_peers(std::int32_t) { return {}; }

} // namespace tl::rt
