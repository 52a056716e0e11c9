// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/eligibility.h"

#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

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

} // namespace tl::rt
