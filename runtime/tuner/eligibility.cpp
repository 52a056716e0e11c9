// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/eligibility.h"

#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <cstddef>
#include <cxxabi.h>
#include <exception>

namespace tl::rt {

status find_eligible(const tl_factory &factory, const tl_options &options, void *const *arguments,
                     std::vector<std::uint8_t> &wanted) {
  wanted.assign(factory.variant_count, options.eligible ? 0 : 1);
  if (!options.eligible)
    return status::ok();
  try {
    const callers_state_scope as_caller;
    options.eligible(&factory, arguments, wanted.data());
    return status::ok();
  } catch (const abi::__forced_unwind &) { // the thread ends
    throw;
  } catch (const std::exception &thrown) {
    return status::invalid(fmt::format("`eligible` threw: {}", thrown.what()));
  } catch (...) {
    return status::invalid("`eligible` threw something that is no std::exception");
  }
}

namespace {

/// One question to `eligible` about a config that is no variant yet.
struct question {
  const tl_factory *factory;
  void *const *arguments;
  bool answer = false;

  static void ask(void *self, const void *config) {
    auto &mine = *static_cast<question *>(self);
    tl_factory one = *mine.factory;
    const void *const values[] = {config};
    one.values = values;
    mine.answer = one.admits(&one, mine.arguments, 0);
  }
};

} // namespace

std::function<bool(std::uint64_t)> eligible_combinations(const tl_factory &factory,
                                                         void *const *arguments) {
  const tl_on_demand &of = *factory.on_demand;
  if (!factory.admits ||
      of.struct_size < offsetof(tl_on_demand, with_config) + sizeof of.with_config ||
      !of.with_config)
    return nullptr;
  return [&factory, &of, arguments](std::uint64_t combination) {
    question about{&factory, arguments};
    try {
      const callers_state_scope as_caller;
      of.with_config(of.space, combination, &question::ask, &about);
      return about.answer;
    } catch (const abi::__forced_unwind &) { // the thread ends
      throw;
    } catch (...) {
      return false;
    }
  };
}

} // namespace tl::rt
