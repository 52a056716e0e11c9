// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "command.h"
#include "format.h"

#include <cmath>

namespace tl::tool {

std::string whole_number(const std::string &text) {
  const bool good = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return good ? "" : "'" + text + "' is no whole number";
}

std::string at_least_one(const std::string &text) {
  const bool good = whole_number(text).empty() && text.find_first_not_of('0') != std::string::npos;
  return good ? "" : "'" + text + "' is no whole number above 0";
}

std::string seconds(const std::string &text) {
  double value = 0;
  return parse_number(text, value) && value >= 0 ? "" : "'" + text + "' is no number of seconds";
}

std::string some_seconds(const std::string &text) {
  double value = 0;
  return parse_number(text, value) && value > 0 ? ""
                                                : "'" + text + "' is no number of seconds above 0";
}

std::string some_percent(const std::string &text) {
  double value = 0;
  return parse_number(text, value) && value >= 0 && std::isfinite(value)
             ? ""
             : "'" + text + "' is no number of percent, 0 or more";
}

} // namespace tl::tool
