// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The time that one run of a session may take.

#ifndef TL_RUNTIME_TUNER_TIME_BUDGET_H
#define TL_RUNTIME_TUNER_TIME_BUDGET_H

#include "runtime/measure/clock.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace tl::rt {

/// Starts to run when it is made. When it is used up nothing more is begun; what is under way then
/// is stopped a tenth of the budget later, which leaves as much to write things down within 1.2
/// times the budget.
class time_budget {
public:
  /// `seconds`: 0 for no limit [s]. `clock` outlives this.
  time_budget(double seconds, measure::clock &clock)
      : seconds_(seconds), clock_(clock), begin_ns_(clock.now_ns()) {}

  bool limited() const { return seconds_ > 0; }
  double seconds() const { return seconds_; }
  double elapsed_s() const { return static_cast<double>(clock_.now_ns() - begin_ns_) * 1e-9; }
  /// Whether more than this share of it has passed.
  bool over(double share = 1) const { return limited() && elapsed_s() > share * seconds_; }
  /// Until it is used up; infinite without a limit [s].
  double left_s() const { return until(seconds_); }
  /// Until what is under way is stopped; infinite without a limit [s].
  double stop_in_s() const { return until(stop_share * seconds_); }
  /// Whether what was stopped just now may have been stopped because of the budget.
  bool stops_now() const {
    constexpr double clocks_differ_s = 0.01;
    return limited() && stop_in_s() < clocks_differ_s;
  }
  /// The same on the system's clock, for those who wait for processes.
  std::chrono::steady_clock::time_point stops_at() const {
    using std::chrono::steady_clock;
    return limited() ? steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(
                                                 std::chrono::duration<double>(stop_in_s()))
                     : steady_clock::time_point::max();
  }

private:
  static constexpr double stop_share = 1.1;

  double until(double seconds) const {
    return limited() ? std::max(0.0, seconds - elapsed_s())
                     : std::numeric_limits<double>::infinity();
  }

  double seconds_;
  measure::clock &clock_;
  std::int64_t begin_ns_;
};

} // namespace tl::rt

#endif
