// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs and times variants on private copies of a problem's buffers. The same code works in a worker
// process and, where the arguments cannot leave it, in the caller's.

#ifndef TL_RUNTIME_BACKEND_GPU_ENGINE_H
#define TL_RUNTIME_BACKEND_GPU_ENGINE_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/worker/compare.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tl::rt::gpu {

/// Space before and after each private buffer that no variant may write [bytes].
inline constexpr std::uint64_t guard_bytes = 64 * 1024;

/// Not thread-safe. Never throws.
class engine {
public:
  /// `from_ipc`: regions are opened through their handles; otherwise they are copied from where
  /// they are.
  engine(device &on, const tl_factory &factory, problem what, bool from_ipc);
  ~engine();
  engine(const engine &) = delete;
  engine &operator=(const engine &) = delete;

  /// Makes the private copies.
  status set_up();
  /// See trial_bench.
  trial_outcome prepare();
  trial_outcome probe(std::uint32_t variant);
  /// Takes all samples and waits once. Not ok: the round as a whole failed, and nobody knows at
  /// which.
  status round(std::span<const sample_request> order, timed_round &to);
  double reference_ns() const { return reference_ns_; }
  /// What the user should be told once it is set up, "" for nothing: a worker has no log.
  const std::string &remark() const { return remark_; }
  /// Whether this process must not be used for another trial: the device is lost to it, or a
  /// variant wrote where it should not have.
  bool tainted() const { return tainted_ || device_.lost(); }

private:
  struct copies {
    address block = 0;           ///< of the working copy, guard zones included
    address working = 0;         ///< what variants get
    address pristine = 0;        ///< as the caller left it; 0: not written by anybody
    address expected = 0;        ///< as the reference left it
    std::vector<std::byte> host; ///< working copy of a region on the host
    std::vector<std::byte> host_expected;
  };
  using callable = std::function<void(void *const *arguments, void *result)>;

  match_rule rule() const;
  void choose_profiler();
  status copy_in(const region &from, copies &to);
  void build_arguments();
  address piece_address(const piece &it, bool expected) const;
  status reset();
  status keep_expected();
  trial_outcome run(const callable &what, bool watch);
  trial_outcome fault(const status &error) const;
  trial_outcome check_guards();
  trial_outcome compare(bool exact, bool poison_counts);
  trial_outcome compare_host(const piece &it, bool exact) const;
  trial_outcome compare_returned() const;
  std::string describe_mismatch(const piece &it, const compare_result &found);
  void find_write_only();
  trial_outcome check(std::uint32_t variant);
  trial_outcome check_repeats(std::uint32_t variant);
  double time_once(const callable &what, trial_outcome &failure);
  callable variant_call(std::uint32_t variant) const;
  callable reference_call() const;
  status time_flush();
  std::uint32_t affordable(const sample_request &wanted) const;
  status sample(const sample_request &wanted, std::size_t &stamp, std::vector<std::size_t> &stamps);
  status load_code(std::uint32_t variant);
  status launch(const sample_request &wanted, std::uint32_t times);
  status separate_sample(const sample_request &wanted, timed_sample &to);
  status restore_read();

  device &device_;
  const tl_factory &factory_;
  problem problem_;
  bool from_ipc_;
  std::vector<copies> copies_;
  std::vector<std::unique_ptr<std::max_align_t[]>> objects_;
  std::vector<void *> arguments_;
  std::vector<std::max_align_t> result_, expected_result_;
  std::vector<bool> write_only_; ///< per piece: may be poisoned
  std::vector<double> last_ns_;  ///< per variant: of its last timed run [ns]
  address results_ = 0;          ///< for kernels of ours
  double reference_ns_ = 0;
  double flush_ns_ = 0; ///< one flush of the last-level cache [ns]
  std::uint32_t profiler_ = TL_PROFILER_EVENT;
  std::string remark_;
  bool tainted_ = false;
  bool thrown_ = false;
};

/// Pieces of status the tuner reads as one outcome.
trial_outcome outcome_of(trial_status status, std::string reason);

} // namespace tl::rt::gpu

#endif
