// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening the database that a command is about, and choosing rows in it.

#ifndef TL_TOOL_DATABASE_H
#define TL_TOOL_DATABASE_H

#include "command.h"

#include "runtime/store/store.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tl::tool {

/// The file that --db or the environment names. Throws failure when nothing names one.
std::string database_path(const context &ctx);

/// Opens it for reading: it must exist. Throws failure(exit_database).
std::unique_ptr<rt::store::tuning_store> open_for_reading(const context &ctx);

/// Opens it for additions, creating it if need be. Throws failure(exit_database), also where the
/// file is damaged: a program would set it aside and begin anew, a person should know first.
std::unique_ptr<rt::store::tuning_store> open_for_writing(const context &ctx);

/// The same for what removes: it must exist.
std::unique_ptr<rt::store::tuning_store> open_for_changes(const context &ctx);

/// Throws failure(exit_database) unless `status` is ok.
void require(const rt::status &status);

/// Which problems a command is about.
struct selection {
  std::string factory;
  std::string problem;
  std::string device;
  std::string mode;
  bool stale = false;
};

/// Adds FACTORY and PROBLEM as positional arguments and --device, --mode, --stale.
void add_selection(CLI::App &command, selection &what);

/// `what` for the store. A factory without wildcards is taken exactly; where no factory has exactly
/// that name and `lenient` is set, it matches every name that contains it, or the one that it is
/// short for; and a problem that is none matches those that have its parts: n=8.
rt::store::filter to_filter(const selection &what, rt::store::tuning_store &store, bool lenient);

/// Fingerprints that a newer build of the same factory has replaced: (id, fingerprint).
std::set<std::pair<std::string, std::string>> stale_factories(rt::store::tuning_store &store);

/// The newest session of each selected problem that has at least one trial, with its trials; newest
/// first.
std::vector<rt::store::session_bundle> latest_sessions(rt::store::tuning_store &store,
                                                       const rt::store::filter &filter);

/// "gemm<float> m=64,n=64 on NVIDIA H200 (cold)"
std::string describe(const rt::store::session_bundle &bundle);

/// The part of a device's identity ("model=...;cores=...") that people call it by.
std::string device_name(const std::string &identity);

} // namespace tl::tool

#endif
