// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factories that a library holds, asked of the runtime that it is linked with.

#ifndef TL_TOOL_COMPILED_H
#define TL_TOOL_COMPILED_H

#include <map>
#include <set>
#include <string>

namespace tl::tool {

/// One factory as it is compiled now.
struct compiled_factory {
  std::string fingerprint;
  std::set<std::string> configs;
};

/// Opens a shared library, which runs its initialisers, and lists its factories by id. The library
/// stays open. Throws failure(exit_file).
std::map<std::string, compiled_factory> compiled_factories(const std::string &library);

} // namespace tl::tool

#endif
