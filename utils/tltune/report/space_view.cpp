// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "report/space_view.h"
#include "format.h"
#include "runtime/support/config_text.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tl::tool {

using namespace rt::store;
using rt::read_config;

static void sort_values(std::vector<std::string> &values) {
  const bool numbers = std::all_of(values.begin(), values.end(), [](const std::string &text) {
    double ignored;
    return parse_number(text, ignored);
  });
  std::sort(values.begin(), values.end(), [&](const std::string &a, const std::string &b) {
    double x = 0, y = 0;
    if (!numbers || !parse_number(a, x) || !parse_number(b, y))
      return a < b;
    return x < y;
  });
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

static ranked_trial rank(const trial &t) {
  ranked_trial result{&t, {t.median_ns, t.median_ns}, {t.median_ns, t.median_ns}, {}};
  std::vector<double> sorted = t.samples_ns;
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty()) {
    result.middle = median_interval(sorted);
    result.range = {quantile(sorted, 0.05), quantile(sorted, 0.95)};
  }
  return result;
}

space_view::space_view(const session_bundle &from) : session(&from) {
  std::vector<std::string> names; // in declaration order
  std::map<std::string, std::vector<std::string>> values;
  for (const trial &t : from.trials)
    for (const auto &[name, value] : read_config(t.config)) {
      auto &list = values[name];
      if (list.empty())
        names.push_back(name);
      list.push_back(value);
    }
  for (const std::string &name : names) {
    std::vector<std::string> &list = values[name];
    sort_values(list);
    if (list.size() > 1)
      tunables.push_back({name, list});
    else
      constants += (constants.empty() ? "" : ", ") + name + "=" + list.front();
  }
  for (const trial &t : from.trials) {
    if (t.status == trial_status::not_eligible)
      ++not_eligible;
    else if ((t.status == trial_status::measured || t.status == trial_status::cut) &&
             t.median_ns > 0)
      ranked.push_back(rank(t));
    else if (t.status != trial_status::cut && t.status != trial_status::running)
      failed.push_back(&t);
  }
  std::sort(ranked.begin(), ranked.end(), [](const ranked_trial &a, const ranked_trial &b) {
    return std::tie(a.data->median_ns, a.data->config) <
           std::tie(b.data->median_ns, b.data->config);
  });
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    ranked_trial &r = ranked[i];
    const auto fields = read_config(r.data->config);
    for (const tunable &t : tunables) {
      const auto field = std::find_if(fields.begin(), fields.end(),
                                      [&](const auto &f) { return f.name == t.name; });
      const auto at = field == fields.end()
                          ? t.values.begin()
                          : std::find(t.values.begin(), t.values.end(), field->value);
      r.level.push_back(static_cast<std::size_t>(at - t.values.begin()));
    }
    if (from.best && from.best->config == r.data->config && !winner) {
      r.is_winner = true;
      winner = i;
    }
    if (from.factory.default_config == r.data->config && !default_config) {
      r.is_default = true;
      default_config = i;
    }
  }
}

std::string space_view::label(const std::string &config) const {
  std::string text;
  for (const auto &[name, value] : read_config(config))
    for (const tunable &t : tunables)
      if (t.name == name)
        text += (text.empty() ? "" : " ") + name + "=" + value;
  return text.empty() ? config : text;
}

std::string space_view::difference(const std::string &config, const std::string &base) const {
  const auto reference = read_config(base);
  std::string text;
  for (const auto &field : read_config(config))
    if (std::find(reference.begin(), reference.end(), field) == reference.end())
      text += (text.empty() ? "" : " ") + field.name + "=" + field.value;
  return text.empty() ? label(config) : text;
}

} // namespace tl::tool
