// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the database knows of a factory's configs: one time for each config and problem.

#ifndef TL_TOOL_RECORDED_H
#define TL_TOOL_RECORDED_H

#include "database.h"

#include "runtime/tuner/experience.h"

#include <set>
#include <string>
#include <vector>

namespace tl::tool {

/// One tuned problem on one device.
struct recorded_problem {
  rt::tuned_problem tuned;
  std::string winner; ///< the installed one, else the fastest

  /// How much slower than the winner a config is: 0 for faster ones, infinite where it failed; NaN:
  /// it was not timed on this problem.
  double loss(const std::string &config) const;
};

/// One state of a factory's code, with every problem that has a time.
struct recorded_factory {
  rt::store::factory_record factory;
  std::vector<recorded_problem> problems; ///< in the order of device, mode and problem
  std::set<std::string> configs;          ///< all that were tried, and the default if it is known
};

/// The selected factories by name. Code that a newer build has replaced is left out, unless it is
/// what the filter asks for. Throws failure(exit_database).
std::vector<recorded_factory> recorded_factories(rt::store::tuning_store &store,
                                                 const rt::store::filter &filter);

} // namespace tl::tool

#endif
