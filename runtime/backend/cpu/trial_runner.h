// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs variants of one factory on one set of arguments, checks what they leave, and times them: in
// a worker, or on copies of the buffers in the caller's process.

#ifndef TL_RUNTIME_BACKEND_CPU_TRIAL_RUNNER_H
#define TL_RUNTIME_BACKEND_CPU_TRIAL_RUNNER_H

#include "runtime/backend/backend.h"
#include "runtime/backend/cpu/expectation.h"
#include "runtime/backend/cpu/kept_result.h"
#include "runtime/backend/cpu/memory/write_tracker.h"
#include "runtime/domain/compare.h"
#include "runtime/worker/process_state.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt {

class output_scout;

/// Why there is no session where the reference leaves no trace, after its name.
inline constexpr const char *nothing_to_compare =
    "it changes nothing that can be compared: no memory that was there before the call, and no "
    "result; say how to judge with `check`, or `skip_check`";

/// A trial's outcome, and whether the process it ran in should not be used any longer.
struct runner_outcome {
  verdict outcome;
  bool tainted = false;
  double at_ns = 0;           ///< middle of the timed region [ns]
  std::uint32_t launches = 1; ///< that a sample spans
};

/// What is not right, and whether its process should not be used any longer.
runner_outcome rejected(verdict why, bool tainted);
runner_outcome rejected(trial_status status, std::string reason, bool tainted);

/// Not thread-safe. Its parts stand in trial_*.cpp, each named for what it does.
class trial_runner {
public:
  /// `own_process`: nothing but trials happens in this process, so that what a variant changes for
  /// the whole process is seen, held against it, and put right.
  trial_runner(const tl_factory &factory, void *const *arguments, const tl_options &options,
               bool cold, bool own_process)
      : factory_(factory), arguments_(arguments), options_(options), cold_(cold),
        own_process_(own_process), floating_point_(floating_point_control()),
        warm_(factory.variant_count), result_(factory.result), expected_object_(factory.result) {}

  /// The factory has got more variants.
  void grown() { warm_.resize(factory_.variant_count); }

  /// Starts to watch the memory of `expected.layout`, which is filled in before.
  status arm();

  /// Runs the reference and fills the rest of `expected`; `scout` looks for outputs that are no
  /// arguments, null: nobody does.
  runner_outcome prepare(output_scout *scout = nullptr);

  /// Whether something was found that settle_noise() has to look at.
  bool has_found() const { return !expected.layout.found.empty(); }

  /// Runs the reference once more: where it leaves something else than before, nothing is compared.
  runner_outcome settle_noise();

  /// Finds out which of the elements that the reference writes are pure outputs.
  void classify();

  /// Changes what lies in buffers that the reference seems to leave alone, and runs it once more:
  /// what it wrote without changing it is an output, too, and what it does not even read is
  /// poisoned from now on. Attempt 0 is about all such buffers, n about the n-th one only. False:
  /// they cannot be told apart in this way, or there is none.
  bool explore(std::uint32_t attempt);

  /// What is compared, in words; "" when nothing is.
  std::string describe_compared();

  runner_outcome probe(std::uint32_t variant);
  /// `launches` at most, fewer where most_between_launches_ns ends it.
  runner_outcome sample(std::uint32_t variant, std::uint32_t launches);

  write_tracker &tracker() { return tracker_; }

  expectation expected;

private:
  static constexpr std::uint32_t the_reference = UINT32_MAX;

  runner_outcome run(std::uint32_t variant, std::uint32_t launches = 1, bool timed = false);
  void invoke_once(std::uint32_t variant, void *const *arguments, void *result);
  void invoke(std::uint32_t variant, void *result);
  runner_outcome keep_expected_object();
  match_rule rule_for(const memory_region &region);
  std::optional<double> size_of_output(const memory_region &region);
  double size_for(const comparison &sum, const memory_region &region);
  void restore();
  void set_up_check_run(bool poison_runs);
  void flush_caches();

  void keep_views();
  void collect_replaced();
  void collect_runs();
  void collect_region(std::uint32_t index);
  void collect_noise();
  bool classify_by_area(std::uint32_t with, bool whole);
  void classify_by_runs(std::uint32_t with);

  runner_outcome judge(std::uint32_t variant);
  std::string find_leftovers();
  std::string find_late_write() const;
  std::string find_outside_write() const;
  std::string compare_runs();
  std::string compare_replaced();
  double most_mismatched(const memory_region &region) const;
  std::vector<std::uint32_t> unexplored() const;
  bool left_the_same();
  bool confirm_explored();
  bool take_explored(std::uint32_t region, const std::vector<std::byte> &changed);
  runner_outcome compare_rest(bool outside_only);
  bool compares_result() const;
  std::string compare_result() const;
  bool as_expected(const written_run &run);
  std::string compare_repeats(std::uint32_t variant, runner_outcome &failed);

  const tl_factory &factory_;
  void *const *arguments_;
  tl_options options_;
  bool cold_;
  bool own_process_;
  unsigned long floating_point_; ///< control of this thread before the trials
  std::vector<bool> warm_;       ///< variants that have run in this process
  write_tracker tracker_;
  std::vector<tl_view> views_; ///< of the parameters before the reference runs
  kept_result result_;
  kept_result expected_object_; ///< of a result that only its own code can compare
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> rms_; ///< of outputs
  std::string restore_failed_;
  int threads_ = 0; ///< of this process before the last check run
  double last_ns_ = 0;
  double last_at_ns_ = 0;
  std::vector<std::byte> flush_buffer_;
};

} // namespace tl::rt

#endif
