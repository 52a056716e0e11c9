// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/json_text.h"

#include <fmt/format.h>

namespace tl::rt {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20)
      out += fmt::format("\\u{:04x}", byte);
    else
      out += c;
  }
  return out += '"';
}

std::string json_object(const std::vector<std::pair<std::string, std::string>> &members) {
  std::string out = "{";
  for (const auto &[name, value] : members) {
    if (out.size() > 1)
      out += ',';
    out += json_string(name) + ':' + json_string(value);
  }
  return out += '}';
}

} // namespace tl::rt
