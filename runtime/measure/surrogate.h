// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the configs that were tried say about those that were not: Gaussian process regression
// (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 5) of
// ln(time) over the points of a space.
//
// Two configs are the more alike the fewer steps lie between them on each axis. How much a step
// matters is learned per axis, by marginal likelihood: one weight for being different at all, which
// is what names and flags are about, and one for the distance among the values, on a logarithmic
// scale where they are sizes.

#ifndef TL_RUNTIME_MEASURE_SURROGATE_H
#define TL_RUNTIME_MEASURE_SURROGATE_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// What is believed about a config.
struct belief {
  double mean;      ///< in the unit of the values
  double deviation; ///< how unsure
};

/// Not thread-safe. Takes time cubic in the number of values that it was fitted to.
class surrogate {
public:
  /// `points[v]`: the values of config v's tunables, of one length for all. Axes on which all are
  /// the same tell nothing, nor do they later.
  explicit surrogate(std::span<const std::vector<double>> points);

  /// More configs, numbered on.
  void add(std::span<const std::vector<double>> points);

  /// Learns from `values[i]` of config `tried[i]`. With `learn_weights` also how much each axis
  /// matters, which takes some ten times as long; else that stays.
  void fit(std::span<const std::uint32_t> tried, std::span<const double> values,
           bool learn_weights);
  /// Mean alone: quick, for many configs.
  double mean(std::uint32_t v) const;
  belief at(std::uint32_t v) const;
  /// Correlation of two configs, 0..1.
  double alike(std::uint32_t a, std::uint32_t b) const;
  /// Steps between two configs, each axis scaled to 1.
  double distance(std::uint32_t a, std::uint32_t b) const;

private:
  double likelihood(std::span<const std::uint32_t> tried, std::span<const double> values) const;
  void learn(std::span<const std::uint32_t> tried, std::span<const double> values);
  const float *point(std::uint32_t v) const { return &coordinates_[v * axes_]; }

  /// How values become coordinates, those of the first points from 0 to 1.
  struct axis {
    std::size_t index; ///< in a point
    bool sizes;        ///< on a logarithmic scale
    double from, to;
  };

  std::vector<axis> scales_;
  std::size_t axes_ = 0;
  std::vector<float> coordinates_;     ///< configs x axes
  std::vector<float> differs_, steps_; ///< per axis: weight of being different, and of the distance
  std::vector<std::uint32_t> tried_;
  std::vector<double> factor_, weights_; ///< Cholesky factor; K^-1 (y - mean)
  double mean_ = 0, scale_ = 1;
};

} // namespace tl::rt::measure

#endif
