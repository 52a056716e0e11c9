// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Times two functions against each other: in turns, so that a drifting clock hits both.

#ifndef TL_EXAMPLES_CPU_COMPARE_H
#define TL_EXAMPLES_CPU_COMPARE_H

#include <algorithm>
#include <chrono>
#include <vector>

struct comparison {
  double first;  ///< median time of a call [ms]
  double second; ///< median time of a call [ms]
};

template <class First, class Second>
comparison compare(int rounds, First &&first, Second &&second) {
  const auto timed = [](auto &function) {
    const auto start = std::chrono::steady_clock::now();
    function();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  };
  const auto median = [](std::vector<double> &times) {
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    return times[times.size() / 2];
  };
  std::vector<double> first_times, second_times;
  for (int i = 0; i < rounds; ++i) {
    first_times.push_back(timed(first));
    second_times.push_back(timed(second));
  }
  return {median(first_times), median(second_times)};
}

#endif
