// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "suggest.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace tl::tool {

using namespace rt::store;

/// Insertions, deletions and substitutions that make one text of the other.
static std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

std::vector<std::string> nearest(std::string_view wanted, std::vector<std::string> candidates,
                                 std::size_t count) {
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  const auto far = [&](const std::string &name) {
    return std::tuple(name.find(wanted) == std::string::npos, edit_distance(wanted, name));
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto &a, const auto &b) { return far(a) < far(b); });
  if (candidates.size() > count)
    candidates.resize(count);
  return candidates;
}

/// "; there are: a, b, and 3 more"
static std::string listed(std::string_view wanted, const std::vector<std::string> &candidates) {
  constexpr std::size_t most = 5;
  const std::size_t all = nearest(wanted, candidates, candidates.size()).size();
  std::string text;
  for (const std::string &name : nearest(wanted, candidates, most))
    text += (text.empty() ? "; there " + std::string(all == 1 ? "is " : "are ") : ", ") + name;
  return text + (all > most ? ", and " + std::to_string(all - most) + " more" : "");
}

std::string no_match(const context &ctx, tuning_store &store, const selection &what, bool lenient) {
  const std::string path = database_path(ctx) + ": ";
  std::vector<std::string> factories, problems, devices;
  for (const session_bundle &s : store.list_sessions())
    factories.push_back(s.factory.name);
  for (const listed_winner &w : store.list_winners())
    factories.push_back(w.factory.name);
  if (factories.empty())
    return path + "nothing was tuned with this database";
  selection part;
  part.factory = what.factory;
  const auto look = [&](std::vector<std::string> &into, auto member) {
    const filter f = to_filter(part, store, lenient);
    for (const session_bundle &s : store.list_sessions(f))
      into.push_back(member(s.problem, s.device));
    for (const listed_winner &w : store.list_winners(f))
      into.push_back(member(w.key.problem, w.device));
    return !into.empty();
  };
  const auto problem = [](const std::string &p, const device_record &) { return p; };
  const auto device = [](const std::string &, const device_record &d) {
    return device_name(d.identity);
  };
  if (!look(problems, problem))
    return path + "no factory matches '" + what.factory + "'" + listed(what.factory, factories);
  part.problem = what.problem;
  if (!look(devices, device))
    return path + "no problem '" + what.problem + "'" +
           (what.factory.empty() ? "" : " of '" + what.factory + "'") +
           listed(what.problem, problems);
  part.device = what.device;
  std::vector<std::string> found;
  if (!look(found, device))
    return path + "no device matches '" + what.device + "'" + listed(what.device, devices);
  return path + "nothing matches";
}

} // namespace tl::tool
