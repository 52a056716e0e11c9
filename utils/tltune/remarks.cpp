// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "remarks.h"

#include <algorithm>

namespace tl::tool {

static constexpr std::size_t npos = std::string_view::npos;

/// "ns::gemm<float>" and "gemm" are both of "gemm": a remark on a pruned config names the template.
static std::string_view template_name(std::string_view factory) {
  factory = factory.substr(0, factory.find('<'));
  const std::size_t colon = factory.rfind(':');
  return colon == npos ? factory : factory.substr(colon + 1);
}

/// Takes what stands up to `end`; false where it does not occur.
static bool take(std::string_view &rest, std::string_view end, std::string_view &taken) {
  const std::size_t at = rest.find(end);
  if (at == npos)
    return false;
  taken = rest.substr(0, at);
  rest.remove_prefix(at + end.size());
  return true;
}

compiler_remarks::compiler_remarks(std::string_view output) {
  while (!output.empty()) {
    std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    std::string_view where, factory, config;
    if (!take(line, ": remark: ", where))
      continue;
    if (line.starts_with("variant of '")) {
      line.remove_prefix(12);
      if (take(line, "' for config '", factory))
        if (const std::size_t end = line.rfind('\''); end != npos)
          all_.insert({std::string(template_name(factory)), std::string(line.substr(0, end)), "",
                       std::string(where)});
    } else if (line.starts_with("config '")) {
      line.remove_prefix(8);
      if (take(line, "' of '", config) && take(line, "' ", factory))
        all_.insert({std::string(template_name(factory)), std::string(config), std::string(line),
                     std::string(where)});
    }
  }
}

bool compiler_remarks::knows(std::string_view factory) const {
  return std::any_of(all_.begin(), all_.end(), [&](const said &it) {
    return it.factory == template_name(factory) && it.text.empty();
  });
}

std::string compiler_remarks::why_not_compiled(std::string_view factory,
                                               std::string_view config) const {
  std::string pruned;
  for (const said &it : all_) {
    if (it.factory != template_name(factory) || it.config != config)
      continue;
    if (it.text.empty())
      return "";
    pruned = it.text + " (" + it.where + ")";
  }
  return pruned.empty() ? "not in the space: `where` rules it out, or no axis has its values"
                        : pruned;
}

} // namespace tl::tool
