// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/rank_group.h"

#include "runtime/support/made_once.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <exception>
#include <unistd.h>
#include <utility>

namespace tl::rt {

void rank_group::set(all_gather gather, double limit_s) {
  const std::lock_guard lock(guard_);
  gather_ = std::move(gather);
  limit_s_ = limit_s;
  process_ = ::getpid();
  broken_.clear();
}

bool rank_group::is_set() const { return gather_ && process_ == ::getpid(); }

std::vector<std::string> rank_group::exchange(std::string_view mine, std::string &why) {
  const std::lock_guard lock(guard_);
  std::vector<std::string> all;
  if (broken_.empty())
    try {
      const callers_state_scope as_caller; // it is the program's function
      if (!gather_(mine, limit_s_, all) || all.empty())
        broken_ = fmt::format("not all ranks came within {:g} s", limit_s_);
    } catch (const std::exception &error) {
      broken_ = fmt::format("the exchange between ranks failed: {}", error.what());
    } catch (...) {
      broken_ = "the exchange between ranks failed";
    }
  if (broken_.empty())
    return all;
  why = broken_;
  return {};
}

rank_group &rank_group::of_program() {
  static constinit made_once<rank_group> group;
  return group.get();
}

} // namespace tl::rt
