// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which config a problem that was never tuned will like, from problems that were.
//
// Few configs suffice: a covering set of configs, chosen greedily (Chvatal, 1979), of which one is
// within 1 % of the best on each tuned problem; and the default. Among these a problem gets the one
// that lost least on the tuned problems near it: a mean weighted by the inverse distance (Shepard,
// 1968), and its standard deviation on top, in the space of the logarithms of the key's numbers and
// of the products of two of them. How much each matters is learned by leaving out one problem
// after the other.
//
// On a GPU a config also loses where its blocks cannot be shared out evenly, which no near problem
// tells: 132 blocks more or less are a jump. That part is taken off what near problems say and put
// on for the problem itself, as much of it as predicts best; none of it where memory decides.

#ifndef TL_RUNTIME_TUNER_PREDICTION_H
#define TL_RUNTIME_TUNER_PREDICTION_H

#include "runtime/tuner/experience.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// Not thread-safe while it is constructed.
class prediction {
public:
  /// From problems of one device and mode; those with other fields than most are left out.
  explicit prediction(std::vector<tuned_problem> problems);

  /// Whether there is anything to predict from.
  bool possible() const { return !problems_.empty() && !cover_.empty(); }
  /// Configs for a problem, the most promising first. Empty where its key has other fields.
  std::vector<std::string> ranked(std::string_view problem) const;
  /// Whether a number of the key lies outside of what was tuned.
  bool outside(std::string_view problem) const;
  /// The covering set.
  const std::vector<std::string> &cover() const { return cover_; }
  /// Number of problems that it is made from.
  std::size_t problems() const { return problems_.size(); }

  /// Regret of predicting a tuned problem from the others.
  struct left_out {
    std::string problem, config;
    double regret;         ///< time over the problem's best, minus 1
    double default_regret; ///< the same of the default config; NaN: not measured
  };
  /// Of each problem, each predicted by all the others alone. Takes time cubic in their number.
  static std::vector<left_out> leave_one_out(const std::vector<tuned_problem> &problems);

private:
  struct place {
    std::vector<double> at;      ///< coordinates
    std::vector<double> regrets; ///< of each candidate [ln]
    std::vector<double> uneven;  ///< unevenness of each candidate's blocks [ln]
    std::vector<double> even;    ///< regrets were they even, the least of them 0 [ln]
  };
  void choose_cover();
  void learn_blocks();
  void set_balance(double balance);
  void learn_weights();
  double loss() const;
  std::vector<double> unevenness_on(std::span<const double> problem) const;
  std::size_t choose(const place &where, std::size_t without) const;
  std::vector<double> expected(const place &where, std::size_t without) const;

  std::vector<tuned_problem> problems_;
  std::vector<std::string> cover_;
  std::vector<std::string> candidates_; ///< these and the default
  std::vector<place> places_;
  std::vector<launch_blocks> blocks_; ///< of each candidate; none where one's are not known
  double multiprocessors_ = 0;
  std::vector<double> weights_; ///< per coordinate
  double balance_ = 0;          ///< how much of the unevenness counts, 0 to 1
};

/// From what is known of the key's device and mode.
prediction predict_from(const std::vector<tuned_problem> &experience, const store::winner_key &key);

} // namespace tl::rt

#endif
