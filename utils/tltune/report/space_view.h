// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A session as the charts see it: trials ranked, tunables with their values.

#ifndef TL_TOOL_REPORT_SPACE_VIEW_H
#define TL_TOOL_REPORT_SPACE_VIEW_H

#include "runtime/store/store.h"
#include "statistics.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tl::tool {

/// One tunable: the values that it takes in the trials, in numeric order where they are numbers.
struct tunable {
  std::string name;
  std::vector<std::string> values;
};

/// One trial with a time.
struct ranked_trial {
  const rt::store::trial *data;
  interval middle;                ///< of the median, see median_interval() [ns]
  interval range;                 ///< 5 % to 95 % of the samples [ns]
  std::vector<std::size_t> level; ///< index into tunables[i].values, for each tunable
  bool is_winner = false;
  bool is_default = false;
};

/// Refers to the session, which must outlive it.
struct space_view {
  const rt::store::session_bundle *session;
  std::vector<tunable> tunables;    ///< those with more than one value
  std::string constants;            ///< the others: "filter_height=15, filter_width=15"
  std::vector<ranked_trial> ranked; ///< by median, the fastest first
  /// Neither measured nor cut nor ruled out by the user.
  std::vector<const rt::store::trial *> failed;
  std::size_t not_eligible = 0;
  std::optional<std::size_t> winner, default_config; ///< indices into ranked

  explicit space_view(const rt::store::session_bundle &from);

  /// The config without what is the same everywhere: "block_m=64 block_n=32".
  std::string label(const std::string &config) const;

  /// Only what it has other than `base`; the whole label where that is no shorter.
  std::string difference(const std::string &config, const std::string &base) const;
};

} // namespace tl::tool

#endif
