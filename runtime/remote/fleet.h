// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners that other machines have found: what the tuner asks of them, and nothing of how they are
// reached (docs/fleet.md). Whatever is remote can be late, away or wrong. So each question has a
// time limit, no answer is an error, and what comes back is a suggestion that has to be proven on
// this machine.

#ifndef TL_RUNTIME_REMOTE_FLEET_H
#define TL_RUNTIME_REMOTE_FLEET_H

#include "runtime/store/requests.h"
#include "runtime/support/environment.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tl::rt::remote {

/// A winner as another machine has stored it.
struct foreign_winner {
  store::winner best;
  std::vector<store::proof_record> proofs;
  std::string origin; ///< "host1 (user alice, 2026-11-29 04:00)", for messages
};

/// What a session has found, to be told to others.
struct finding {
  store::session_request what;
  store::winner best;
  std::vector<store::proof_record> proofs;
  std::string session; ///< uid, "" for none
  std::vector<store::trial> trials;
};

/// The right to tune one problem, as long as it lives. Other machines see it end when this process
/// does, or its machine.
class lease {
public:
  virtual ~lease() = default;
};

struct lease_answer {
  enum class outcome : unsigned char {
    unknown, ///< nobody keeps leases, or nobody answers: go on without
    granted, ///< ours
    held,    ///< somebody else is tuning
    found,   ///< somebody else has tuned meanwhile
  };
  outcome state = outcome::unknown;
  std::shared_ptr<lease> held = {};          ///< where granted
  std::string holder = {};                   ///< where held, for messages
  std::optional<foreign_winner> winner = {}; ///< where found
};

/// Thread-safe. Nothing throws but for memory.
class fleet {
public:
  using duration = std::chrono::steady_clock::duration;

  virtual ~fleet() = default;

  /// By which all limits here are multiplied; 1 unless the user wants another balance.
  virtual double patience() const { return 1; }
  /// Whether proofs of other machines count here as if they had been made here.
  virtual bool trusts_proofs() const = 0;
  /// Returns after `limit` at the latest.
  virtual std::optional<foreign_winner> lookup(const store::winner_key &key, duration limit) = 0;
  /// Likewise.
  virtual lease_answer take_lease(const store::winner_key &key, duration limit) = 0;
  /// Hands it over and does not wait for what becomes of it. `under`: the lease, if any, which
  /// others get only after they can see what was found.
  virtual void publish(const finding &found, const std::shared_ptr<lease> &under,
                       duration limit) = 0;
};

/// What TL_REMOTE names in `controls`; null where it is not set, or where there is no `directory`
/// for a socket. The first call decides for the program. Thread-safe; never destroyed.
fleet *program_fleet(const controls &controls, const std::string &directory);

} // namespace tl::rt::remote

#endif
