// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranks of one job that run the same variants (docs/fleet.md):
//
//   tl::set_agreement(gather_bytes);   // before the first tuned call, on every rank
//
// From then on each problem that a process calls for the first time is settled by all ranks
// together, in two or three exchanges, whether or not this rank would have had to tune. So all
// ranks have to make the first calls of their problems in the same order; what only one rank calls
// runs the default config there.

#ifndef TL_AGREEMENT_H
#define TL_AGREEMENT_H

#include <tl/language.h>

#include <tl/capi.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tl {

/// An all-gather: hands over this rank's bytes, and returns those of all ranks in the order of the
/// ranks, its own among them. Returns nothing, or throws, where that takes longer than `limit_s`
/// [s]: it must not wait longer for a rank that is late or gone. Called on the thread that makes
/// the tuned call, by one thread at a time.
using all_gather = std::function<std::vector<std::string>(std::string_view mine, double limit_s)>;

/// Lets all ranks take the same winner from now on; an empty function ends that. A rank that does
/// not come to an exchange within `limit_s` [s], of which tuning by one rank while another is done
/// is a part, is not waited for: this rank then runs the default config for this problem and all
/// later ones. Thread-safe, but not while a tuned call is under way.
inline void set_agreement(all_gather gather, double limit_s = 120) {
  if (!gather) {
    tl_rt_set_agreement(nullptr, nullptr, limit_s);
    return;
  }
  // Never freed: a call of the last exchange may be at its end still.
  auto *const kept = new all_gather(std::move(gather));
  tl_rt_set_agreement(
      [](void *state, const void *mine, uint64_t bytes, double limit,
         void (*give)(void *sink, const void *data, uint64_t size), void *sink) -> int32_t {
        const std::vector<std::string> all = (*static_cast<all_gather *>(state))(
            std::string_view(static_cast<const char *>(mine), bytes), limit);
        for (const std::string &it : all)
          give(sink, it.data(), it.size());
        return all.empty() ? -1 : 0;
      },
      kept, limit_s);
}

} // namespace tl

#endif
