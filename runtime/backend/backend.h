// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tuning needs from a kind of device: who it is, and a bench on which variants of one factory
// are tried on one problem without leaving a trace in the caller's data. The CPU, CUDA and HIP
// implement it; the tuner knows no other difference between them.

#ifndef TL_RUNTIME_BACKEND_BACKEND_H
#define TL_RUNTIME_BACKEND_BACKEND_H

#include "runtime/domain/sample.h"
#include "runtime/measure/sampler.h"

#include <tl/abi.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt {

/// What a sample may spend between its launches on flushing caches and putting data back, where
/// that is more than its launches take [ns]: then it makes do with fewer of them. Without an end to
/// it, 50 us of a cold function of 50 ns would take a thousand flushes of 10 ms.
inline constexpr double most_between_launches_ns = 10e6;

/// What is to be tried: one factory on one problem.
struct tuning_task {
  const tl_factory *factory;
  const tl_call *call;
  tl_options options; ///< the attribute's, with the environment's overrides applied
  bool cold;          ///< flush caches before each timed sample
  bool in_process;    ///< isolation none
  std::uint64_t seed;
  /// Nothing will be timed: each function runs no more often than the check needs.
  bool once = false;
  /// What runs then is stopped: the time that a session may take is over.
  std::chrono::steady_clock::time_point stops_at = std::chrono::steady_clock::time_point::max();
};

/// What running a few variants once each, beside the reference, has shown.
struct proof {
  /// Why nothing could be run at all, "" where something was: then nothing is known of any variant.
  std::string obstacle;
  /// What became of the candidates, in their order; those after the first right one never ran.
  std::vector<verdict> tried;

  /// Whether one was right: the last of `tried`.
  bool found() const { return obstacle.empty() && !tried.empty() && tried.back().right(); }
};

/// Where variants of one task are tried. Owns the worker process and replaces it when it is lost; a
/// lost worker costs the running trial only. Not thread-safe; used by the thread that made the
/// call.
class trial_bench {
public:
  virtual ~trial_bench() = default;

  /// Runs the reference (or the default config) and keeps what it left as the expected results.
  /// Not right: nothing can be checked, and the reason says why.
  virtual verdict prepare() = 0;

  /// Runs one variant once and checks its results. Killed after `limit_s` [s].
  virtual verdict probe(std::uint32_t variant, double limit_s) = 0;

  /// Runs it once more after all that has happened since, and checks its results again.
  virtual verdict recheck(std::uint32_t variant, double limit_s) { return probe(variant, limit_s); }

  /// What is compared, once prepared: "y, 4096 of 4096 elements changed"; "": nothing, or not said.
  virtual std::string compared() const { return {}; }

  /// Takes the samples in the given order. A variant that fails in the middle yields its outcome
  /// and the rest of the round is still taken. Each sample is killed after `limit_s` [s].
  virtual timed_round round(std::span<const sample_request> order, double limit_s) = 0;

  /// Whether what the trials found holds inside the program: the reference and the variant run
  /// there once on copies and have to agree. `harness_error`: nothing could be found out. At once
  /// where the trials saw the program's own state.
  virtual verdict confirm(std::uint32_t) { return {}; }

  /// The factory has got more variants: what was made to run them may not know them.
  virtual void grown() {}

  /// Time of the reference, where one was given and ran [ns]; 0 otherwise.
  virtual double reference_ns() const = 0;

  /// How hard the device has worked since the last call of this; see measure::sampler::load.
  virtual measure::device_load load() { return {}; }

  /// Another bench for the same task, on another device: for first runs only, and usable by another
  /// thread, one at a time. This one outlives it. Null, with the reason in `error`, where that is
  /// not possible.
  virtual std::unique_ptr<trial_bench> open_helper(std::int32_t device, std::string &error);
};

/// A kind of device. Thread-safe.
class backend {
public:
  virtual ~backend() = default;

  /// Name and properties of a device, in a stable order, as far as they decide how fast code runs:
  /// together they are the device part of the lookup key.
  virtual std::vector<std::pair<std::string, std::string>> identity(std::int32_t device) = 0;

  /// What makes a device one physical thing that only one session measures on at a time: the UUID
  /// of a GPU; here the host's name, as it is right for the CPU.
  virtual std::string unit(std::int32_t device);

  /// Other devices of the same identity that can read this one's memory and that, as far as can be
  /// told, nobody is using at the moment.
  virtual std::vector<std::int32_t> idle_peers(std::int32_t device);

  /// Whether all devices that this process sees have one identity.
  virtual bool one_model() { return true; }

  /// Sets up trials for one task. Null, with the reason in `error`, where that is not possible.
  virtual std::unique_ptr<trial_bench> open(const tuning_task &task, std::string &error) = 0;

  /// Asks which of `candidates` is right for this very call. The reference (or the default config)
  /// runs once and then one candidate after the other, until one leaves the same results: each on
  /// copies that have the alignment (up to 256 bytes) and the overlap of the caller's buffers, in
  /// memory that is written by nobody else. Nothing of the caller's is written, nothing is timed.
  /// Each run is killed after `task.options.timeout`.
  virtual proof prove(const tuning_task &task, std::span<const std::uint32_t> candidates);

  /// How far memory goes from each address on (0: none is asked for), at most: to the end of its
  /// allocation. Leaves those alone that it cannot tell. [bytes]
  virtual void measure_reach(std::int32_t device, std::span<const std::uintptr_t> addresses,
                             std::span<std::uint64_t> bytes);

  /// The largest cache that data may stay in between two calls; 0: not known [bytes].
  virtual std::uint64_t cache_bytes(std::int32_t device);

  /// Whether timings are cold unless the attribute says otherwise.
  virtual bool cold_by_default() const = 0;
};

} // namespace tl::rt

#endif
