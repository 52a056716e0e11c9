// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/statement.h"

#include <fmt/format.h>

#include <cmath>

namespace tl::rt::store {

std::string describe_margin(double margin) {
  if (margin < 0)
    return fmt::format("{:.1f} % faster, too little to be sure of", -100 * margin);
  return fmt::format("{:.1f} % slower", 100 * margin);
}

std::string describe_confidence(double confidence) {
  return fmt::format("{:.1f} %", std::floor(1000 * confidence + 1e-9) / 10);
}

std::string describe_state(const winner &of) {
  // 0: not known, as after an import.
  if (of.state == winner_state::final && of.confidence > 0 && of.confidence < least_confidence)
    return "unsure";
  return std::string(to_string(of.state));
}

} // namespace tl::rt::store
