// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "short_name.h"
#include "output.h"

#include <cctype>

namespace tl::tool {

static bool is_part_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}

std::string short_name(std::string_view name, std::size_t enough) {
  if (static_cast<std::size_t>(display_width(name)) <= enough)
    return std::string(name);
  std::string text;
  int depth = 0;
  std::size_t word = 0; // where in `text` the qualified name begins that is being read
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool opens = c == '<' || c == '(', closes = c == '>' || c == ')';
    if (closes && depth > 0 && --depth == 1)
      text += "..";
    if (depth <= 1) {
      if (depth == 1 && c == ':' && name.substr(i, 2) == "::") {
        text.resize(word); // the namespace
        ++i;
      } else {
        text += c;
        if (!is_part_of_name(c))
          word = text.size();
      }
    }
    depth += opens;
  }
  return text;
}

} // namespace tl::tool
