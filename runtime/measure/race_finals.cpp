// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "race_session.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

/// A winner is launched this often, in all, before it is named: one that is slow every tenth time
/// shows it with a probability of 0.98. Where launches are long, this share of a pass, or so much
/// time, has to do [ns] ...
static constexpr double steady_launches = 40, steady_share = 0.05, steady_ns = 25e6;
/// ... but up to so many times as much where it was slow and the others were not.
static constexpr double undecided_times = 4, undecided = 0.02;
/// Samples at a time to find that out.
static constexpr double steady_step = 8;
/// The default stays where it is beaten by more than epsilon with at most this probability.
static constexpr double kept_doubt = 0.05;
/// ABBA blocks at most to tell whether the default is beaten: of ordinary samples, which mostly
/// settle it within milliseconds, and a long one; or four where launches are long themselves.
static constexpr int short_blocks = 8, long_blocks = 1, blocks_of_long_launches = 4;

/// How many samples more it takes to say that the leader is no variant that is slow now and then.
std::uint32_t race_session::unproven_launches() const {
  const std::uint32_t leader = ranking_.leader();
  double launches = 0, spent = 0;
  for (const recorded_sample &s : result_.samples)
    if (s.variant == leader) {
      launches += s.launches;
      spent += s.time_ns * s.launches;
    }
  const double times = ranking_.delay_doubt(leader) > undecided ? undecided_times : 1;
  const double left = times * steady_launches - launches;
  if (!options_.parts.proof || left <= 0 || !ready(leader) ||
      spent >= times * std::max(steady_share * pass_ns(), steady_ns))
    return 0;
  const double each = launches_for(options_.least_sample_ns, expected_ns(leader));
  return static_cast<std::uint32_t>(std::clamp(left / each, 1.0, steady_step));
}

/// The default stays unless beaten by more than epsilon. Where the race leaves that open, the two
/// run in ABBA blocks, the last ones long enough for each to reach the speed that it has on its
/// own.
void race_session::confirm_default() {
  if (!looked_ || !ranking_.found())
    return;
  const std::uint32_t best = ranking_.leader(), d = options_.default_variant;
  result_.winner = best;
  if (d >= count_ || d == best || !racing_[d] || samples_[d] == 0)
    return;
  const double long_ns = std::max(options_.confirm_ns / 4, sample_ns_);
  const bool both_alike = 8 * expected_ns(best) > long_ns; // a single launch is long
  const int ordinary = both_alike ? 0 : short_blocks;
  const int most = both_alike ? blocks_of_long_launches : short_blocks + long_blocks;
  for (int block = 0; block < most && result_.stopped.empty(); ++block) {
    const double length_ns = block < ordinary ? sample_ns_ : long_ns;
    const contrast margin = ranking_.compare(d, best);
    if (std::abs(margin.difference - tolerance_) > 2 * margin.deviation ||
        std::max(samples_[d], samples_[best]) + 2 > options_.rep ||
        !take({best, d, d, best}, length_ns) || !racing_[best] || !racing_[d])
      break;
    look();
  }
  if (!racing_[best]) { // it failed here: the next one leads
    look();
    return confirm_default();
  }
  if (!racing_[d])
    return;
  const contrast margin = ranking_.compare(d, best);
  const double open =
      student_cdf((margin.difference - tolerance_) / std::max(margin.deviation, 1e-6),
                  std::max(1.0, ranking_.noise().degrees));
  if (margin.difference <= tolerance_ && open <= kept_doubt) {
    result_.winner = d;
    result_.default_kept = true;
  }
}

} // namespace tl::rt::measure
