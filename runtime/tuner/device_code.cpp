// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/device_code.h"

#include "runtime/demand/rtc_code.h"
#include "runtime/support/split.h"

namespace tl::rt {

/// Longest wait for a single variant in a call [s].
static constexpr double longest_s = 120;

std::string arch_of_device(std::string_view identity) {
  // CUDA's compute capability, and what HIP says in a compiler's words.
  constexpr std::string_view capability = "cc=", arch = "arch=";
  for (const std::string_view it : split(identity, ';'))
    if (it.starts_with(capability))
      return demand::arch_of(it.substr(capability.size()));
    else if (it.starts_with(arch))
      return it.substr(arch.size()) == "unknown" ? "" : std::string(it.substr(arch.size()));
  return {};
}

std::unique_ptr<demand::rtc_compiler>
device_code_compiler(const world &in, const tl_factory &factory, std::string_view identity) {
  const tl_rtc_source &source = *demand::first_rtc(factory)->source;
  return std::make_unique<demand::rtc_compiler>(
      factory, in.environment.disable_cache ? std::string() : in.lock_directory,
      arch_of_device(identity), demand::find_rtc_library(demand::kind_of(source), source.toolkit));
}

status ready_device_code(const world &in, const tl_factory &factory, std::string_view identity,
                         std::uint32_t variant, bool may_compile) {
  if (!demand::find_rtc(factory, variant))
    return {};
  const std::string arch = arch_of_device(identity);
  if (!demand::has_rtc_code(factory, variant, arch)) {
    const auto compiler = device_code_compiler(in, factory, identity);
    const demand::compiled_variant made =
        compiler->get(variant, may_compile && compiler->why_not().empty(), longest_s);
    if (!made.reason.empty())
      return status::unsupported(made.reason);
  }
  return demand::load_rtc_code(factory, variant);
}

} // namespace tl::rt
