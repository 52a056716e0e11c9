// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From times to places in a chart, and the ticks between.

#ifndef TL_TOOL_REPORT_SCALE_H
#define TL_TOOL_REPORT_SCALE_H

#include <vector>

namespace tl::tool {

/// Maps [low, high] to [0, 1], linearly or by logarithm. Values outside are clamped.
class scale {
public:
  static scale linear(double low, double high) { return {low, high, false}; }
  static scale logarithmic(double low, double high) { return {low, high, true}; }

  double operator()(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  /// Round values inside the range, about `count` of them.
  std::vector<double> ticks(int count) const;

private:
  scale(double low, double high, bool log);

  double low_, high_;
  bool log_;
};

} // namespace tl::tool

#endif
