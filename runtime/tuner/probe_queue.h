// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The variants that wait for their first run, and the devices that take them off the queue: the
// call's own, and idle ones of the same model where that shortens the session. Only first runs are
// shared. They say whether a variant is right and what is hopeless, which is the same on each
// device of one model. The race is not: times of two devices differ by more than the percent that
// it is about, so all of its samples come from the device of the call.

#ifndef TL_RUNTIME_TUNER_PROBE_QUEUE_H
#define TL_RUNTIME_TUNER_PROBE_QUEUE_H

#include "runtime/backend/backend.h"
#include "runtime/store/session_lock.h"
#include "runtime/support/mutex.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace tl::rt {

/// A device that helps. Locked for as long as it does.
struct probe_helper {
  std::string unit; ///< see backend::unit
  store::session_lock lock;
  std::unique_ptr<trial_bench> bench;
};

/// The idle devices of the call's model whose lock is free this very moment, each with a bench on
/// the buffers of `own`. Nobody is waited for: a session that helps itself to a device must not
/// keep one that was asked for it, so two sessions can never wait for each other.
std::vector<probe_helper> recruit_helpers(backend &on, trial_bench &own, std::int32_t device,
                                          const std::string &lock_directory);

/// What the queue asks of the session. Called with the queue's lock held, one at a time, on the
/// thread that runs the variant.
struct probe_hooks {
  /// Time that the next first run may take [s].
  std::function<double()> limit_s;
  /// A variant is about to start.
  std::function<void(std::uint32_t variant)> started;
  /// It has ended on the device `unit` ("": the call's own), and `next`, if any, is about to start
  /// in its place.
  std::function<void(std::uint32_t variant, const verdict &outcome, const std::string &unit,
                     std::optional<std::uint32_t> next)>
      ended;
  /// Whether the session has to stop here.
  std::function<bool()> over;
  /// Time of the default config's first run on the call's device, 0 while it is not known [ns].
  std::function<double()> default_ns;
  /// Who could help; asked once, when that would pay.
  std::function<std::vector<probe_helper>()> recruit;
};

/// Used by the thread that made the call. Helpers have a thread each, which starts and ends their
/// workers; destroying the queue ends them and gives their devices back.
class probe_queue {
public:
  /// `start_s`: what it took to get `own` ready, which each helper needs as well [s].
  probe_queue(trial_bench &own, std::uint32_t default_variant, double start_s, probe_hooks hooks)
      : own_(own), default_variant_(default_variant), start_s_(start_s), hooks_(std::move(hooks)) {}
  ~probe_queue();
  probe_queue(const probe_queue &) = delete;
  probe_queue &operator=(const probe_queue &) = delete;

  /// Runs all of `variants` once, in about this order. `later`: how many more are going to follow.
  /// False when the session had to stop before the last one.
  bool run(std::span<const std::uint32_t> variants, std::size_t later);

private:
  struct seat {
    probe_helper helper;
    std::thread thread;
  };

  std::optional<std::uint32_t> take(bool by_helper);
  void serve_own(std::unique_lock<std::mutex> &lock);
  void help(probe_helper &helper);
  bool fit(probe_helper &helper, double default_ns, std::string &why);
  double expected_left_s() const;
  void recruit_if_worthwhile(std::unique_lock<std::mutex> &lock);

  trial_bench &own_;
  const std::uint32_t default_variant_;
  const double start_s_;
  const probe_hooks hooks_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<std::uint32_t> waiting_;
  std::deque<std::uint32_t> own_only_; ///< a helper's outcome is in doubt
  std::size_t later_ = 0;
  std::size_t at_work_ = 0;   ///< helpers that are running a variant
  bool stopped_ = false;      ///< the session is over
  bool closing_ = false;      ///< helpers go home
  bool asked_ = false;        ///< helpers were asked for
  double own_s_ = 0;          ///< spent in first runs on the call's device [s]
  double last_own_s_[2] = {}; ///< in the last two of them [s]
  std::size_t own_runs_ = 0;
  std::deque<seat> seats_;
};

} // namespace tl::rt

#endif
