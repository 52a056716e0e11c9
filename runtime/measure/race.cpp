// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "race.h"
#include "settle.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

namespace tl::rt::measure {

/// A round is handed to the sampler in pieces of about this length, so that budget, clock and
/// observer are looked at in between [ns].
static constexpr double piece_ns = 250e6;
/// Rests after a throttled round [ns].
static constexpr std::int64_t first_rest_ns = 50'000'000, longest_rest_ns = 500'000'000;
/// After this many throttled rounds in a row, the low clock is what this device does now.
static constexpr int most_rests = 12;
/// Samples of the leader before it can win. Fewer cannot tell a fast outlier.
static constexpr std::uint32_t leader_samples = 4;
/// Share of samples that are outliers on the slow side, and their mean size [ln]. Recorded runs
/// have 0.1 % to 8 % of them, 1 % to 14 % slow in the median.
static constexpr double outlier_share = 0.03, outlier_size = 0.1;
/// How much likelier than one in N such a variant is to be the best; it came near it after all.
static constexpr double best_odds = 4;
/// Two samples of a variant (or one and its first call, as far as first calls can be trusted) that
/// differ by more than this many deviations, drift included, wait for a third.
static constexpr double disagreement = 4;
/// ABBA blocks at most to tell whether the default is beaten.
static constexpr int most_blocks = 4;

std::uint32_t launches_for(double least_ns, double launch_ns) {
  if (!(launch_ns > 0) || launch_ns >= least_ns)
    return 1;
  return static_cast<std::uint32_t>(std::min(std::ceil(least_ns / launch_ns), 100'000.0));
}

namespace {

/// What the samples so far say about one variant.
struct chance {
  double better = 0; ///< probability that it beats the leader by more than epsilon
  contrast to_leader{0, 0};
};

class session {
public:
  session(const std::vector<entrant> &entrants, sampler &from, clock &time,
          const race_options &options);
  race_result run();

private:
  void drop_hopeless_probes();
  void warm_up();
  void screen();
  void race_on();
  void confirm_default();
  void conclude();

  bool take(const std::vector<std::uint32_t> &order, double least_ns);
  bool take_piece(std::span<const request> piece);
  bool ready(std::uint32_t v) const;
  bool may_go_on();
  void stop(const char *why);
  void shuffle(std::vector<std::uint32_t> &order);
  double expected_ns(std::uint32_t v) const;

  void look();
  double chance_of(std::uint32_t v, double scatter, double shift) const;
  bool disagree(std::uint32_t v, double &fastest) const;
  std::vector<std::uint32_t> first_contenders() const;
  std::vector<std::uint32_t> contenders() const;

  const std::vector<entrant> &entrants_;
  sampler &from_;
  clock &time_;
  const race_options &options_;
  const std::size_t count_;
  std::mt19937_64 random_;
  const std::int64_t begin_ns_;
  const double tolerance_; // epsilon as a difference of logarithms
  race_result result_;
  std::vector<bool> racing_; // works, and was not found too slow
  std::vector<std::uint32_t> samples_;
  std::vector<double> last_ns_;
  std::vector<double> clocks_;
  std::vector<chance> chances_;
  std::optional<levels> fit_;
  std::uint32_t leader_ = 0;
  double drift_center_ = 0; // median of the fitted drift [ln]
  double wander_ = 0;       // standard deviation of a lone sample, drift included [ln]
  double doubt_ = 1;
};

} // namespace

session::session(const std::vector<entrant> &entrants, sampler &from, clock &time,
                 const race_options &options)
    : entrants_(entrants), from_(from), time_(time), options_(options), count_(entrants.size()),
      random_(options.seed), begin_ns_(time.now_ns()), tolerance_(std::log1p(options.epsilon)),
      racing_(count_, true), samples_(count_, 0), last_ns_(count_, 0), chances_(count_) {
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

void session::stop(const char *why) {
  if (result_.stopped.empty())
    result_.stopped = why;
}

bool session::may_go_on() {
  if (static_cast<double>(time_.now_ns() - begin_ns_) >= options_.budget_ns)
    stop("out of budget");
  return result_.stopped.empty();
}

bool session::ready(std::uint32_t v) const { return racing_[v] && samples_[v] < options_.rep; }

double session::expected_ns(std::uint32_t v) const {
  return last_ns_[v] > 0 ? last_ns_[v] : entrants_[v].probe_ns;
}

/// Fisher and Yates; the standard's shuffle differs between libraries.
void session::shuffle(std::vector<std::uint32_t> &order) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random_() % i]);
}

void session::drop_hopeless_probes() {
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

void session::warm_up() {
  if (options_.settle_ns <= 0)
    return;
  std::uint32_t busy = options_.default_variant;
  for (std::uint32_t v = 0; v < count_ && (busy >= count_ || !racing_[busy]); ++v)
    busy = v;
  if (busy >= count_ || !racing_[busy])
    return;
  settle_options limits;
  limits.most_ns = static_cast<std::int64_t>(std::min(options_.settle_ns, options_.budget_ns));
  limits.least_ns = static_cast<std::int64_t>(options_.warmup_ns);
  result_.settle_ns = static_cast<double>(settle(from_, time_, busy, limits).took_ns);
}

/// Takes one sample of each variant in `order`; false when the session has to end.
bool session::take(const std::vector<std::uint32_t> &order, double least_ns) {
  std::vector<request> piece;
  double length = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t v = order[i];
    if (ready(v)) {
      const double expected = expected_ns(v);
      piece.push_back({v, launches_for(least_ns, expected), expected});
      length += expected * piece.back().launches;
    }
    if (!piece.empty() && (length >= piece_ns || i + 1 == order.size())) {
      if (!may_go_on() || !take_piece(piece))
        return false;
      piece.clear();
      length = 0;
    }
  }
  return true;
}

bool session::take_piece(std::span<const request> piece) {
  for (int rests = 0;; ++rests) {
    const std::int64_t start = time_.now_ns();
    round_samples got = from_.round(piece);
    const std::int64_t end = time_.now_ns();
    if (got.samples.size() > piece.size())
      got.samples.resize(piece.size());
    for (std::size_t i = 0; i < got.samples.size(); ++i)
      if (got.samples[i].launches == 0)
        got.samples[i].launches = piece[i].launches;

    bool throttled = false;
    if (got.clock > 0) {
      throttled = clocks_.size() >= 3 && got.clock < options_.throttle_limit * median(clocks_);
      if (!throttled || rests == most_rests)
        clocks_.push_back(got.clock);
      if (throttled && rests == most_rests) {
        clocks_.assign(1, got.clock);
        throttled = false;
      }
    }

    // Where the sampler does not say when, the samples share the round's time by their length.
    double total = 0;
    for (std::size_t i = 0; i < got.samples.size(); ++i)
      if (got.samples[i].status == sample_status::taken)
        total += got.samples[i].time_ns * got.samples[i].launches;
    const double stretch = total > 0 ? static_cast<double>(end - start) / total : 1;
    double passed = 0;
    bool progress = false;
    for (std::size_t i = 0; i < got.samples.size(); ++i) {
      const sample &s = got.samples[i];
      const std::uint32_t v = piece[i].variant;
      if (s.status == sample_status::failed) {
        racing_[v] = false;
        result_.variants[v].reason = left_by::failed;
        result_.variants[v].failure = s.reason.empty() ? "failed while being timed" : s.reason;
        progress = true;
      }
      if (s.status != sample_status::taken || !(s.time_ns > 0) || !std::isfinite(s.time_ns))
        continue;
      progress = true;
      const double length = s.time_ns * s.launches;
      result_.launches += s.launches;
      result_.timed_ns += length;
      if (throttled)
        continue;
      const double at = std::isnan(s.at_ns)
                            ? static_cast<double>(start) + (passed + length / 2) * stretch
                            : s.at_ns;
      passed += length;
      result_.samples.push_back({v, s.time_ns, (at - static_cast<double>(begin_ns_)) * 1e-9});
      ++samples_[v];
      last_ns_[v] = s.time_ns;
    }
    if (!progress) {
      stop("nothing could be run");
      return false;
    }
    if (!throttled)
      return true;
    ++result_.dropped_rounds;
    time_.sleep_ns(std::min(first_rest_ns << std::min(rests, 10), longest_rest_ns));
    if (!may_go_on())
      return false;
  }
}

void session::screen() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (racing_[v] && samples_[v] == 0)
      order.push_back(v);
  shuffle(order);
  if (!take(order, options_.least_sample_ns))
    return;

  double best = std::numeric_limits<double>::infinity();
  double best_probe = best;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (racing_[v] && samples_[v] > 0) {
      best = std::min(best, last_ns_[v]);
      if (entrants_[v].probe_ns > 0)
        best_probe = std::min(best_probe, entrants_[v].probe_ns);
    }
  for (std::uint32_t v = 0; v < count_; ++v)
    // A first call that was fast speaks for the variant: then the sample was an outlier perhaps.
    if (racing_[v] && last_ns_[v] > options_.screen_limit * best &&
        (entrants_[v].probe_ns <= 0 ||
         entrants_[v].probe_ns > options_.screen_limit * best_probe)) {
      racing_[v] = false;
      result_.variants[v].reason = left_by::slow;
    }
}

/// The fastest by their first samples: enough to learn noise and drift from, which then tell how
/// far the first samples of the others can be trusted.
std::vector<std::uint32_t> session::first_contenders() const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (ready(v) && samples_[v] > 0)
      order.push_back(v);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return last_ns_[a] < last_ns_[b]; });
  order.resize(std::min(order.size(), std::max<std::size_t>(8, count_ / 8)));
  return order;
}

/// Fits the model and computes every variant's chance.
void session::look() {
  std::vector<observation> seen;
  for (const recorded_sample &s : result_.samples)
    if (racing_[s.variant])
      seen.push_back({s.variant, std::log(s.time_ns), s.at_s});
  std::stable_sort(seen.begin(), seen.end(),
                   [](const observation &a, const observation &b) { return a.at_s < b.at_s; });
  const double hint = fit_ ? fit_->drift_ratio() : -1;
  fit_.emplace(seen, count_, 0.001, hint);

  // Leads: the lowest level. A single sample does not make a leader while others have two.
  bool found = false;
  for (const std::uint32_t least : {2u, 1u}) {
    for (std::uint32_t v = 0; v < count_; ++v)
      if (racing_[v] && samples_[v] >= least && (!found || fit_->level(v) < fit_->level(leader_))) {
        leader_ = v;
        found = true;
      }
    if (found)
      break;
  }
  if (!found) {
    doubt_ = 1;
    return;
  }

  std::vector<double> drift;
  for (std::size_t s = 0; s < seen.size(); ++s)
    drift.push_back(seen[s].log_time - fit_->adjusted()[s]);
  drift_center_ = median(drift);
  wander_ = std::hypot(fit_->noise(), robust_deviation(drift));

  // How first calls relate to levels, where known: a second opinion on lone slow samples.
  std::vector<double> shifts;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (racing_[v] && samples_[v] >= 2 && entrants_[v].probe_ns > 0)
      shifts.push_back(std::log(entrants_[v].probe_ns) - fit_->level(v));
  const double shift = shifts.empty() ? 0 : median(shifts);
  const double scatter = shifts.size() < 4 ? 1 : std::max(0.005, robust_deviation(shifts));

  doubt_ = 0;
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (!racing_[v] || samples_[v] == 0)
      continue;
    chances_[v].to_leader = fit_->compare(v, leader_);
    chances_[v].better = v == leader_ ? 0 : chance_of(v, scatter, shift);
    doubt_ += chances_[v].better;
  }
}

double session::chance_of(std::uint32_t v, double scatter, double shift) const {
  const contrast c = chances_[v].to_leader;
  const double degrees = std::max(1.0, fit_->degrees());
  const auto below = [&](double difference, double deviation) {
    return student_cdf((-tolerance_ - difference) / std::max(deviation, 1e-6), degrees);
  };
  double better = below(c.difference, c.deviation);
  if (samples_[v] == 1) {
    // The best may have had an outlier: as likely as these are, and as far as its first call does
    // not speak against it.
    const double size = std::exp(-std::max(0.0, c.difference) / outlier_size);
    double plausible = 1;
    if (entrants_[v].probe_ns > 0) {
      const double opinion = std::log(entrants_[v].probe_ns) - shift;
      const double trust = std::hypot(scatter, wander_);
      plausible = student_cdf((fit_->level(leader_) - opinion) / trust, degrees);
      if (std::log(last_ns_[v]) - drift_center_ - opinion > disagreement * trust)
        better = std::max(better, below(opinion - fit_->level(leader_), trust));
    }
    better = std::max(better,
                      outlier_share * size * plausible * best_odds / static_cast<double>(count_));
  }
  double fastest;
  if (samples_[v] == 2 && disagree(v, fastest))
    better = std::max(better, below(fastest - drift_center_ - fit_->level(leader_), wander_));
  return better;
}

/// Whether the two samples of a variant differ by more than noise and drift do, so that one is an
/// outlier and most likely the slower; then gives the other one [ln].
bool session::disagree(std::uint32_t v, double &fastest) const {
  fastest = std::numeric_limits<double>::infinity();
  double slowest = -fastest;
  for (const recorded_sample &s : result_.samples)
    if (s.variant == v) {
      fastest = std::min(fastest, std::log(s.time_ns));
      slowest = std::max(slowest, std::log(s.time_ns));
    }
  return slowest - fastest > disagreement * wander_;
}

/// Those whose samples are worth most: the fewest that carry half of the doubt. (All that cannot be
/// ruled out yet would cost 0.4 passes more in flat spaces; many are ruled out by a better leader.)
std::vector<std::uint32_t> session::contenders() const {
  std::vector<std::uint32_t> order;
  double rest = 0;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (v != leader_ && ready(v) && samples_[v] > 0) {
      order.push_back(v);
      rest += chances_[v].better;
    }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return chances_[a].better > chances_[b].better;
  });
  std::size_t wanted = 0;
  while (wanted < order.size() && rest > std::max(options_.delta / 2, doubt_ / 2))
    rest -= chances_[order[wanted++]].better;
  order.resize(wanted);
  return order;
}

void session::race_on() {
  std::vector<std::uint32_t> order = first_contenders();
  while (may_go_on()) {
    if (order.empty()) {
      const bool works = std::find(racing_.begin(), racing_.end(), true) != racing_.end();
      stop(works ? "no samples left (rep)" : "no variant works");
      break;
    }
    shuffle(order);
    if (!take(order, options_.least_sample_ns))
      break;
    look();
    std::vector<std::uint32_t> next = contenders();
    if (options_.observer) {
      const double time = fit_->has(leader_) ? std::exp(fit_->level(leader_)) : 0;
      if (!options_.observer({leader_, time, static_cast<std::uint32_t>(next.size()),
                              result_.samples.size(), std::max(0.0, 1 - doubt_)})) {
        stop("stopped by the caller");
        break;
      }
    }
    const bool seasoned = samples_[leader_] >= std::min(leader_samples, options_.rep);
    if (doubt_ <= options_.delta && seasoned) {
      result_.finished = true;
      break;
    }
    if (ready(leader_))
      next.push_back(leader_);
    order = std::move(next);
  }
}

/// The default stays unless beaten by more than epsilon. Where the race leaves that open, the two
/// run in ABBA blocks, long enough for each to reach the speed that it has on its own.
void session::confirm_default() {
  result_.winner = leader_;
  const std::uint32_t best = leader_, d = options_.default_variant;
  if (!fit_ || d >= count_ || d == best || !racing_[d] || samples_[d] == 0)
    return;
  contrast margin = chances_[d].to_leader;
  for (int block = 0; block < most_blocks && result_.stopped.empty(); ++block) {
    const double clear = 2 * margin.deviation;
    if (std::abs(margin.difference - tolerance_) > clear ||
        std::max(samples_[d], samples_[best]) + 2 > options_.rep ||
        !take({best, d, d, best}, options_.confirm_ns) || !racing_[best] || !racing_[d])
      break;
    look();
    margin = fit_->compare(d, best);
  }
  if (racing_[d] && (!racing_[best] || margin.difference <= tolerance_)) {
    result_.winner = d;
    result_.default_kept = true;
  }
}

void session::conclude() {
  std::vector<std::vector<double>> times(count_);
  for (const recorded_sample &s : result_.samples)
    times[s.variant].push_back(s.time_ns);
  const std::uint32_t winner = result_.winner;
  result_.found = winner < count_ && racing_[winner] && samples_[winner] > 0;
  const bool fitted = fit_ && result_.found && fit_->has(winner);
  double next = std::numeric_limits<double>::infinity();
  result_.runner_up = winner;
  for (std::uint32_t v = 0; v < count_; ++v) {
    standing &s = result_.variants[v];
    if (!times[v].empty()) {
      s.median_ns = median(times[v]);
      s.spread = robust_deviation(times[v]) / s.median_ns;
      if (racing_[v])
        s.reason = left_by::beaten;
    }
    s.times_ns = std::move(times[v]);
    if (!fitted || !racing_[v] || !fit_->has(v))
      continue;
    const contrast c = fit_->compare(v, winner);
    s.margin = std::expm1(c.difference);
    s.margin_error = c.deviation;
    if (v != winner && c.difference < next) {
      next = c.difference;
      result_.runner_up = v;
      result_.runner_up_margin = s.margin;
    }
  }
  if (result_.found)
    result_.variants[winner].reason = left_by::won;
  result_.confidence = result_.found ? std::clamp(1 - doubt_, 0.0, 1.0) : 0;
  if (fit_) {
    result_.noise = fit_->noise();
    result_.drift = fit_->noise() * std::sqrt(fit_->drift_ratio());
  }
  result_.wall_ns = static_cast<double>(time_.now_ns() - begin_ns_);
}

race_result session::run() {
  drop_hopeless_probes();
  warm_up();
  screen();
  race_on();
  if (!result_.samples.empty() && !result_.finished)
    look();
  confirm_default();
  conclude();
  return std::move(result_);
}

race_result race(const std::vector<entrant> &entrants, sampler &from, clock &time,
                 const race_options &options) {
  return session(entrants, from, time, options).run();
}

} // namespace tl::rt::measure
