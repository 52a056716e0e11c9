// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/preamble.h"

#include <algorithm>
#include <cstddef>

namespace tl::rt::demand {

static std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\f\v");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

std::string preamble_of(std::string_view source) {
  std::size_t at = 0, whole = 0; // the end of what was read, and of the last balanced part
  int depth = 0;
  bool includes = false, includes_whole = false;
  while (at < source.size()) {
    std::size_t end = source.find('\n', at);
    end = end == std::string_view::npos ? source.size() : end + 1;
    std::string_view line = trim(source.substr(at, end - at));
    if (line.starts_with("/*")) {
      const std::size_t begin = static_cast<std::size_t>(line.data() - source.data());
      const std::size_t close = source.find("*/", begin + 2);
      if (close == std::string_view::npos)
        break;
      at = close + 2;
      continue;
    }
    if (line.empty() || line == "\n" || line.starts_with("//")) {
      at = end;
      continue;
    }
    if (line[0] != '#')
      break;
    // A directive goes on behind a backslash, and a comment in it may go on for lines.
    while (end < source.size() && end >= 2 && source[end - 1] == '\n' &&
           (source[end - 2] == '\\' ||
            (source[end - 2] == '\r' && end >= 3 && source[end - 3] == '\\'))) {
      const std::size_t next = source.find('\n', end);
      end = next == std::string_view::npos ? source.size() : next + 1;
    }
    const std::string_view directive = source.substr(at, end - at);
    if (directive.find("/*") != std::string_view::npos &&
        directive.find("*/") == std::string_view::npos)
      break;
    const std::string_view word = trim(line.substr(1));
    if (word.starts_with("pragma") || word.starts_with("import"))
      break; // may be about this file
    if (word.starts_with("if"))
      ++depth;
    else if (word.starts_with("endif"))
      depth = std::max(0, depth - 1);
    else if (word.starts_with("include"))
      includes = true;
    at = end;
    if (depth == 0) {
      whole = at;
      includes_whole = includes;
    }
  }
  return includes_whole ? std::string(source.substr(0, whole)) : std::string();
}

} // namespace tl::rt::demand
