// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs variants of one factory on one set of arguments, checks what they leave, and times them: in
// a worker, or on copies of the buffers in the caller's process.

#ifndef TL_RUNTIME_BACKEND_CPU_TRIAL_RUNNER_H
#define TL_RUNTIME_BACKEND_CPU_TRIAL_RUNNER_H

#include "runtime/backend/backend.h"
#include "runtime/backend/cpu/expectation.h"
#include "runtime/worker/compare.h"
#include "runtime/worker/process_state.h"
#include "runtime/worker/write_tracker.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt {

/// A trial's outcome, and whether the process it ran in should not be used any longer.
struct runner_outcome {
  trial_outcome outcome;
  bool tainted = false;
  double at_ns = 0;           ///< middle of the timed region [ns]
  std::uint32_t launches = 1; ///< that a sample spans
};

/// Not thread-safe.
class trial_runner {
public:
  /// `own_process`: nothing but trials happens in this process, so that what a variant changes for
  /// the whole process is seen, held against it, and put right.
  trial_runner(const tl_factory &factory, void *const *arguments, const tl_options &options,
               bool cold, bool own_process)
      : factory_(factory), arguments_(arguments), options_(options), cold_(cold),
        own_process_(own_process), floating_point_(floating_point_control()),
        warm_(factory.variant_count) {}

  /// Starts to watch the memory of `expected.layout`, which is filled in before.
  status arm();

  /// Runs the reference and fills the rest of `expected`.
  runner_outcome prepare();

  /// Finds out which of the elements that the reference writes are pure outputs.
  void classify();

  runner_outcome probe(std::uint32_t variant);
  /// `launches` at most, fewer where most_between_launches_ns ends it.
  runner_outcome sample(std::uint32_t variant, std::uint32_t launches);

  write_tracker &tracker() { return tracker_; }

  expectation expected;

private:
  static constexpr std::uint32_t the_reference = UINT32_MAX;

  runner_outcome run(std::uint32_t variant, std::uint32_t launches = 1);
  void invoke(std::uint32_t variant);
  void restore();
  void set_up_check_run(bool poison_runs);
  void flush_caches();

  void collect_runs();
  void collect_region(std::uint32_t index);
  void collect_noise();
  bool classify_by_area(std::uint32_t with, bool whole);
  void classify_by_runs(std::uint32_t with);

  runner_outcome judge(std::uint32_t variant);
  std::string find_leftovers();
  std::string find_late_write() const;
  std::string find_outside_write() const;
  std::string compare_runs() const;
  runner_outcome compare_rest() const;
  std::string compare_result() const;
  std::string compare_repeats(std::uint32_t variant, runner_outcome &failed);

  const tl_factory &factory_;
  void *const *arguments_;
  tl_options options_;
  bool cold_;
  bool own_process_;
  unsigned long floating_point_; ///< control of this thread before the trials
  std::vector<bool> warm_;       ///< variants that have run in this process
  write_tracker tracker_;
  std::byte result_[16] = {};
  int threads_ = 0; ///< of this process before the last check run
  double last_ns_ = 0;
  double last_at_ns_ = 0;
  std::vector<std::byte> flush_buffer_;
};

} // namespace tl::rt

#endif
