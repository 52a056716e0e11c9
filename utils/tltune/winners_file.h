// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file that `tltune bake` writes and -fplugin-arg-tl-use=FILE reads: text that is kept beside
// the source, one row on a line, sorted, with nothing in it that changes when nothing else does.
// plugin/WinnersFile.h reads it; docs/release.md describes it.

#ifndef TL_TOOL_WINNERS_FILE_H
#define TL_TOOL_WINNERS_FILE_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tl::tool {

struct baked_row {
  std::string config;
  double time_ns = 0;
  std::int64_t when = 0;       ///< [ms since 1970]
  std::set<std::string> facts; ///< of calls that the config was right for
};

/// One factory in one state of its code.
struct baked_factory {
  std::string name, default_config;
  std::set<std::string> keep;                         ///< configs to be compiled beside the winners
  using device = std::pair<std::string, std::string>; ///< identity and mode
  std::map<device, std::map<std::string, baked_row>> winners; ///< by problem
};

/// By mangled name and fingerprint.
using winners_file = std::map<std::pair<std::string, std::string>, baked_factory>;

std::string to_text(const winners_file &file);

} // namespace tl::tool

#endif
