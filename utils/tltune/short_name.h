// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_TOOL_SHORT_NAME_H
#define TL_TOOL_SHORT_NAME_H

#include <string>
#include <string_view>

namespace tl::tool {

/// A factory's name as it fits where there is little room: template arguments without their
/// namespaces, and without template arguments of their own. "ns::gemm<lib::half_t,
/// lib::tile<64, 32>>" is "ns::gemm<half_t, tile<..>>". A name of at most `enough` columns stays as
/// it is.
std::string short_name(std::string_view name, std::size_t enough = 32);

} // namespace tl::tool

#endif
