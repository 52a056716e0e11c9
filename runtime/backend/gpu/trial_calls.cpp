// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/trial_calls.h"

#include "runtime/backend/gpu/trial_failure.h"
#include "runtime/domain/verdict_text.h"
#include "runtime/support/infeasible.h"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <utility>

namespace tl::rt::gpu {

trial_calls::callable trial_calls::variant(std::uint32_t index) const {
  return [this, index](void *const *arguments, void *result) {
    factory_.invoke(&factory_, index, arguments, result);
  };
}

trial_calls::callable trial_calls::reference() const {
  if (!problem_.options.reference)
    return variant(factory_.default_variant);
  return [this](void *const *arguments, void *result) {
    problem_.options.reference(&factory_, arguments, result);
  };
}

verdict trial_calls::run(const callable &what, bool watch) {
  verdict outcome;
  const bool watched = watch && device_.watch_launches();
  take_infeasible();
  try {
    what(copies_.arguments(), copies_.result());
  } catch (...) {
    outcome = thrown();
  }
  if (const auto reason = take_infeasible())
    outcome = verdict::failed(trial_status::infeasible, *reason);
  launch_report seen;
  if (watched)
    seen = device_.launches_seen();
  outcome.resources = std::move(seen.resources);
  const char *refused = factory_.take_error ? factory_.take_error() : nullptr;
  const status waited = device_.synchronize();
  if (!waited) {
    verdict failed = fault(waited);
    failed.resources = std::move(outcome.resources);
    return failed;
  }
  if (!seen.infeasible.empty()) {
    outcome.failure = trial_status::infeasible;
    outcome.reason = std::move(seen.infeasible);
  } else if (outcome.right() && refused) {
    outcome.failure = std::strstr(refused, "out of memory") ? trial_status::out_of_memory
                                                            : trial_status::infeasible;
    outcome.reason = fmt::format("the launch was refused: {}", refused);
  }
  return outcome;
}

status trial_calls::launch(std::uint32_t variant, std::uint32_t times) {
  try {
    for (std::uint32_t i = 0; i < times; ++i)
      factory_.invoke(&factory_, variant, copies_.arguments(), copies_.result());
  } catch (...) {
    return status::invalid("threw an exception when it ran again");
  }
  if (const char *refused = factory_.take_error ? factory_.take_error() : nullptr)
    return status::io_error(fmt::format("the launch was refused: {}", refused));
  return status::ok();
}

bool trial_calls::launch(const callable &what) {
  try {
    what(copies_.arguments(), copies_.result());
  } catch (...) {
    return false;
  }
  return true;
}

} // namespace tl::rt::gpu
