// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_SUPPORT_SPLIT_H
#define TL_RUNTIME_SUPPORT_SPLIT_H

#include <string_view>
#include <vector>

namespace tl::rt {

/// The parts of a text between separators; one that is empty and stands last does not count.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    all.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return all;
}

inline std::vector<std::string_view> lines_of(std::string_view text) { return split(text, '\n'); }

} // namespace tl::rt

#endif
