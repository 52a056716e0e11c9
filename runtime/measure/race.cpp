// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "race.h"
#include "ranking.h"
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
/// Share of the variants that are sampled at first, and how many at least: enough to learn from how
/// noise, drift and first calls are.
static constexpr std::size_t first_share = 8, first_least = 8;
/// A race that has used up its passes makes do with this many times `delta` of doubt, and ends in
/// any case this much later.
static constexpr double late_doubt = 3, extra_passes = 0.2;
/// Passes count for nothing before this many samples of the leader would have fitted.
static constexpr double least_race = 100;
/// Untimed running takes this share of a pass at most (but for `warmup_ns`).
static constexpr double settle_share = 0.1;
/// The default stays where it is beaten by more than epsilon with at most this probability.
static constexpr double kept_doubt = 0.05;
/// ABBA blocks at most to tell whether the default is beaten: of ordinary samples, which mostly
/// settle it within milliseconds, and a long one; or four where launches are long themselves.
static constexpr int short_blocks = 8, long_blocks = 1, blocks_of_long_launches = 4;

std::uint32_t launches_for(double least_ns, double launch_ns) {
  if (!(launch_ns > 0) || launch_ns >= least_ns)
    return 1;
  return static_cast<std::uint32_t>(std::min(std::ceil(least_ns / launch_ns), 100'000.0));
}

namespace {

class session {
public:
  session(const std::vector<entrant> &entrants, sampler &from, clock &time,
          const race_options &options);
  race_result run();

private:
  void drop_hopeless_probes();
  void warm_up();
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
  double pass_ns() const;
  bool certain_enough() const;
  void mix_in_leader(std::vector<std::uint32_t> &order);
  std::vector<std::uint32_t> first_contenders();
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
  std::vector<observation> first_calls_;
  ranking ranking_;
  bool looked_ = false;
};

} // namespace

session::session(const std::vector<entrant> &entrants, sampler &from, clock &time,
                 const race_options &options)
    : entrants_(entrants), from_(from), time_(time), options_(options), count_(entrants.size()),
      random_(options.seed), begin_ns_(time.now_ns()), tolerance_(std::log1p(options.epsilon)),
      racing_(count_, true), samples_(count_, 0), last_ns_(count_, 0),
      ranking_(count_, tolerance_) {
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
  limits.most_ns =
      static_cast<std::int64_t>(std::min({options_.settle_ns, options_.budget_ns,
                                          std::max(options_.warmup_ns, settle_share * pass_ns())}));
  limits.least_ns = static_cast<std::int64_t>(options_.warmup_ns);
  result_.settle_ns = static_cast<double>(settle(from_, time_, busy, limits).took_ns);
}

/// Takes one sample of each variant in `order`; false when the session has to end.
bool session::take(const std::vector<std::uint32_t> &order, double least_ns) {
  std::vector<request> piece;
  double length = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t v = order[i];
    const auto in_piece =
        std::count_if(piece.begin(), piece.end(), [&](const request &r) { return r.variant == v; });
    if (racing_[v] && samples_[v] + in_piece < options_.rep) {
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
      if (!racing_[v])
        continue; // it failed before in this piece
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

/// Those without a first call, the default, the fastest by their first calls, and half as many of
/// the others at random: without these, first calls that take several times too long stay unknown.
std::vector<std::uint32_t> session::first_contenders() {
  std::vector<std::uint32_t> known, order;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (ready(v))
      (expected_ns(v) <= 0 || v == options_.default_variant ? order : known).push_back(v);
  std::stable_sort(known.begin(), known.end(), [&](std::uint32_t a, std::uint32_t b) {
    return expected_ns(a) < expected_ns(b);
  });
  const std::size_t wanted = std::min(known.size(), std::max(first_least, count_ / first_share));
  for (std::size_t i = wanted; i < known.size() && i < wanted + wanted / 2; ++i)
    std::swap(known[i], known[i + random_() % (known.size() - i)]);
  known.resize(std::min(known.size(), wanted + wanted / 2));
  order.insert(order.end(), known.begin(), known.end());
  return order;
}

void session::look() {
  std::vector<observation> timed, first_calls;
  for (const recorded_sample &s : result_.samples)
    if (racing_[s.variant])
      timed.push_back({s.variant, std::log(s.time_ns), s.at_s});
  for (std::uint32_t v = 0; v < count_; ++v)
    if (racing_[v] && entrants_[v].probe_ns > 0)
      first_calls.push_back({v, std::log(entrants_[v].probe_ns),
                             (entrants_[v].probe_at_ns - static_cast<double>(begin_ns_)) * 1e-9});
  ranking_.look(std::move(timed), first_calls);
  looked_ = true;
}

/// Those whose samples are worth most: the fewest that carry half of the doubt. (All that cannot be
/// ruled out yet would cost 0.4 passes more in flat spaces; many are ruled out by a better leader.)
std::vector<std::uint32_t> session::contenders() const {
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
void session::mix_in_leader(std::vector<std::uint32_t> &order) {
  const std::uint32_t leader = ranking_.leader();
  if (!ready(leader))
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
double session::pass_ns() const {
  double sum = 0;
  for (std::uint32_t v = 0; v < count_; ++v)
    if (entrants_[v].failure.empty())
      sum += ranking_.has(v) ? std::exp(ranking_.level(v)) : expected_ns(v);
  return sum;
}

/// Certainty has its price: where many variants are as good as the best and the device drifts fast,
/// the last bit of it costs more passes than all the rest.
bool session::certain_enough() const {
  if (ranking_.doubt() <= options_.delta)
    return true;
  double spent = result_.timed_ns;
  for (const entrant &e : entrants_)
    if (e.failure.empty())
      spent += e.probe_ns;
  if (result_.timed_ns < least_race * std::exp(ranking_.level(ranking_.leader())))
    return false;
  const double passes = spent / pass_ns();
  return passes >= options_.passes && (ranking_.doubt() <= late_doubt * options_.delta ||
                                       passes >= options_.passes + extra_passes);
}

void session::race_on() {
  std::vector<std::uint32_t> order = first_contenders();
  // Twice: what differs between the samples of a variant is noise and drift.
  for (int round = 0; round < 2; ++round) {
    shuffle(order);
    if (!take(order, options_.least_sample_ns))
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
      result_.finished = true;
      return;
    }
    shuffle(order);
    mix_in_leader(order);
    if (order.empty()) {
      stop("no samples left (rep)");
      return;
    }
    if (!take(order, options_.least_sample_ns))
      return;
  }
}

/// The default stays unless beaten by more than epsilon. Where the race leaves that open, the two
/// run in ABBA blocks, the last ones long enough for each to reach the speed that it has on its
/// own.
void session::confirm_default() {
  if (!looked_ || !ranking_.found())
    return;
  const std::uint32_t best = ranking_.leader(), d = options_.default_variant;
  result_.winner = best;
  if (d >= count_ || d == best || !racing_[d] || samples_[d] == 0)
    return;
  const double long_ns = options_.confirm_ns / 4;
  const bool both_alike = 8 * expected_ns(best) > long_ns; // a single launch is long
  const int ordinary = both_alike ? 0 : short_blocks;
  const int most = both_alike ? blocks_of_long_launches : short_blocks + long_blocks;
  for (int block = 0; block < most && result_.stopped.empty(); ++block) {
    const double length_ns = block < ordinary ? options_.least_sample_ns : long_ns;
    const contrast margin = ranking_.compare(d, best);
    if (std::abs(margin.difference - tolerance_) > 2 * margin.deviation ||
        std::max(samples_[d], samples_[best]) + 2 > options_.rep ||
        !take({best, d, d, best}, length_ns) || !racing_[best] || !racing_[d])
      break;
    look();
  }
  if (!racing_[d])
    return;
  const contrast margin = ranking_.compare(d, best);
  const double open =
      student_cdf((margin.difference - tolerance_) / std::max(margin.deviation, 1e-6),
                  std::max(1.0, ranking_.noise().degrees));
  if (!racing_[best] || (margin.difference <= tolerance_ && open <= kept_doubt)) {
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
  const bool fitted = looked_ && result_.found && ranking_.has(winner);
  double next = std::numeric_limits<double>::infinity();
  result_.runner_up = winner;
  for (std::uint32_t v = 0; v < count_; ++v) {
    standing &s = result_.variants[v];
    if (!times[v].empty()) {
      s.median_ns = median(times[v]);
      s.spread = robust_deviation(times[v]) / s.median_ns;
      if (racing_[v])
        s.reason = left_by::beaten;
    } else if (racing_[v] && entrants_[v].probe_ns > 0 && looked_) {
      s.reason = left_by::slow_probe;
    }
    s.times_ns = std::move(times[v]);
    if (!fitted || !racing_[v] || !ranking_.has(v) || s.times_ns.empty())
      continue;
    const contrast c = ranking_.compare(v, winner);
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
  if (looked_) {
    if (result_.found)
      result_.confidence =
          std::clamp(1 - (winner == ranking_.leader()
                              ? ranking_.doubt()
                              : std::max(ranking_.doubt(), ranking_.doubt_about(winner))),
                     0.0, 1.0);
    result_.noise = ranking_.noise().noise;
    result_.drift = std::sqrt(ranking_.noise().drift.rate);
  }
  result_.wall_ns = static_cast<double>(time_.now_ns() - begin_ns_);
}

race_result session::run() {
  drop_hopeless_probes();
  warm_up();
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
