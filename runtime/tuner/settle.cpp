// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/fork_guard.h"
#include "runtime/support/log.h"
#include "runtime/support/process_role.h"
#include "runtime/support/thread_guard.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/flight.h"
#include "runtime/tuner/resolve_impl.h"

#include <map>
#include <utility>

namespace tl::rt {
namespace {

/// What was found out about problems in this process, guarded by the mutex of flights; an entry is
/// changed only by the thread whose turn its problem is.
struct known_problems {
  using problem = std::pair<const tl_dispatch_slot *, std::vector<std::uint64_t>>;
  std::map<problem, std::shared_ptr<known_variants>> all;
};

known_problems &known_in_process() {
  static auto *it = new known_problems; // never destroyed: dispatchers run until the very end
  return *it;
}

} // namespace

std::uint32_t resolution::install_always(std::uint32_t variant) {
  install(*factory_.slot, key(), {{.variant = variant, .always = true, .last_resort = true}});
  return variant;
}

std::uint32_t resolution::install_default(std::string_view why) {
  if (!why.empty())
    warn_once(fmt::format("default {} {}", factory_.id, why),
              fmt::format("{} runs its default config: {}", what(), why));
  return install_always(factory_.default_variant);
}

/// For this process only.
std::uint32_t resolution::default_under_these_facts(bool keep) {
  if (keep && reading_)
    add_installed(*factory_.slot, key(),
                  {.variant = factory_.default_variant,
                   .last_resort = true,
                   .proven = facts(reading_->found())},
                  shape_of(reading_->plan()));
  return factory_.default_variant;
}

/// What is installed and right for this call, or UINT32_MAX.
std::uint32_t resolution::find(std::uint32_t excluded) const {
  if (!reading_)
    return find_installed(*factory_.slot, key());
  const callers_state_scope as_caller; // `eligible` is the program's
  return find_proven(*factory_.slot, key(), reading_->found(), shape_of(reading_->plan()),
                     factory_.admits ? &factory_ : nullptr, call_.arguments, excluded);
}

std::shared_ptr<known_variants> resolution::known_here() {
  const known_problems::problem here{factory_.slot, {key().begin(), key().end()}};
  {
    const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
    if (const auto found = known_in_process().all.find(here); found != known_in_process().all.end())
      return found->second;
  }
  auto read = std::make_shared<known_variants>(world_.store, factory_, request_.key(),
                                               find_installed(*factory_.slot, key()));
  const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
  return known_in_process().all[here] = std::move(read);
}

void resolution::install_winner(std::uint32_t variant, std::span<const store::trial> trials) {
  auto read =
      std::make_shared<known_variants>(world_.store, factory_, request_.key(), variant, trials);
  std::vector<installed_variant> installed = read->installed();
  drop_without_code(installed);
  install(*factory_.slot, key(), std::move(installed));
  const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
  known_in_process().all[{factory_.slot, {key().begin(), key().end()}}] = std::move(read);
}

std::uint32_t resolution::use_winner(std::uint32_t variant, std::span<const store::trial> trials) {
  install_winner(variant, trials);
  return settle();
}

/// The winner that the program itself has for this problem.
std::optional<baked_winner> resolution::baked() const {
  auto found =
      find_baked(factory_, request_.device.identity, to_string(request_.mode), request_.problem);
  if (found)
    log_info(fmt::format(
        "{}: winner {} of the program itself{}", what(), found->config,
        found->other_versions ? ", measured under other versions of driver or toolkit" : ""));
  return found;
}

/// What the program has of a winner suffices, unless a call has other facts: no database is asked.
std::uint32_t resolution::use_baked(const baked_winner &winner) {
  std::vector<installed_variant> all;
  if (winner.variant == factory_.default_variant) {
    all.push_back({.variant = winner.variant, .always = true});
  } else {
    for (const std::string_view text : winner.facts)
      if (std::optional<facts> under = facts_from_text(plan_of(factory_), text))
        all.push_back({.variant = winner.variant, .proven = std::move(*under)});
    if (all.empty())
      all.push_back({.variant = winner.variant, .unproven = true});
  }
  install(*factory_.slot, key(), std::move(all));
  return settle();
}

/// Why nothing may be run for this call, "" where it may.
std::string resolution::why_no_run() const {
  if (call_.capturing)
    return "a stream is being captured";
  if (factory_.tunable == 0)
    return "an argument cannot be copied";
  switch (world_.environment.tune) {
  case tune_mode::off:
    return "TL_TUNE=off";
  case tune_mode::require:
    return "TL_TUNE=require";
  default:
    return {};
  }
}

/// Those that may be right for this call, the fastest first, up to the default config. False where
/// `eligible` cannot say.
bool resolution::list_candidates(const known_variants &of, std::uint32_t excluded,
                                 std::vector<std::uint32_t> &to_try) {
  std::vector<std::uint8_t> eligible;
  if (const status asked = find_eligible(factory_, options_, call_.arguments, eligible); !asked) {
    warn_once(fmt::format("eligible {}", factory_.id),
              fmt::format("{} runs its default config: {}", what(), asked.text()));
    return false;
  }
  for (const std::uint32_t variant : of.candidates()) {
    if (variant == factory_.default_variant && eligible[variant] && variant != excluded)
      break; // needs no proof, and is faster than the rest
    if (variant != excluded && variant != factory_.default_variant && eligible[variant] &&
        !of.is_refuted(variant, reading_->found()) && make_code(variant))
      to_try.push_back(variant);
  }
  return true;
}

/// What a variant that was right on this call is proven for: how far memory goes, too.
facts resolution::proven_facts(const call_reading &reading) const {
  facts made(reading.found());
  made.reach.resize(reading.plan().places.size());
  const std::vector<std::uintptr_t> addresses = reading.open_ended();
  device_->backend->measure_reach(call_.device, addresses, made.reach);
  // A later launch of a handle is looked at without the extents that its description declares,
  // which are those of the key.
  if (!factory_.own_key)
    for (std::size_t i = 0; i < made.reach.size(); ++i)
      if (const auto &step = reading.plan().steps[reading.plan().places[i]];
          step.parameter >= factory_.own_parameters && step.what == call_step::kind::view)
        made.reach[i] = reading.bytes_of(i);
  return made;
}

/// Runs the candidates on copies until one is right, and remembers what came of it.
std::uint32_t resolution::prove(known_variants &of, const std::vector<std::uint32_t> &candidates) {
  const call_plan &plan = reading_->plan();
  const std::string text = to_text(plan, reading_->found());
  const proof found = device_->backend->prove(task(call_), candidates);
  if (!found.obstacle.empty()) {
    warn_once(fmt::format("unproven {} {}", factory_.id, found.obstacle),
              fmt::format("{} runs its default config: whether {} is right for this call ({}) "
                          "cannot be found out: {}",
                          what(), factory_.configs[candidates.front()], text, found.obstacle));
    return UINT32_MAX;
  }
  std::vector<store::proof_record> records;
  std::uint32_t right = UINT32_MAX;
  for (std::size_t i = 0; i < found.tried.size(); ++i) {
    const verdict &outcome = found.tried[i];
    const std::uint32_t variant = candidates[i];
    const bool is_right = outcome.right();
    if (is_right) {
      right = variant;
      log_info(fmt::format("{}: {} is right for this call, too: {}", what(),
                           factory_.configs[variant], text));
    } else {
      warn_once(fmt::format("refuted {} {}", factory_.id, factory_.configs[variant]),
                fmt::format("{}: {} is not used for this call ({}): {}", what(),
                            factory_.configs[variant], text, outcome.reason));
    }
    // What only the circumstances are to blame for says nothing of the variant.
    if (outcome.failure == trial_status::harness_error)
      continue;
    const facts under = proven_facts(*reading_);
    of.add(variant, under, is_right);
    records.push_back(make_proof(factory_, plan, variant, under, outcome));
  }
  static_cast<void>(world_.store.add_proofs(request_, records));
  return right;
}

/// The problem has a winner: the variant for this very call.
std::uint32_t resolution::settle(std::uint32_t excluded) {
  if (const std::uint32_t variant = find(excluded); variant != UINT32_MAX)
    return variant;
  if (!reading_)
    return factory_.default_variant;
  const std::shared_ptr<known_variants> of = known_here();
  std::vector<std::uint32_t> to_try;
  if (!list_candidates(*of, excluded, to_try))
    return factory_.default_variant;
  if (to_try.empty())
    return default_under_these_facts(true);
  if (const std::string why = why_no_run(); !why.empty()) {
    const std::string fresh = of->describe_new(reading_->found());
    warn_once(fmt::format("unproven {} {}", factory_.id, fresh),
              fmt::format("{} runs its default config: its winner {} is not proven for this call "
                          "({}), and nothing is run to find out: {}",
                          what(), factory_.configs[of->candidates().front()],
                          fresh.empty() ? to_text(reading_->plan(), reading_->found()) : fresh,
                          why));
    return default_under_these_facts(!call_.capturing);
  }
  const std::uint32_t right = prove(*of, to_try);
  if (right == UINT32_MAX)
    return default_under_these_facts(true);
  add_installed(*factory_.slot, key(), {.variant = right, .proven = proven_facts(*reading_)},
                shape_of(reading_->plan()));
  return right;
}

std::uint32_t resolution::refused(std::uint32_t variant) {
  const std::uint32_t last =
      variant == factory_.default_variant ? UINT32_MAX : factory_.default_variant;
  // Of what was taken in a winner's place, nothing more is asked for.
  if (is_worker() || variant != find_installed(*factory_.slot, key()) || !reading_)
    return last;
  if (const std::uint32_t other = find(variant); other != UINT32_MAX)
    return other;
  const flight turn = flight::begin(*factory_.slot, key());
  set_up();
  if (!turn.ours() || !device_->backend)
    return last;
  const std::uint32_t other = settle(variant);
  return other == variant ? last : other;
}

} // namespace tl::rt
