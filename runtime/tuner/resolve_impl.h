// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One call on its way to a variant: private to resolve.cpp, which finds a problem's winner, to the
// resolve_*.cpp beside it, each of which is one way to a winner, and to settle.cpp, which finds the
// variant for a call of a problem that has one.

#ifndef TL_RUNTIME_TUNER_RESOLVE_IMPL_H
#define TL_RUNTIME_TUNER_RESOLVE_IMPL_H

#include "runtime/factory/baked.h"
#include "runtime/factory/grown.h"
#include "runtime/remote/fleet.h"
#include "runtime/store/session_lock.h"
#include "runtime/store/store.h"
#include "runtime/tuner/call.h"
#include "runtime/tuner/call_reading.h"
#include "runtime/tuner/proving.h"
#include "runtime/tuner/resolve.h"
#include "runtime/tuner/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// A config of other problems that is right for a call, or why there is none.
struct likely_variant {
  std::uint32_t variant = UINT32_MAX;
  facts proven = {};
  bool always = false; ///< it needs no proof
  std::string why = {};
};

/// Who wants a session.
enum class tuned_for : unsigned char {
  call,    ///< one that needs a variant: what others have found by now will do as well
  program, ///< it has asked for a session, whatever is stored
};

/// What tuning has come to.
struct found_variant {
  std::uint32_t variant = UINT32_MAX; ///< none: the default config runs, and `why` says why
  std::string why = {};
  bool for_now = false;                       ///< another machine is tuning
  std::optional<session_result> session = {}; ///< where one was held

  /// Behind the variant: none where no session of this call has found it.
  std::span<const store::trial> trials() const {
    if (!session || !session->winner)
      return {};
    return session->trials;
  }
};

/// Used by the thread that made the call.
class resolution {
public:
  /// `nested`: a session of this thread has called the code that makes this call.
  resolution(const world &in, const tl_factory &factory, const tl_call &call, bool nested)
      : world_(in), grown_(may_grow(factory) ? with_all_variants(factory) : tl_factory{}),
        factory_(may_grow(factory) ? grown_ : factory), extended_(factory_, call),
        call_(extended_.get()), nested_(nested) {
    if (call.arguments && !call.synthetic)
      reading_.emplace(factory_, call.arguments);
  }

  std::uint32_t run();
  std::uint32_t refused(std::uint32_t variant);
  explicit_result tune_explicitly();

private:
  // The order in which winners are looked for: resolve.cpp.
  void set_up();
  std::uint32_t run_alone();
  std::optional<std::uint32_t> stored(bool provisional_too);
  std::string why_stale() const;
  [[noreturn]] void end_program(std::string_view looked_for) const;
  std::span<const std::uint64_t> key() const { return {call_.key, call_.key_words}; }
  std::string what() const { return fmt::format("{}({})", factory_.name, call_.problem); }

  // What is installed, and the variant for a call of a problem that has a winner: settle.cpp.
  facts proven_facts(const call_reading &reading) const;
  std::uint32_t install_always(std::uint32_t variant);
  std::uint32_t install_default(std::string_view why);
  std::uint32_t default_under_these_facts(bool keep);
  std::uint32_t find(std::uint32_t excluded = UINT32_MAX) const;
  std::shared_ptr<known_variants> known_here();
  void install_winner(std::uint32_t variant, std::span<const store::trial> trials = {});
  std::uint32_t use_winner(std::uint32_t variant, std::span<const store::trial> trials = {});
  std::optional<baked_winner> baked() const;
  std::uint32_t use_baked(const baked_winner &winner);
  std::uint32_t settle(std::uint32_t excluded = UINT32_MAX);
  bool list_candidates(const known_variants &of, std::uint32_t excluded,
                       std::vector<std::uint32_t> &to_try);
  std::uint32_t prove(known_variants &of, const std::vector<std::uint32_t> &candidates);
  std::string why_no_run() const;

  // Tuning: resolve_tuning.cpp.
  std::uint32_t tune();
  std::string why_no_session_for_a_call();
  std::optional<found_variant> take_lease();
  found_variant find_by_tuning(tuned_for whom);
  found_variant hold_session(const tl_call &trial_call, const store::session &session,
                             store::install_policy policy);
  tuning_task task(const tl_call &on) const;
  double longest_wait_s() const;
  store::session_lock lock_device(double wait_s) const;
  std::optional<std::uint32_t> stored_meanwhile();
  std::vector<store::proof_record> session_proofs(const tl_call &trial_call,
                                                  const session_result &of) const;
  void remark_on_data(const tl_call &trial_call, std::vector<std::string> &remarks) const;

  // Other problems' winners: resolve_nearest.cpp.
  std::uint32_t nearest();
  likely_variant find_likely(double limit_s);
  bool default_is_faster(trial_bench &bench, std::uint32_t predicted) const;

  // Winners of other machines: resolve_fleet.cpp.
  bool may_prove() const;
  bool is_right_here(std::uint32_t variant);
  std::optional<std::uint32_t> take_foreign(const remote::foreign_winner &found);
  std::optional<std::uint32_t> fleet_winner();
  std::optional<std::uint32_t> waiting_variant() const;
  bool fits(std::uint32_t variant, const facts &proven) const;
  std::optional<std::uint32_t> run_meanwhile(const std::string &holder);
  void publish(const session_result &result, const store::finish_result &finished);
  /// Asks within what is left of this call's time for the fleet.
  template <class Ask> auto ask_fleet(remote::fleet::duration most, Ask &&ask) {
    const auto before = std::chrono::steady_clock::now();
    const double patience = world_.fleet->patience();
    const auto limit = std::max(remote::fleet::duration::zero(), std::min(most, fleet_time_));
    auto answer = ask(std::chrono::duration_cast<remote::fleet::duration>(limit * patience));
    fleet_time_ -= std::chrono::duration_cast<remote::fleet::duration>(
        (std::chrono::steady_clock::now() - before) / patience);
    return answer;
  }

  // Winners that the ranks of a job settle together: resolve_ranks.cpp.
  bool agrees() const;
  std::vector<std::vector<std::string>>
  exchange_with_ranks(const char *step, std::vector<std::string> mine, std::string &why) const;
  bool fits_here(std::uint32_t variant);
  std::uint32_t agree();

  bool make_code(std::uint32_t variant);
  void drop_without_code(std::vector<installed_variant> &from);
  std::uint32_t find_or_make(std::string_view config);
  std::uint32_t find_or_make_present(std::string_view config);

  const world &world_;
  tl_factory grown_; ///< of one that grows: counts variants that were compiled on demand, too
  const tl_factory &factory_;
  std::string missing_; ///< the last config that could not be had
  const call_with_extents extended_;
  const tl_call &call_;
  const bool nested_;
  std::optional<call_reading> reading_; ///< none: the call has no data of its own
  const device *device_ = nullptr;
  tl_options options_{};
  bool cold_ = false;
  store::session_request request_;
  /// When the winner that was last looked up was stored [ms], 0: none.
  std::int64_t seen_update_ = 0;
  std::shared_ptr<remote::lease> lease_; ///< on this problem, from the fleet
  /// How long this call may still wait for the fleet.
  remote::fleet::duration fleet_time_ = std::chrono::milliseconds(900);
};

} // namespace tl::rt

#endif
