// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that the attribute's keywords take. `search = tl::search::random(64)`, for instance.

#ifndef TL_OPTIONS_H
#define TL_OPTIONS_H

#include <tl/language.h>

#include <tl/abi.h>

namespace tl {

/// One option of the attribute: which keyword, and the value it was given.
template <class Keyword, class Value> struct option {
  using keyword = Keyword;
  Value value;
};

/// How far a variant's results may be from the expected ones: an element matches when
/// |actual - expected| <= atol + rtol * |expected|; at most max_mismatched_ratio of all compared
/// elements may fail to. A NaN matches nothing, unless equal_nan is set and both are NaN.
struct tolerance_t {
  double rtol = 1e-2;
  double atol = 1e-2;
  double max_mismatched_ratio = 0.01;
  bool equal_nan = false;
  double rms = 0; ///< above 0: atol is this times the root mean square of the expected output
};

/// For sums of many terms, whose errors are as large in a small element as in a large one: each
/// element of an output may be off by `ratio` times the root mean square of all its expected
/// elements, whatever their size and number. No element may be further off.
constexpr tolerance_t rms(double ratio) { return {0, 0, 0, false, ratio}; }

/// Facts of a call that no variant's rightness depends on, whatever the user's arguments:
/// `ignored_facts = tl::facts::alignment | tl::facts::overlap`.
struct facts_t {
  unsigned value;
  constexpr facts_t operator|(facts_t other) const { return {value | other.value}; }
};
namespace facts {
inline constexpr facts_t alignment{TL_FACT_ALIGNMENT}; ///< of the addresses of buffers
inline constexpr facts_t null{TL_FACT_NULL};           ///< which pointers are null
inline constexpr facts_t overlap{TL_FACT_OVERLAP};     ///< which buffers overlap
/// Whether floating-point numbers are 0, 1, not finite, or others.
inline constexpr facts_t scalars{TL_FACT_SCALARS};
} // namespace facts

/// Where trials run.
struct isolation_t {
  unsigned value;
};
namespace isolation {
/// In a child process that can be killed (the default).
inline constexpr isolation_t process{TL_ISOLATION_PROCESS};
/// In the calling process, on copies of the buffers: a variant that crashes takes the program
/// along.
inline constexpr isolation_t none{TL_ISOLATION_NONE};
} // namespace isolation

/// What takes the time of a sample.
struct profiler_t {
  unsigned value;
};
namespace profiler {
inline constexpr profiler_t event{TL_PROFILER_EVENT}; ///< events on the stream (the GPU's default)
inline constexpr profiler_t graph{TL_PROFILER_GRAPH}; ///< replays of a captured graph
inline constexpr profiler_t cupti{TL_PROFILER_CUPTI}; ///< kernel times as CUPTI reports them
inline constexpr profiler_t wall{
    TL_PROFILER_WALL}; ///< the host's monotonic clock (the CPU's only one)
} // namespace profiler

/// Which variants of a space are tried.
struct search_t {
  unsigned strategy;
  unsigned count;
};
namespace search {
/// All of them (the default).
inline constexpr search_t exhaustive{TL_SEARCH_EXHAUSTIVE, 0};
/// `count` drawn at random, the default config among them.
constexpr search_t random(unsigned count) { return {TL_SEARCH_RANDOM, count}; }
/// At most `count`, walking from good ones to their neighbours in the space.
constexpr search_t local(unsigned count) { return {TL_SEARCH_LOCAL, count}; }
/// At most `count`: 24 to 32 spread over the space, then those of which a model of what was tried
/// expects most.
constexpr search_t model(unsigned count) { return {TL_SEARCH_LOCAL + 1, count}; }
} // namespace search

} // namespace tl

#endif
