// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "report/scale.h"

#include <algorithm>
#include <cmath>

namespace tl::tool {

scale::scale(double low, double high, bool log) : low_(low), high_(high), log_(log && low > 0) {
  if (!(high_ > low_))
    high_ = low_ > 0 ? low_ * 1.01 : low_ + 1;
}

double scale::operator()(double value) const {
  const double place = log_ ? std::log(std::max(value, low_) / low_) / std::log(high_ / low_)
                            : (value - low_) / (high_ - low_);
  return std::clamp(place, 0.0, 1.0);
}

static std::vector<double> linear_ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double ratio = rough / power;
  const double step = power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
  std::vector<double> result;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12); ++i)
    result.push_back(i * step);
  return result;
}

std::vector<double> scale::ticks(int count) const {
  if (!log_ || high_ / low_ < 3)
    return linear_ticks(low_, high_, count);
  // 1, 2, 5 in each decade, or only 1 where the range has many decades.
  const bool dense = std::log10(high_ / low_) * 3 <= count * 1.5;
  std::vector<double> result;
  for (double decade = std::pow(10.0, std::floor(std::log10(low_))); decade <= high_; decade *= 10)
    for (const double factor : {1.0, 2.0, 5.0})
      if ((dense || factor == 1.0) && decade * factor >= low_ && decade * factor <= high_)
        result.push_back(decade * factor);
  return result.size() < 3 ? linear_ticks(low_, high_, count) : result;
}

} // namespace tl::tool
