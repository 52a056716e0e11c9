// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fleet by way of the helper process.

#ifndef TL_RUNTIME_REMOTE_CLIENT_H
#define TL_RUNTIME_REMOTE_CLIENT_H

#include "runtime/remote/fleet.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace tl::rt::remote {

/// Keeps no descriptor between two calls, but for leases. After a failure it asks nobody for a
/// while, longer each time. All in all it costs the process a second at most, and after that a
/// tenth of its time.
class client final : public fleet {
public:
  /// `directory`: for the socket. `remote`: as TL_REMOTE has it.
  client(std::string directory, std::string remote);

  double patience() const override { return patience_; }
  bool trusts_proofs() const override { return trusts_proofs_; }
  std::optional<foreign_winner> lookup(const store::winner_key &key, duration limit) override;
  lease_answer take_lease(const store::winner_key &key, duration limit) override;
  void publish(const finding &found, const std::shared_ptr<lease> &under, duration limit) override;

private:
  using time_point = std::chrono::steady_clock::time_point;

  bool may_ask();
  int ask(std::string_view message, std::string &answer, duration limit, time_point now);
  void fail(const std::string &why);
  duration longest_connect() const;
  void spend(duration time);

  const std::string directory_, remote_;
  const bool trusts_proofs_;
  const double patience_;
  std::atomic<int> failures_{0};        ///< in a row
  std::atomic<std::int64_t> ask_at_{0}; ///< not before, on the steady clock [ns]
  std::atomic<std::int64_t> left_ns_;   ///< that may be waited
  std::atomic<std::int64_t> refilled_at_;
};

} // namespace tl::rt::remote

#endif
