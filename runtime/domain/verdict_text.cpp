// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/verdict_text.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <typeinfo>

namespace tl::rt {

verdict differing(const comparison &sum, const std::string &name, const std::string &where) {
  return verdict::failed(
      trial_status::wrong,
      fmt::format("{} of {} elements of {} differ, the first is {}: got {}, expected {}",
                  sum.mismatched, sum.compared, name, where, sum.got, sum.expected));
}

verdict unwritten(const comparison &sum, const std::string &name, const std::string &where) {
  return verdict::failed(trial_status::wrong,
                         fmt::format("{} of {} elements of {} were never written, the first is {}",
                                     sum.unwritten, sum.compared, name, where));
}

verdict ask_check(const tl_factory &factory, const tl_options &options, void *const *arguments,
                  const void *result) {
  try {
    if (options.check(&factory, arguments, result))
      return {};
    return verdict::failed(trial_status::wrong, "the check said no");
  } catch (const std::exception &error) {
    return verdict::failed(trial_status::wrong, fmt::format("the check threw: {}", error.what()));
  } catch (...) {
    return verdict::failed(trial_status::wrong,
                           "the check threw something that is no std::exception");
  }
}

static std::string type_name(const std::type_info &type) {
  int failed = 0;
  const std::unique_ptr<char, void (*)(void *)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), std::free);
  return failed == 0 && name ? name.get() : type.name();
}

verdict thrown() {
  try {
    throw;
  } catch (const std::exception &error) {
    return verdict::failed(trial_status::threw,
                           fmt::format("threw {}: {}", type_name(typeid(error)), error.what()));
  } catch (...) {
    const std::type_info *const type = abi::__cxa_current_exception_type();
    return verdict::failed(trial_status::threw,
                           "threw " + (type ? type_name(*type) : std::string("something")));
  }
}

} // namespace tl::rt
