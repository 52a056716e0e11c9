// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles all variants of a program that are compiled by NVRTC, as a session would, on a machine without a device.

#include "runtime/demand/rtc_code.h"
#include "runtime/demand/rtc_compiler.h"
#include "runtime/factory/registry.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

using namespace tl::rt;

void compile_all() {
  for (const tl_factory *factory : registered_factories()) {
    const tl_rtc_variant *const first = demand::first_rtc(*factory);
    if (!first)
      continue;
    demand::rtc_compiler compiler(*factory, "", "sm_90a", demand::find_rtc_library(demand::rtc_kind::nvrtc, first->source->toolkit));
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < factory->variant_count; ++i)
      if (demand::find_rtc(*factory, i))
        all.push_back(i);
    compiler.add(all);
    while (compiler.pending() > 0)
      compiler.wait(1);
    std::vector<std::string> lines;
    for (const demand::compiled_variant &it : compiler.take()) {
      const std::string loaded = it.reason.empty() ? demand::load_rtc_code(*factory, it.variant).text() : "";
      lines.push_back(std::string(factory->name) + " " + factory->configs[it.variant] + ": " +
                      (it.reason.empty() && loaded.empty() ? "compiled" : it.reason + loaded));
    }
    std::sort(lines.begin(), lines.end());
    for (const std::string &line : lines)
      std::puts(line.c_str());
  }
}
