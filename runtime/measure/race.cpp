// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "race_session.h"
#include "settle.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

namespace tl::rt::measure {

/// Samples of the leader before it can win. Fewer cannot tell a fast outlier.
static constexpr std::uint32_t leader_samples = 4;
/// Share of the variants that are sampled at first, and how many at least: enough to learn from how
/// noise, drift and first calls are.
static constexpr std::size_t first_share = 8, first_least = 8;
/// A race that has used up its passes makes do with this many times `delta` of doubt, and ends in
/// any case this much later.
static constexpr double late_doubt = 3, extra_passes = 0.2;
/// Passes count for nothing before this many samples of the leader would have fitted.
static constexpr double least_race = 100;
/// Untimed running takes this share of a pass at most. Where that is less than clocks take to ramp
/// up, it may take so long, or a whole pass; where even that is next to nothing, two milliseconds
/// [ns].
static constexpr double settle_share = 0.1, ramp_ns = 10e6, settle_least_ns = 2e6;
/// Noise of a sample that longer samples are to come down to [ln].
static constexpr double good_noise = 0.008;
/// A round has at least this share of all samples so far, so that looking at them does not take
/// longer than taking them; unless that takes longer than this [ns].
static constexpr double round_share = 1.0 / 8, longest_added_ns = 20e6;

std::uint32_t launches_for(double least_ns, double launch_ns) {
  if (!(launch_ns > 0) || launch_ns >= least_ns)
    return 1;
  return static_cast<std::uint32_t>(std::min(std::ceil(least_ns / launch_ns), 100'000.0));
}

race_session::race_session(const std::vector<entrant> &entrants, sampler &from, clock &time,
                           const race_options &options)
    : entrants_(entrants), from_(from), time_(time), options_(options), count_(entrants.size()),
      random_(options.seed), begin_ns_(time.now_ns()), tolerance_(std::log1p(options.epsilon)),
      racing_(count_, true), samples_(count_, 0), ran_here_(count_, false), last_ns_(count_, 0),
      ranking_(count_, tolerance_, options.parts), sample_ns_(options.least_sample_ns) {
  result_.variants.resize(count_);
  for (const recorded_sample &s : options.earlier)
    if (s.variant < count_ && s.time_ns > 0) {
      result_.samples.push_back(s);
      // Far enough away that nothing of that session's drift is taken to reach into this one.
      result_.samples.back().at_s = s.at_s - 1e6;
      ++samples_[s.variant];
      last_ns_[s.variant] = s.time_ns;
    }
}

void race_session::stop(const char *why) {
  if (result_.stopped.empty())
    result_.stopped = why;
}

double race_session::left_ns() const {
  return options_.budget_ns - static_cast<double>(time_.now_ns() - begin_ns_);
}

/// Whether something that takes so long still may begin; what does not fit ends the session.
bool race_session::fits(double ns) {
  if (left_ns() <= ns) {
    stop("out of budget");
    result_.out_of_budget = true;
  }
  return result_.stopped.empty();
}

bool race_session::may_go_on() { return fits(0); }

/// What a sample takes: a sampler may run a variant once before the first one.
double race_session::cost_ns(std::uint32_t v, double least_ns) const {
  const double once = expected_ns(v);
  return once * (launches_for(least_ns, once) + (ran_here_[v] ? 0 : 1));
}

bool race_session::ready(std::uint32_t v) const { return racing_[v] && samples_[v] < options_.rep; }

double race_session::expected_ns(std::uint32_t v) const {
  return last_ns_[v] > 0 ? last_ns_[v] : entrants_[v].probe_ns;
}

/// Fisher and Yates; the standard's shuffle differs between libraries.
void race_session::shuffle(std::vector<std::uint32_t> &order) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random_() % i]);
}

/// In random order; where not all of them will have their turn, those first that have had the
/// fewest, and of these the fastest.
void race_session::arrange(std::vector<std::uint32_t> &order) {
  shuffle(order);
  double all = 0;
  for (const std::uint32_t v : order)
    all += cost_ns(v, options_.least_sample_ns);
  if (all < left_ns())
    return;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return samples_[a] != samples_[b] ? samples_[a] < samples_[b] : expected_ns(a) < expected_ns(b);
  });
}

void race_session::drop_hopeless_probes() {
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t v = 0; v < count_; ++v) {
    if (!entrants_[v].failure.empty()) {
      racing_[v] = false;
      result_.variants[v].reason = left_by::failed;
      result_.variants[v].failure = entrants_[v].failure;
    } else if (entrants_[v].probe_ns > 0) {
      best = std::min(best, entrants_[v].probe_ns);
    }
  }
  for (std::uint32_t v = 0; v < count_; ++v)
    // The default stays: how much is gained is measured against it.
    if (racing_[v] && v != options_.default_variant &&
        entrants_[v].probe_ns > options_.probe_limit * best) {
      racing_[v] = false;
      result_.variants[v].reason = left_by::slow_probe;
    }
}

void race_session::warm_up() {
  if (options_.settle_ns <= 0)
    return;
  std::uint32_t busy = options_.default_variant;
  for (std::uint32_t v = 0; v < count_ && (busy >= count_ || !racing_[busy]); ++v)
    busy = v;
  if (busy >= count_ || !racing_[busy])
    return;
  settle_options limits;
  const double pass = pass_ns();
  const double least =
      std::min(options_.warmup_ns,
               std::max({settle_least_ns, settle_share * pass, std::min(ramp_ns, pass)}));
  limits.most_ns = static_cast<std::int64_t>(
      std::min({options_.settle_ns, options_.budget_ns, std::max(least, settle_share * pass)}));
  limits.least_ns = static_cast<std::int64_t>(least);
  // Of a budget it may take what was meant, and a single launch may be longer than that.
  if (std::isfinite(options_.budget_ns) &&
      cost_ns(busy, 0) > 2 * static_cast<double>(limits.most_ns))
    return;
  result_.settle_ns = static_cast<double>(settle(from_, time_, busy, limits).took_ns);
}

/// Those without a first call, the default, those that promise much, the fastest by their first
/// calls, and half as many of the others at random: without these, first calls that take several
/// times too long stay unknown.
std::vector<std::uint32_t> race_session::first_contenders() {
  std::vector<std::uint32_t> known, order;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (ready(v))
      (expected_ns(v) <= 0 || v == options_.default_variant || entrants_[v].promising ? order
                                                                                      : known)
          .push_back(v);
  std::stable_sort(known.begin(), known.end(), [&](std::uint32_t a, std::uint32_t b) {
    return expected_ns(a) < expected_ns(b);
  });
  if (!options_.parts.first_calls) { // without them no variant can be left out
    order.insert(order.end(), known.begin(), known.end());
    return order;
  }
  const std::size_t wanted = std::min(known.size(), std::max(first_least, count_ / first_share));
  for (std::size_t i = wanted; i < known.size() && i < wanted + wanted / 2; ++i)
    std::swap(known[i], known[i + random_() % (known.size() - i)]);
  known.resize(std::min(known.size(), wanted + wanted / 2));
  order.insert(order.end(), known.begin(), known.end());
  return order;
}

void race_session::look() {
  std::vector<observation> timed, first_calls;
  for (const recorded_sample &s : result_.samples)
    if (racing_[s.variant]) {
      const double ordinary = launches_for(options_.least_sample_ns, s.time_ns);
      timed.push_back({s.variant, std::log(s.time_ns), s.at_s,
                       std::min(1.0, ordinary / std::max(s.launches, 1u))});
    }
  for (std::uint32_t v = 0; v < count_; ++v)
    if (options_.parts.first_calls && racing_[v] && entrants_[v].probe_ns > 0)
      first_calls.push_back({v, std::log(entrants_[v].probe_ns),
                             (entrants_[v].probe_at_ns - static_cast<double>(begin_ns_)) * 1e-9});
  ranking_.look(std::move(timed), first_calls);
  looked_ = true;
  choose_sample_length();
}

/// Those whose samples are worth most: the fewest that carry half of the doubt. (All that cannot be
/// ruled out yet would cost 0.4 passes more in flat spaces; many are ruled out by a better leader.)
std::vector<std::uint32_t> race_session::contenders() const {
  std::vector<std::uint32_t> order;
  double rest = 0;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (ranking_.better(v) > 0 && ready(v)) {
      order.push_back(v);
      rest += ranking_.better(v);
    }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return ranking_.better(a) > ranking_.better(b);
  });
  std::size_t wanted = 0;
  while (wanted < order.size() && rest > std::max(options_.delta / 2, ranking_.doubt() / 2))
    rest -= ranking_.better(order[wanted++]);
  order.resize(wanted);
  return order;
}

/// The leader again and again among the others, since all are compared with it: as often as the
/// root of their number says (Dunnett, 1955), and close to each, where the drift is the same.
void race_session::mix_in_leader(std::vector<std::uint32_t> &order) {
  const std::uint32_t leader = ranking_.leader();
  if (!ready(leader) || (!options_.parts.mixed_leader && !order.empty()))
    return;
  const auto stride = static_cast<std::size_t>(
      std::max(1.0, std::round(std::sqrt(static_cast<double>(order.size())))));
  std::vector<std::uint32_t> mixed;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i % stride == stride / 2)
      mixed.push_back(leader);
    mixed.push_back(order[i]);
  }
  if (mixed.empty())
    mixed.push_back(leader);
  order = std::move(mixed);
}

/// One launch of every variant that works.
double race_session::pass_ns() const {
  double sum = 0;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (entrants_[v].failure.empty())
      sum += ranking_.has(v) ? std::exp(ranking_.level(v)) : expected_ns(v);
  return sum;
}

/// Samples of many short launches scatter less than samples of few.
void race_session::choose_sample_length() {
  const double over = ranking_.noise().noise / good_noise;
  const double wanted = options_.least_sample_ns * over * over;
  sample_ns_ = std::max(sample_ns_, std::min(wanted, options_.longest_sample_ns));
}

/// Adds further samples of the same variants, where there are many samples already.
void race_session::lengthen(std::vector<std::uint32_t> &order) {
  double once = 0;
  for (const std::uint32_t v : order)
    once += std::max(expected_ns(v), sample_ns_);
  const std::vector<std::uint32_t> first = order;
  double all = 2 * once;
  while (!first.empty() && all < longest_added_ns &&
         static_cast<double>(order.size()) <
             round_share * static_cast<double>(result_.samples.size())) {
    order.insert(order.end(), first.begin(), first.end());
    all += once;
  }
}

/// Certainty has its price: where many variants are as good as the best and the device drifts fast,
/// the last bit of it costs more passes than all the rest. The price counts where it is one: a pass
/// over short kernels takes a millisecond.
bool race_session::certain_enough() const {
  if (ranking_.doubt() <= options_.delta)
    return true;
  double spent = result_.timed_ns;
  for (const entrant &e : entrants_)
    if (e.failure.empty())
      spent += e.probe_ns;
  if (result_.timed_ns < options_.cheap_ns ||
      result_.timed_ns < least_race * std::exp(ranking_.level(ranking_.leader())))
    return false;
  const double passes = spent / pass_ns();
  return passes >= options_.passes && (ranking_.doubt() <= late_doubt * options_.delta ||
                                       passes >= options_.passes + extra_passes);
}

void race_session::race_on() {
  std::vector<std::uint32_t> order = first_contenders();
  // Twice: what differs between the samples of a variant is noise and drift.
  for (std::uint32_t round = 1; round <= 2; ++round) {
    arrange(order);
    std::vector<std::uint32_t> turn = order;
    // An earlier session may have taken them.
    std::erase_if(turn, [&](std::uint32_t v) { return samples_[v] >= round; });
    if (!take(turn, options_.least_sample_ns))
      return;
  }
  while (may_go_on()) {
    look();
    if (!ranking_.found()) {
      const bool works = std::find(racing_.begin(), racing_.end(), true) != racing_.end();
      stop(works ? "no samples left (rep)" : "no variant works");
      return;
    }
    order = contenders();
    const std::uint32_t leader = ranking_.leader();
    if (options_.observer &&
        !options_.observer({leader, std::exp(ranking_.level(leader)),
                            static_cast<std::uint32_t>(order.size()), result_.samples.size(),
                            std::max(0.0, 1 - ranking_.doubt())})) {
      stop("stopped by the caller");
      return;
    }
    if (certain_enough() && samples_[leader] >= std::min(leader_samples, options_.rep)) {
      const std::uint32_t more = unproven_launches();
      if (more == 0) {
        result_.finished = true;
        return;
      }
      if (!take(std::vector<std::uint32_t>(more, leader), options_.least_sample_ns))
        return;
      continue;
    }
    shuffle(order);
    mix_in_leader(order);
    if (order.empty()) {
      stop("no samples left (rep)");
      return;
    }
    lengthen(order);
    if (!take(order, sample_ns_))
      return;
  }
}

race_result race_session::run() {
  drop_hopeless_probes();
  from_.load(); // from here on
  warm_up();
  race_on();
  if (!result_.samples.empty() && !result_.finished)
    look();
  confirm_default();
  confirm_sustained();
  conclude();
  return std::move(result_);
}

race_result race(const std::vector<entrant> &entrants, sampler &from, clock &time,
                 const race_options &options) {
  return race_session(entrants, from, time, options).run();
}

} // namespace tl::rt::measure
