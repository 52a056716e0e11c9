// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tuning_store keeps, for the two files that implement it.

#ifndef TL_RUNTIME_STORE_STORE_IMPL_H
#define TL_RUNTIME_STORE_STORE_IMPL_H

#include "runtime/store/file.h"
#include "runtime/store/store.h"
#include "runtime/support/fork_guard.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tl::rt::store {

/// One mutex for all stores of a process: calls are rare, and a fork has to wait for a single one.
inline mutex &store_mutex() { return fork_safe_mutex(fork_safe::store); }

struct tuning_store::impl {
  /// A winner that could not be written, with what is needed to write it later.
  struct unwritten {
    session_request request;
    winner best;
    install_policy policy;
  };

  explicit impl(store_options o);

  store_options options;
  database_file own;
  std::vector<std::unique_ptr<database_file>> layers;
  std::map<winner_key, unwritten> memory;
  std::set<std::string> noted; ///< factories whose use was recorded, or found recorded
  std::map<std::string, std::string> untunable; ///< id and fingerprint: why, where not in the file
  struct kept_proofs {
    std::vector<proof_record> proofs;
  };
  std::map<winner_key, kept_proofs> unwritten_proofs;

  rt::status write(const std::function<void(connection &)> &work);
  std::optional<winner> lookup(const winner_key &key);
  void note_use(const winner_key &key);
  /// Installs a winner, in the file or else in memory; ends the session `uid`, unless "", as
  /// `state`.
  finish_result install(const session_request &what, const std::optional<winner> &best,
                        install_policy policy, const session *ended, session_state state);
};

} // namespace tl::rt::store

#endif
