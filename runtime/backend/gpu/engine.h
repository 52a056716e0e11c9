// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs and times variants on private copies of a problem's buffers. The same code works in a worker
// process and, where the arguments cannot leave it, in the caller's.

#ifndef TL_RUNTIME_BACKEND_GPU_ENGINE_H
#define TL_RUNTIME_BACKEND_GPU_ENGINE_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/device_copies.h"
#include "runtime/backend/gpu/device_memory.h"
#include "runtime/backend/gpu/output_survey.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/backend/gpu/result_check.h"
#include "runtime/backend/gpu/sample_timer.h"
#include "runtime/backend/gpu/trial_calls.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tl::rt::gpu {

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
  /// See trial_bench. `may_poison`: the reference may be run on contents of our own too.
  verdict prepare(bool may_poison = true);
  verdict probe(std::uint32_t variant);
  /// See trial_bench::confirm. Needs no prepare().
  verdict prove(std::uint32_t variant);
  /// Takes all samples and waits once. Not ok: the round as a whole failed, and nobody knows at
  /// which.
  status round(std::span<const sample_request> order, timed_round &to);
  double reference_ns() const { return reference_ns_; }
  /// What the user should be told once it is set up, "" for nothing: a worker has no log.
  const std::string &remark() const { return remark_; }
  /// What results are compared on, as prepare() has found out.
  const std::string &compared() const { return survey_.compared(); }
  /// Whether this process must not be used for another trial: the device is lost to it, or a
  /// variant wrote where it should not have.
  bool tainted() const { return check_.damaged() || tainted_ || device_.lost(); }

private:
  status load(std::uint32_t variant) const;
  verdict run_reference();
  verdict run_and_guard(const trial_calls::callable &what);
  verdict check(std::uint32_t variant);
  verdict check_repeats(std::uint32_t variant);
  verdict check_varied(std::uint32_t variant);
  std::string of_reference(const std::string &reason) const;

  device &device_;
  const tl_factory &factory_;
  problem problem_;
  device_memory scratch_; ///< for kernels of ours
  device_copies copies_;
  trial_calls calls_;
  result_check check_;
  output_survey survey_;
  sample_timer timer_;
  double reference_ns_ = 0;
  std::string remark_;
  bool tainted_ = false;
};

} // namespace tl::rt::gpu

#endif
