// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of one race, shared by its parts: race.cpp (who is sampled, and when it ends),
// race_samples.cpp (how samples are taken), race_finals.cpp (what the winner has to stand before it
// is named) and race_report.cpp (what is said about it).

#ifndef TL_RUNTIME_MEASURE_RACE_SESSION_H
#define TL_RUNTIME_MEASURE_RACE_SESSION_H

#include "race.h"
#include "ranking.h"

#include <random>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// Not thread-safe; used for one run.
class race_session {
public:
  race_session(const std::vector<entrant> &entrants, sampler &from, clock &time,
               const race_options &options);
  race_result run();

private:
  void drop_hopeless_probes();
  void warm_up();
  void race_on();
  void confirm_default();
  void confirm_sustained();
  void conclude();

  bool take(const std::vector<std::uint32_t> &order, double least_ns);
  bool take_piece(std::span<const sample_request> piece);
  bool ready(std::uint32_t v) const;
  bool may_go_on();
  double left_ns() const;
  double cost_ns(std::uint32_t v, double least_ns) const;
  bool fits(double ns);
  void stop(const char *why);
  void arrange(std::vector<std::uint32_t> &order);
  void shuffle(std::vector<std::uint32_t> &order);
  double expected_ns(std::uint32_t v) const;

  void look();
  double pass_ns() const;
  bool certain_enough() const;
  bool held_back();
  bool note_load();
  std::vector<std::uint32_t> finalists() const;
  void sample_finalists();
  /// Of one variant alone: how long it runs before it is timed, and how long it is timed [ns].
  struct window_length {
    double before_ns = 0, timed_ns = 0;
    bool settled = false; ///< the limiter takes no longer than that
  };
  void run_untimed(std::uint32_t v, double for_ns);
  bool window(std::uint32_t v, double before_ns, double timed_ns, double &time_ns);
  std::vector<double> window_in_steps(std::uint32_t v, std::size_t steps);
  window_length first_turn(const std::vector<std::uint32_t> &finalists,
                           std::vector<std::vector<double>> &turns_of);
  void judge_windows(const std::vector<std::vector<double>> &turns);
  contrast behind(std::uint32_t v) const;
  void choose_sample_length();
  std::uint32_t unproven_launches() const;
  void lengthen(std::vector<std::uint32_t> &order);
  void mix_in_leader(std::vector<std::uint32_t> &order);
  std::vector<std::uint32_t> first_contenders();
  std::vector<std::uint32_t> contenders() const;

  const std::vector<entrant> &entrants_;
  sampler &from_;
  clock &time_;
  const race_options &options_;
  const std::size_t count_;
  std::mt19937_64 random_;
  const std::int64_t begin_ns_;
  const double tolerance_; // epsilon as a difference of logarithms
  race_result result_;
  std::vector<bool> racing_; // works, and was not found too slow
  std::vector<std::uint32_t> samples_;
  std::vector<bool> ran_here_; // has a sample of this session
  std::vector<double> last_ns_;
  std::vector<double> clocks_;
  ranking ranking_;
  double sample_ns_; // least length of a sample
  bool looked_ = false;
  double sustained_doubt_ = 0;       // that another finalist is faster for long
  std::vector<double> window_error_; // of each finalist's window against the winner's [ln]
};

} // namespace tl::rt::measure

#endif
