// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>
#include <tl/bench.h>
#include <tl/tuner.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct sum_config {
  int unroll = 1;
};

template <class T, sum_config C = sum_config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 4}, {.unroll = 8})]]
void sum(int n, tl::in<T> data, tl::out<T> result) {
  T partial[C.unroll] = {};
  int i = 0;
  for (; i + C.unroll <= n; i += C.unroll)
    for (int k = 0; k < C.unroll; ++k)
      partial[k] += data.data()[i + k];
  T total = 0;
  for (; i < n; ++i)
    total += data.data()[i];
  for (const T part : partial)
    total += part;
  result.data()[0] = total;
}

static void plain_sum(int n, tl::in<double> data, tl::out<double> result) {
  result.data()[0] = 0;
  for (int i = 0; i < n; ++i)
    result.data()[0] += data.data()[i];
}

int main(int, char **argv) {
  const int n = 10000;
  std::vector<double> data(n, 1.0), result(1);
  const std::string path = std::string(argv[0]) + ".json";

  // snippet: tuner
  const tl::tuning_result found =
      tl::tuner(&sum<double>).timeout(10).rep(50).reference(&plain_sum).run(n, data, result);
  std::printf("%s: %.0f ns, the default %.0f ns, the reference %.0f ns\n", found.config.c_str(),
              found.latency_ns, found.default_latency_ns, found.reference_latency_ns);
  for (const tl::trial_result &trial : found.trials)
    std::printf("  %s %s %s\n", trial.config.c_str(), trial.status.c_str(), trial.reason.c_str());

  auto best = found.callable(&sum<double>); // the winner as a function pointer
  best(n, data, result);
  // end

  // snippet: save
  found.save(path);
  const tl::tuning_result loaded = tl::tuning_result::load(path);
  loaded.callable(&sum<double>)(n, data, result); // throws when the code has changed since
  // end

  // snippet: prepare
  const auto run = tl::prepare(&sum<double>, n, data, result); // stored winner, or tuned now
  run(n, data, result);                                        // runs on the caller's data
  // end

  // snippet: bench
  const tl::bench_result time = tl::bench([&] { run(n, data, result); }, {.rep = 200});
  std::printf("%.0f ns, p95 %.0f ns\n", time.median_ns, time.quantile(0.95));
  // end
  return found.ok() && result[0] == n && run.config() == loaded.config ? 0 : 1;
}
