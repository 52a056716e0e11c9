// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tuning needs from a kind of device: who it is, and a bench on which variants of one factory
// are tried on one problem without leaving a trace in the caller's data. The CPU, CUDA and HIP
// implement it; the tuner knows no other difference between them.

#ifndef TL_RUNTIME_BACKEND_BACKEND_H
#define TL_RUNTIME_BACKEND_BACKEND_H

#include "runtime/store/schema.h"

#include <tl/abi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt {

/// How a trial ended: measured, wrong, crashed, timed_out, threw, ... (the store's list).
using store::trial_status;

/// What became of running one variant, with the reason in words where it is not `measured`.
struct trial_outcome {
  trial_status status = trial_status::measured;
  std::string reason; ///< "signal 11 (segmentation fault) at address 0x0", "2 of 64 elements of c
                      ///< differ, ..."
  double time_ns = 0; ///< of the one run, for `measured` and `wrong` [ns]
  std::string resources; ///< JSON object: registers, spills, ...; empty on the CPU
};

/// One timed sample that a round asks for.
struct sample_request {
  std::uint32_t variant;
  std::uint32_t launches; ///< launches that one sample spans, back to back or, if cold, one by one
};

/// What a sample may spend between its launches on flushing caches and putting data back, where
/// that is more than its launches take [ns]: then it makes do with fewer of them. Without an end to
/// it, 50 us of a cold function of 50 ns would take a thousand flushes of 10 ms.
inline constexpr double most_between_launches_ns = 10e6;

/// One timed sample, or why there is none. `time_ns` is per launch.
struct timed_sample {
  std::uint32_t variant;
  trial_outcome outcome;
  double at_ns = 0; ///< middle of the timed region on the monotonic clock, 0: not known [ns]
  std::uint32_t launches = 1; ///< it spans; at most as many as were asked for
};

/// A round of samples, and how fast the device's clock ran in it.
struct timed_round {
  std::vector<timed_sample> samples;
  double clock = 0; ///< relative to the device's nominal clock, 0: not known
};

/// What is to be tried: one factory on one problem.
struct tuning_task {
  const tl_factory *factory;
  const tl_call *call;
  tl_options options; ///< the attribute's, with the environment's overrides applied
  bool cold;          ///< flush caches before each timed sample
  bool in_process;    ///< isolation none
  std::uint64_t seed;
};

/// Where variants of one task are tried. Owns the worker process and replaces it when it is lost; a
/// lost worker costs the running trial only. Not thread-safe; used by the thread that made the
/// call.
class trial_bench {
public:
  virtual ~trial_bench() = default;

  /// Runs the reference (or the default config) and keeps what it left as the expected results.
  /// Not `measured`: nothing can be checked, and the reason says why.
  virtual trial_outcome prepare() = 0;

  /// Runs one variant once and checks its results. Killed after `limit_s` [s].
  virtual trial_outcome probe(std::uint32_t variant, double limit_s) = 0;

  /// Takes the samples in the given order. A variant that fails in the middle yields its outcome
  /// and the rest of the round is still taken. Each sample is killed after `limit_s` [s].
  virtual timed_round round(std::span<const sample_request> order, double limit_s) = 0;

  /// Time of the reference, where one was given and ran [ns]; 0 otherwise.
  virtual double reference_ns() const = 0;

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

  /// Whether timings are cold unless the attribute says otherwise.
  virtual bool cold_by_default() const = 0;
};

/// The backend of a TL_BACKEND_* value; null, with the reason in `error`, when it is not there.
backend *find_backend(std::uint32_t which, std::string &error);

} // namespace tl::rt

#endif
