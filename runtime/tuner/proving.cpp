// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/proving.h"

#include "runtime/factory/baked.h"
#include "runtime/factory/registry.h"

#include <algorithm>
#include <utility>

namespace tl::rt {

/// Configs that a session measured, the fastest first.
static std::vector<std::string> measured_in(std::span<const store::trial> trials) {
  std::vector<const store::trial *> right;
  for (const store::trial &it : trials)
    if (it.status == store::trial_status::measured)
      right.push_back(&it);
  std::ranges::stable_sort(right, {}, [](const store::trial *it) { return it->median_ns; });
  std::vector<std::string> configs;
  for (const store::trial *it : right)
    configs.push_back(it->config);
  return configs;
}

known_variants::known_variants(store::tuning_store &store, const tl_factory &factory,
                               const store::winner_key &key, std::uint32_t winner,
                               std::span<const store::trial> trials)
    : factory_(factory), plan_(plan_of(factory)), candidates_{winner} {
  for (const std::string &config : trials.empty() ? store.measured(key) : measured_in(trials))
    if (const std::uint32_t variant = find_variant(factory, config);
        variant != UINT32_MAX && std::ranges::count(candidates_, variant) == 0)
      candidates_.push_back(variant);
  for (const store::proof_record &it : store.proofs(key))
    if (const std::uint32_t variant = find_variant(factory, it.config); variant != UINT32_MAX)
      if (std::optional<facts> under = facts_from_text(plan_, it.facts))
        add(variant, std::move(*under), it.outcome == store::trial_status::measured);
  add_baked(key);
}

void known_variants::add_baked(const store::winner_key &key) {
  const auto winner = find_baked(factory_, key.device, to_string(key.mode), key.problem);
  if (!winner || winner->variant != candidates_.front())
    return;
  for (const std::string_view text : winner->facts)
    if (std::optional<facts> under = facts_from_text(plan_, text))
      add(winner->variant, std::move(*under), true);
}

void known_variants::add(std::uint32_t variant, facts under, bool right) {
  std::erase_if(outcomes_,
                [&](const outcome &it) { return it.variant == variant && it.under == under; });
  outcomes_.push_back({variant, std::move(under), right});
}

std::vector<installed_variant> known_variants::installed() const {
  std::vector<installed_variant> all;
  const std::uint32_t winner = candidates_.front();
  // The default config is what everything falls back to: it needs no proof.
  if (winner == factory_.default_variant)
    all.push_back({.variant = winner, .always = true});
  for (const bool of_winner : {true, false})
    for (const outcome &it : outcomes_)
      if (it.right && (it.variant == winner) == of_winner && it.variant != factory_.default_variant)
        all.push_back({.variant = it.variant, .proven = it.under});
  if (all.empty() || all.front().variant != winner)
    all.insert(all.begin(), {.variant = winner, .unproven = true});
  return all;
}

bool known_variants::is_refuted(std::uint32_t variant, facts_view found) const {
  return std::ranges::any_of(outcomes_, [&](const outcome &it) {
    return it.variant == variant && !it.right && covers(found, it.under, shape_of(plan_));
  });
}

std::string known_variants::describe_new(facts_view found) const {
  std::string shortest;
  for (const outcome &it : outcomes_) {
    if (!it.right || it.variant != candidates_.front())
      continue;
    std::string text = rt::describe_new(plan_, it.under, found);
    if (shortest.empty() || text.size() < shortest.size())
      shortest = std::move(text);
  }
  return shortest;
}

store::proof_record make_proof(const tl_factory &factory, const call_plan &plan,
                               std::uint32_t variant, facts_view under, const verdict &outcome) {
  store::proof_record made;
  made.config = factory.configs[variant];
  made.facts = to_text(plan, under);
  made.outcome = outcome.status();
  made.reason = outcome.reason;
  return made;
}

} // namespace tl::rt
