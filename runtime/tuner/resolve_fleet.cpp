// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/registry.h"
#include "runtime/support/fork_guard.h"
#include "runtime/support/log.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/resolve_impl.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tl::rt {
namespace {

using namespace std::chrono_literals;

/// Longest wait for another machine's winner.
constexpr auto lookup_limit = 500ms;
/// Longest wait until the helper process has taken what was found here.
constexpr auto publish_limit = 100ms;
/// While another machine tunes a problem, the fleet is asked this often how far that is [ns].
constexpr std::int64_t ask_every_ns = 1'000'000'000;
/// Longest first run of a config that is to run meanwhile [s].
constexpr double most_meanwhile_s = 0.5;

/// A problem that another machine is tuning, and what runs here meanwhile.
struct waiting {
  std::int64_t since_ns = 0;
  std::int64_t ask_at_ns = 0;
  std::uint32_t variant = 0;
  facts proven;
};

/// Guarded by the mutex of flights.
struct waiting_problems {
  using problem = std::pair<const tl_dispatch_slot *, std::vector<std::uint64_t>>;
  std::map<problem, waiting> all;
};

waiting_problems &waiting_in_process() {
  static auto *it = new waiting_problems; // never destroyed: dispatchers run until the very end
  return *it;
}

} // namespace

/// Whether a variant may run once, on copies of this call's data, to find out whether it is right.
bool resolution::may_prove() const {
  const tune_mode mode = world_.environment.tune;
  return (mode == tune_mode::on || mode == tune_mode::nearest) && !call_.capturing && !nested_ &&
         factory_.tunable != 0 && reading_;
}

/// Runs it on copies of this call's data; what came of it is stored.
bool resolution::is_right_here(std::uint32_t variant) {
  if (variant == factory_.default_variant)
    return true;
  std::vector<std::uint8_t> eligible;
  if (const status asked = find_eligible(factory_, options_, call_.arguments, eligible);
      !asked || !eligible[variant])
    return false;
  known_variants of(world_.store, factory_, request_.key(), variant);
  return !of.is_refuted(variant, reading_->found()) && prove(of, {variant}) == variant;
}

/// What another machine has found is a suggestion: it must be among the compiled variants, and be
/// right on this call's data here, before it becomes this machine's winner.
std::optional<std::uint32_t> resolution::take_foreign(const remote::foreign_winner &found) {
  const std::uint32_t variant = find_or_make_present(found.best.config);
  if (variant == UINT32_MAX) {
    warn_once(fmt::format("foreign winner {} {}", factory_.id, found.best.config),
              fmt::format("{}: the winner {} of {} is none of the {} configs that were compiled; "
                          "it is ignored",
                          what(), found.best.config, found.origin, factory_.variant_count));
    return std::nullopt;
  }
  const bool trusted = world_.fleet->trusts_proofs() && !found.proofs.empty();
  if (!trusted && !is_right_here(variant))
    return std::nullopt;
  log_info(fmt::format("{}: winner {} of {}", what(), found.best.config, found.origin));
  static_cast<void>(world_.store.install(request_, found.best));
  if (trusted)
    static_cast<void>(world_.store.add_proofs(request_, found.proofs));
  return variant;
}

std::optional<std::uint32_t> resolution::fleet_winner() {
  if (!world_.fleet || nested_ || call_.capturing)
    return std::nullopt;
  if (!may_prove() && !world_.fleet->trusts_proofs())
    return std::nullopt; // it could not be used
  const auto found = ask_fleet(lookup_limit, [&](remote::fleet::duration limit) {
    return world_.fleet->lookup(request_.key(), limit);
  });
  if (!found)
    return std::nullopt;
  // As with a stored one: who may tune goes on where another has run out of time, but not at once
  // after it.
  if (found->best.state == store::winner_state::provisional &&
      world_.environment.tune == tune_mode::on && !lease_) {
    const waiting_problems::problem here{factory_.slot, {key().begin(), key().end()}};
    const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
    if (!waiting_in_process().all.contains(here))
      return std::nullopt;
  }
  return take_foreign(*found);
}

/// Whether what is right under these facts is right for this call.
bool resolution::fits(std::uint32_t variant, const facts &proven) const {
  return variant == factory_.default_variant ||
         (reading_ && !factory_.admits &&
          covers(proven, reading_->found(), shape_of(reading_->plan())));
}

/// What runs while another machine tunes this problem, until it is time to ask again.
std::optional<std::uint32_t> resolution::waiting_variant() const {
  if (!world_.fleet || nested_ || call_.capturing)
    return std::nullopt;
  const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
  const auto found = waiting_in_process().all.find({factory_.slot, {key().begin(), key().end()}});
  if (found == waiting_in_process().all.end() || world_.clock.now_ns() >= found->second.ask_at_ns)
    return std::nullopt;
  const waiting &it = found->second;
  return fits(it.variant, it.proven) ? it.variant : factory_.default_variant;
}

/// Another machine is tuning this problem: the best that is known runs, and nobody waits. Nothing
/// after as long as anybody waits for a session of this machine: then it is tuned here, too.
std::optional<std::uint32_t> resolution::run_meanwhile(const std::string &holder) {
  const waiting_problems::problem here{factory_.slot, {key().begin(), key().end()}};
  waiting made;
  made.variant = factory_.default_variant;
  bool first = true;
  {
    const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
    if (const auto known = waiting_in_process().all.find(here);
        known != waiting_in_process().all.end()) {
      made = known->second;
      first = false;
    }
  }
  const std::int64_t now_ns = world_.clock.now_ns();
  if (first)
    made.since_ns = now_ns;
  if (static_cast<double>(now_ns - made.since_ns) > longest_wait_s() * 1e9) {
    log_info(fmt::format("{}: {} has been tuning it for more than {:.0f} s", what(), holder,
                         longest_wait_s()));
    return std::nullopt;
  }
  if (first && may_prove()) {
    if (const auto variant = stored(true); variant && is_right_here(*variant)) {
      made.variant = *variant;
      made.proven = proven_facts(*reading_);
    } else if (likely_variant likely = find_likely(std::min(options_.timeout, most_meanwhile_s));
               likely.variant != UINT32_MAX) {
      made.variant = likely.variant;
      made.proven = std::move(likely.proven);
    }
  }
  if (first)
    log_info(fmt::format("{}: {} is tuning it, {} runs meanwhile", what(), holder,
                         factory_.configs[made.variant]));
  made.ask_at_ns = now_ns + ask_every_ns;
  const std::uint32_t now =
      fits(made.variant, made.proven) ? made.variant : factory_.default_variant;
  const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
  waiting_in_process().all[here] = std::move(made);
  return now;
}

/// Others may have what was found here.
void resolution::publish(const session_result &result, const store::finish_result &finished) {
  if (!world_.fleet || !result.winner || !finished.installed)
    return;
  remote::finding news;
  news.what = request_;
  news.best = *finished.installed;
  for (store::proof_record &it : world_.store.proofs(request_.key()))
    if (it.config == news.best.config)
      news.proofs.push_back(std::move(it));
  news.trials = result.trials;
  ask_fleet(publish_limit, [&](remote::fleet::duration limit) {
    world_.fleet->publish(news, lease_, limit);
    return 0;
  });
}

} // namespace tl::rt
