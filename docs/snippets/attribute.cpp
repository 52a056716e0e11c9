// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
constexpr std::array<config, 3> list{{{.unroll = 1}, {.unroll = 2}, {.unroll = 4}}};
constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 4});

template <config C> void body(int n, const float *from, float *to) {
  for (int i = 0; i < n; i += C.unroll)
    for (int k = i; k < i + C.unroll && k < n; ++k)
      to[k] = 2 * from[k];
}

// snippet: configs
template <config C = config{}>
[[tl::autotune(configs = space)]] // a tl::space
void from_space(int n, const float *from, float *to) { body<C>(n, from, to); }

template <config C = config{}>
[[tl::autotune(configs = list)]] // any constexpr range of config structs
void from_list(int n, const float *from, float *to) { body<C>(n, from, to); }

template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 4})]] // written out, without the keyword
void written_out(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: limits
template <config C = config{}>
[[tl::autotune(configs = space, warmup = 5, rep = 50, timeout = 2.5, budget = 60)]]
void limits(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: reference
void by_hand(int n, const float *from, float *to) {
  for (int i = 0; i < n; ++i)
    to[i] = from[i] + from[i];
}

template <config C = config{}>
[[tl::autotune(configs = space, reference = by_hand,
               tolerance = {.rtol = 1e-6, .atol = 0, .max_mismatched_ratio = 0})]]
void checked(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: rms
template <config C = config{}>
[[tl::autotune(configs = space, tolerance = tl::rms(1e-4))]] // a ten thousandth of the output's size
void of_many_terms(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: restore
struct work_list {
  std::vector<int> items;
  long sum;
};

void refill(int n, work_list &list) {
  list.items.assign(n, 1);
  list.sum = 0;
}
bool all_done(int n, work_list &list) { return list.items.empty() && list.sum == n; }

template <config C = config{}>
[[tl::autotune(configs = space, check = all_done, restore = refill)]]
void work_off(int, work_list &list) {
  for (; !list.items.empty(); list.items.pop_back())
    list.sum += list.items.back();
  list.items.shrink_to_fit(); // frees memory of the caller's
}
// end

// snippet: check
bool doubled(int n, const float *from, float *to) {
  for (int i = 0; i < n; ++i)
    if (std::abs(to[i] - 2 * from[i]) > 1e-6f)
      return false;
  return true;
}

template <config C = config{}>
[[tl::autotune(configs = space, check = doubled, check_repeat = 3)]]
void checked_by_hand(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: skip
template <config C = config{}>
[[tl::autotune(configs = space, skip_check = true)]]
void trusted(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: key
int size_class(int n, const float *, float *) { return tl::bucket_pow2(n); }

template <config C = config{}>
[[tl::autotune(configs = space, key = size_class)]] // 513 to 1024 share one winner
void by_size_class(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: ignored_facts
template <config C = config{}>
[[tl::autotune(configs = space, ignored_facts = tl::facts::alignment | tl::facts::scalars)]]
void scalar_code(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: name
template <config C = config{}>
[[tl::autotune(configs = space, name = "blas::scal")]]
void scale_contiguous_elements(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: eligible
bool divides(config c, int n, const float *, float *) { return n % c.unroll == 0; }

template <config C = config{}>
[[tl::autotune(configs = space, eligible = divides)]]
void if_it_divides(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: search
template <config C = config{}>
[[tl::autotune(configs = space, search = tl::search::random(2))]]
void sampled(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: measure
template <config C = config{}>
[[tl::autotune(configs = space, profiler = tl::profiler::wall, cold = true,
               isolation = tl::isolation::process)]]
void measured(int n, const float *from, float *to) { body<C>(n, from, to); }
// end

// snippet: team
constexpr int team_size = 2;
int by_n(int n, const float *, float *, int) { return n; }

constexpr auto my_team = [](const auto &call, int n, const float *from, float *to, int) {
  std::vector<std::thread> team;
  for (int rank = 0; rank < team_size; ++rank)
    team.emplace_back([&, rank] { call(n, from, to, rank); });
  for (std::thread &member : team)
    member.join();
};

template <config C = config{}>
[[tl::autotune(configs = space, team = my_team, key = by_n)]]
void by_all(int n, const float *from, float *to, int rank) {
  const int share = n / team_size;
  body<C>(share, from + rank * share, to + rank * share);
}
// end

int main() {
  std::vector<float> from(1024, 3.0f), to(1024);
  using function = void (*)(int, const float *, float *);
  const function all[] = {&from_space<>, &from_list<>, &written_out<>, &limits<>, &checked<>, &checked_by_hand<>,
                          &trusted<>, &by_size_class<>, &if_it_divides<>, &sampled<>, &measured<>,
                          &scale_contiguous_elements<>};
  for (const function f : all) {
    to.assign(1024, 0.0f);
    f(1024, from.data(), to.data());
    for (const float value : to)
      if (value != 6.0f)
        return 1;
  }
  to.assign(1024, 0.0f);
  my_team([](auto... arguments) { by_all(arguments...); }, 1024, from.data(), to.data(), 0);
  for (const float value : to)
    if (value != 6.0f)
      return 1;
  std::puts("right");
}
