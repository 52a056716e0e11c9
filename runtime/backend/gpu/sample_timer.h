// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes the times of variants on the copies.

#ifndef TL_RUNTIME_BACKEND_GPU_SAMPLE_TIMER_H
#define TL_RUNTIME_BACKEND_GPU_SAMPLE_TIMER_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/device_copies.h"
#include "runtime/backend/gpu/device_memory.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/backend/gpu/trial_calls.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tl::rt::gpu {

/// Not thread-safe. Never throws.
class sample_timer {
public:
  /// `scratch`: laid out as device_scratch.h says, and there before the first use.
  sample_timer(device &on, const tl_factory &factory, const problem &what, device_copies &copies,
               trial_calls &calls, const device_memory &scratch)
      : device_(on), factory_(factory), problem_(what), copies_(copies), calls_(calls),
        scratch_(scratch) {}

  /// How times are taken: what was asked for, or what comes closest and can be had, which is said.
  /// Returns what the user should be told, "" for nothing.
  std::string choose_profiler();
  /// Finds out how long it takes to flush the last-level cache.
  status time_flush();
  /// Time of one run, on stamps of its own [ns]; `failure` is right where nothing went wrong.
  double time_once(const trial_calls::callable &what, verdict &failure);
  /// How long a variant's last timed run took [ns].
  void note_run(std::uint32_t variant, double ns) { last_ns_[variant] = ns; }
  /// Takes all samples and waits once. Not ok: the round as a whole failed, and nobody knows at
  /// which.
  status round(std::span<const sample_request> order, timed_round &to);

private:
  std::uint32_t affordable(const sample_request &wanted);
  status sample(const sample_request &wanted, std::size_t &stamp, std::vector<std::size_t> &stamps);
  status separate_sample(const sample_request &wanted, timed_sample &to);
  status load_code(std::uint32_t variant);

  device &device_;
  const tl_factory &factory_;
  const problem &problem_;
  device_copies &copies_;
  trial_calls &calls_;
  const device_memory &scratch_;
  /// Per variant, also of those that came later: of its last timed run [ns].
  std::unordered_map<std::uint32_t, double> last_ns_;
  double flush_ns_ = 0; ///< one flush of the last-level cache [ns]
  std::uint32_t profiler_ = TL_PROFILER_EVENT;
};

} // namespace tl::rt::gpu

#endif
