// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/nearest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tl::rt {

static bool parse_numbers(std::string_view text, std::vector<double> &numbers) {
  while (true) {
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{})
      return false;
    numbers.push_back(static_cast<double>(value));
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty())
      return true;
    if (text.front() != 'x' && text.front() != '@') // strides follow the shape
      return false;
    text.remove_prefix(1);
  }
}

std::vector<std::pair<std::string, std::vector<double>>> parse_problem(std::string_view problem) {
  std::vector<std::pair<std::string, std::vector<double>>> fields;
  while (!problem.empty()) {
    const std::string_view field = problem.substr(0, problem.find(','));
    problem.remove_prefix(std::min(problem.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos)
      return {};
    auto &added = fields.emplace_back(std::string(field.substr(0, equals)), std::vector<double>{});
    if (!parse_numbers(field.substr(equals + 1), added.second))
      return {};
  }
  return fields;
}

std::string problem_fields(std::string_view problem) {
  std::string fields;
  for (const auto &[name, numbers] : parse_problem(problem))
    fields += name + '/' + std::to_string(numbers.size()) + ',';
  return fields;
}

double scale_number(double number) { return number >= 1 ? std::log2(number) : number - 1; }

double problem_distance(std::string_view a, std::string_view b) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const auto left = parse_problem(a), right = parse_problem(b);
  if (left.size() != right.size() || (left.empty() && a != b))
    return infinite;
  double sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].first != right[i].first || left[i].second.size() != right[i].second.size())
      return infinite;
    for (std::size_t j = 0; j < left[i].second.size(); ++j) {
      const double difference = scale_number(left[i].second[j]) - scale_number(right[i].second[j]);
      if (difference != 0)
        sum += difference * difference + 0.25;
    }
  }
  return std::sqrt(sum);
}

std::vector<store::candidate> nearest_candidates(std::vector<store::candidate> candidates,
                                                 std::string_view problem) {
  std::erase_if(candidates, [&](const store::candidate &it) {
    return std::isinf(problem_distance(it.problem, problem));
  });
  std::stable_sort(candidates.begin(), candidates.end(), [&](const auto &a, const auto &b) {
    return problem_distance(a.problem, problem) < problem_distance(b.problem, problem);
  });
  return candidates;
}

} // namespace tl::rt
