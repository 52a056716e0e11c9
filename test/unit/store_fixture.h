// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records for the store's tests.

#ifndef TL_TEST_UNIT_STORE_FIXTURE_H
#define TL_TEST_UNIT_STORE_FIXTURE_H

#include "runtime/store/store.h"

#include <string>

namespace tl::test {

inline rt::store::session_request make_request(const std::string &problem = "m=64",
                                               const std::string &factory = "_Z4gemmi") {
  rt::store::session_request request;
  request.factory = {.id = factory,
                     .fingerprint = "00112233445566778899aabbccddeeff",
                     .abi = 1,
                     .name = "gemm",
                     .location = "gemm.cpp:12",
                     .parameters = "m,a",
                     .default_config = "c=9",
                     .configs = 9};
  request.device = {.identity = "cpu model x, 8 cores", .properties = R"({"cores":8})"};
  request.problem = problem;
  request.seed = 0xfedcba9876543210u;
  request.options = R"({"timeout":30})";
  return request;
}

inline rt::store::winner make_winner(const std::string &config, double median_ns) {
  rt::store::winner w;
  w.config = config;
  w.median_ns = median_ns;
  w.default_median_ns = 2000;
  w.reference_median_ns = 3000;
  w.margin = 0.25;
  w.confidence = 0.99;
  w.runner_up = "c=7";
  w.trials = 9;
  return w;
}

inline rt::store::trial make_trial(const std::string &config, double median_ns) {
  rt::store::trial t;
  t.config = config;
  t.status = rt::store::trial_status::measured;
  t.median_ns = median_ns;
  t.mean_ns = median_ns + 0.5;
  t.spread_ns = 0.125;
  t.samples_ns = {median_ns, median_ns + 1, median_ns - 1};
  t.clock = 0.98;
  t.resources = R"({"registers":40})";
  return t;
}

/// Begins a session, tries `winner.config` and finishes. Whether all of it was acknowledged.
inline bool tune(rt::store::tuning_store &store, const rt::store::session_request &request,
                 const rt::store::winner &winner) {
  rt::store::session s;
  return store.begin_session(request, s) && store.trial_started(s, winner.config) &&
         store.trial_finished(s, make_trial(winner.config, winner.median_ns)) &&
         store.finish_session(s, rt::store::session_state::finished, winner).status;
}

/// A store on this file that waits no longer than tests can bear.
inline rt::store::store_options quick_options(const std::string &path) {
  rt::store::store_options options;
  options.path = path;
  options.read_wait_ms = 20000;
  options.write_wait_ms = 20000;
  return options;
}

} // namespace tl::test

#endif
