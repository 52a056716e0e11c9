// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler said of a space: the remarks that -fplugin-arg-tl-remarks asks for.

#ifndef TL_TOOL_REMARKS_H
#define TL_TOOL_REMARKS_H

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tl::tool {

/// The spaces of all factories in a compiler's output.
class compiler_remarks {
public:
  explicit compiler_remarks(std::string_view output);

  /// Whether it holds a variant of this factory ("ns::gemm<float>") at all.
  bool knows(std::string_view factory) const;
  /// Why no variant of a config was compiled, in one line; "" when there is one.
  std::string why_not_compiled(std::string_view factory, std::string_view config) const;

private:
  struct said {
    std::string factory; ///< the template's own name: "gemm"
    std::string config;
    std::string text; ///< "" of a variant
    std::string where;
    auto operator<=>(const said &) const = default;
  };
  std::set<said> all_;
};

} // namespace tl::tool

#endif
