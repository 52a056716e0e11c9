// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of one session, shared by its parts: session.cpp (their order, and what comes of them),
// session_probes.cpp (each variant's first run), session_race.cpp (the right ones against each
// other) and session_winner.cpp (what the winner has to stand before it is one).

#ifndef TL_RUNTIME_TUNER_SESSION_IMPL_H
#define TL_RUNTIME_TUNER_SESSION_IMPL_H

#include "runtime/backend/backend.h"
#include "runtime/demand/batches.h"
#include "runtime/demand/rtc_compiler.h"
#include "runtime/factory/grown.h"
#include "runtime/measure/race.h"
#include "runtime/measure/search.h"
#include "runtime/tuner/bench_sampler.h"
#include "runtime/tuner/demand_search.h"
#include "runtime/tuner/probe_queue.h"
#include "runtime/tuner/progress.h"
#include "runtime/tuner/session_result.h"
#include "runtime/tuner/time_budget.h"
#include "runtime/tuner/world.h"

#include <tl/abi.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// Share of a session's budget that is kept for the race.
inline constexpr double race_share = 0.3;

/// Used by the thread that made the call.
class session_run {
public:
  session_run(const world &in, const tl_factory &factory, const tl_call &call, backend &on,
              const store::session &session, const tl_options &options, bool cold)
      : world_(in), built_(count_built_variants(factory)),
        grown_(may_grow(factory) ? with_all_variants(factory) : tl_factory{}),
        factory_(may_grow(factory) ? grown_ : factory), call_(call), backend_(on),
        session_(session), options_(options), cold_(cold), trials_(factory_.variant_count),
        progress_(in.environment.progress, factory.name, call.problem),
        budget_(options.budget, in.clock) {}

  session_result run();

private:
  /// One variant's place in the session.
  struct entry {
    bool wanted = true;  ///< eligible, chosen by the search, and not lost in an earlier run
    bool known = false;  ///< its first run has ended, in this run of the session or an earlier one
    bool again = false;  ///< an earlier run of the session was stopped or killed in its first run
    bool probed = false; ///< right, and the time of its first run is known
    bool promising = false; ///< predicted from other problems
    double probe_ns = 0;
    /// When, on the clock of the race [ns]; NaN: in an earlier run, or on another device.
    double probe_at_ns = std::numeric_limits<double>::quiet_NaN();
    /// The winner's median times how much slower than it the variant is by what the winner was
    /// chosen by; its own median where that is not known; 0: never timed [ns].
    double level_ns = 0;
    store::trial trial;
  };

  // What is known before anything runs.
  void take_over_earlier_trials();
  void rule_out_absent();
  void leave_other_parts();
  status ask_eligible();

  // First runs.
  double probe_limit_s() const;
  std::vector<std::uint32_t> searched() const;
  measure::search_space known_space(const std::vector<const char *> &configs,
                                    std::uint32_t start) const;
  void judge_stopped(std::uint32_t variant, verdict &outcome) const;
  void note(std::uint32_t variant, const verdict &outcome);
  void probed(std::uint32_t variant, const verdict &outcome, const std::string &unit,
              std::optional<std::uint32_t> next);
  void journal(std::span<const store::trial> ended, std::optional<std::uint32_t> next);
  bool run_queue(probe_queue &queue, const std::vector<std::uint32_t> &variants, std::size_t later);
  probe_hooks make_hooks(trial_bench &bench, std::uint32_t most);
  std::vector<std::uint32_t> to_try_again() const;
  bool probe_all(trial_bench &bench, double start_s);
  void look_again(trial_bench &bench);

  // The race.
  void race_all(trial_bench &bench, session_result &result);
  std::vector<measure::entrant> entrants() const;
  std::vector<measure::recorded_sample> kept_samples() const;
  measure::race_options race_options_for(std::vector<measure::recorded_sample> kept);
  void note_race(const measure::race_result &raced, const bench_sampler &sampler);
  void take_best_first_run(session_result &result) const;
  void take_raced(const measure::race_result &raced, double reference_ns,
                  session_result &result) const;
  std::vector<std::string> remarks_about(const measure::race_result &raced,
                                         const std::string &winner) const;

  // The winner.
  void confirm(trial_bench &bench, session_result &result);
  void take_next_best(session_result &result) const;

  session_result fail(std::string why);
  session_result unprepared(const verdict &prepared);
  session_result finish(session_result result);

  // Variants that are compiled on demand: session_demand.cpp.
  bool grows() const;
  void load_earlier();
  void grow();
  measure::strategy demand_strategy() const;
  std::size_t demand_count() const;
  void say_why_not(const demand::batch_compiler &compiler, bool at_start) const;
  std::vector<std::uint32_t> take_in(std::vector<demand::made_variant> made, demand_search &search,
                                     std::map<std::uint32_t, std::uint64_t> &combinations);
  bool probe_on_demand(probe_queue &queue, trial_bench &bench);

  // Variants whose kernels are compiled on this machine: session_rtc.cpp.
  bool begin_device_code();
  bool take_in_compiled(std::vector<std::uint32_t> &ready);
  bool run_as_compiled(probe_queue &queue, const std::vector<std::uint32_t> &variants,
                       std::size_t later);

  const world &world_;
  const std::uint32_t built_; ///< variants that the program was built with
  tl_factory grown_;          ///< of one that grows: counts what was compiled meanwhile, too
  const tl_factory &factory_;
  const tl_call &call_;
  backend &backend_;
  const store::session &session_;
  const tl_options options_;
  const bool cold_;
  std::vector<entry> trials_;
  demand::batch_compiler *compiling_ = nullptr; ///< looked after between first runs
  std::vector<store::trial> not_made_;          ///< of configs that could not be compiled
  bool not_compiled_now_ = false;               ///< for reasons that may be gone the next time
  std::unique_ptr<demand::rtc_compiler> device_code_;
  std::set<std::uint32_t> compiled_; ///< variants whose device code is there, or cannot be had
  progress_line progress_;
  const time_budget budget_;
  std::uint32_t carried_over_ = 0;
  std::string compared_; ///< what the variants are compared on
  std::string unproven_; ///< why the winner could not be tried inside the program
  double best_probe_ns_ = 0;
  double kill_cost_s_ = 0; ///< of a new worker that has run the reference [s]
  std::uint32_t probes_ = 0, failed_probes_ = 0;
  std::vector<std::uint32_t> queued_; ///< for a first run, and not started; the next one first
  double first_started_s_ = 0;        ///< the first of the first runs, in this run of the session
};

} // namespace tl::rt

#endif
