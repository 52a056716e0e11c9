// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Timing one callable:
//
//   tl::bench_result t = tl::bench([&] { gemm(m, n, k, a, b, c, stream); }, {.rep = 200, .stream =
//   stream}); std::printf("%.1f us, p95 %.1f us\n", t.median_ns / 1e3, t.quantile(0.95) / 1e3);
//
// The flush of the caches, in cold mode, is outside the timed region.

#ifndef TL_BENCH_H
#define TL_BENCH_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/detail/backend.h>
#include <tl/options.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace tl {

struct bench_options {
  double warmup_ms = 25; ///< untimed running before the first sample [ms]
  double rep_ms = 100;   ///< timed running that is aimed at; decides the number of samples [ms]
  std::size_t rep = 0;   ///< number of samples, 0: as rep_ms asks, 10 to 10000
  std::vector<double> quantiles{0.2, 0.5, 0.8}; ///< what bench_result::quantiles answers
  /// Flush the caches before each sample. Default: on a GPU, not on the CPU.
  bool cold = TL_HAS_STREAMS;
  /// event, graph, cupti (kernels alone, without gaps between them; needs the runtime library and
  /// CUPTI), or wall; default: event on a GPU, wall on the CPU.
  profiler_t profiler{TL_PROFILER_DEFAULT};
  detail::stream_t stream{}; ///< that the callable works on; the default stream
};

/// Times of one call each, in the order in which they were taken [ns].
struct bench_result {
  std::vector<double> samples_ns;
  double mean_ns = 0;
  double median_ns = 0;
  double min_ns = 0;
  double max_ns = 0;
  std::vector<double> quantiles; ///< [ns], as bench_options::quantiles asks

  /// The value below which the share `q` (0 to 1) of the samples lies, interpolated [ns].
  double quantile(double wanted) const {
    if (samples_ns.empty())
      return 0;
    std::vector<double> sorted = samples_ns;
    std::sort(sorted.begin(), sorted.end());
    const double at = std::clamp(wanted, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
  }
};

namespace detail {

inline bench_result summarise(std::vector<double> samples, const std::vector<double> &quantiles) {
  bench_result result;
  result.samples_ns = std::move(samples);
  if (result.samples_ns.empty())
    return result;
  result.mean_ns = std::accumulate(result.samples_ns.begin(), result.samples_ns.end(), 0.0) /
                   static_cast<double>(result.samples_ns.size());
  const auto [least, most] =
      std::minmax_element(result.samples_ns.begin(), result.samples_ns.end());
  result.min_ns = *least;
  result.max_ns = *most;
  result.median_ns = result.quantile(0.5);
  for (const double wanted : quantiles)
    result.quantiles.push_back(result.quantile(wanted));
  return result;
}

/// Size of the largest cache of the CPU that the system tells, 64 MiB where it tells none [bytes].
inline std::size_t largest_cpu_cache() {
  std::size_t largest = 0;
  for (int index = 0; index < 8; ++index) {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) +
                       "/size");
    std::size_t size = 0;
    char unit = 0;
    if (file >> size) {
      file >> unit;
      largest = std::max(largest, size << (unit == 'M' ? 20 : unit == 'K' ? 10 : 0));
    }
  }
  return largest ? largest : std::size_t(64) << 20;
}

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// How many samples are taken of something of which one takes `estimate_ns`.
inline std::size_t sample_count(const bench_options &options, double estimate_ns) {
  if (options.rep)
    return options.rep;
  return static_cast<std::size_t>(
      std::clamp(options.rep_ms * 1e6 / std::max(estimate_ns, 1.0), 10.0, 10000.0));
}

/// Times with the host's clock; `finish` waits for what the callable has started.
template <class Callable, class Flush, class Finish>
std::vector<double> wall_samples(Callable &callable, const bench_options &options, Flush &&flush,
                                 Finish &&finish) {
  const auto once = [&] {
    const double begin = seconds_now();
    callable();
    finish();
    return seconds_now() - begin;
  };
  double estimate = once();
  for (const double until = seconds_now() + options.warmup_ms * 1e-3; seconds_now() < until;)
    estimate = once();
  const std::size_t count = sample_count(options, estimate * 1e9);
  std::vector<double> samples;
  samples.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    flush();
    samples.push_back(once() * 1e9);
  }
  return samples;
}

} // namespace detail
} // namespace tl

#if defined(__HIP__) || defined(__HIPCC__)
#define TL_GPU(name) hip##name
#elif TL_HAS_STREAMS
#define TL_GPU(name) cuda##name
#endif

#if TL_HAS_STREAMS

// Weak, so that programs which do not ask for them need no runtime library.
extern "C" [[gnu::weak]] const char *tl_rt_begin_kernel_times(uint32_t backend);
extern "C" [[gnu::weak]] const char *tl_rt_end_kernel_times(uint32_t backend, double *nanoseconds);

namespace tl::detail {

#define TL_BENCH_CALL(call) ::tl::detail::check_bench_call((call), #call)
inline void check_bench_call(TL_GPU(Error_t) error, const char *call) {
  if (error != TL_GPU(Success))
    TL_THROW(std::runtime_error(std::string("tl::bench: ") + call + ": " +
                                TL_GPU(GetErrorString)(error)));
}

/// A buffer of at least the device's last cache, written before each sample.
class device_flush {
#if defined(__HIP__) || defined(__HIPCC__)
  // HIP tells one die's L2 and nothing of the cache behind it: the largest is an MI300's.
  static constexpr std::size_t least_cache = std::size_t(256) << 20;
#else
  static constexpr std::size_t least_cache = std::size_t(1) << 20;
#endif

public:
  explicit device_flush(bool on) {
    if (!on)
      return;
    int device = 0, l2 = 0;
    TL_BENCH_CALL(TL_GPU(GetDevice)(&device));
#if defined(__HIP__) || defined(__HIPCC__)
    TL_BENCH_CALL(hipDeviceGetAttribute(&l2, hipDeviceAttributeL2CacheSize, device));
#else
    TL_BENCH_CALL(cudaDeviceGetAttribute(&l2, cudaDevAttrL2CacheSize, device));
#endif
    bytes_ = 2 * std::max<std::size_t>(static_cast<std::size_t>(l2), least_cache);
    TL_BENCH_CALL(TL_GPU(Malloc)(&data_, bytes_));
  }
  ~device_flush() { static_cast<void>(TL_GPU(Free)(data_)); }
  device_flush(const device_flush &) = delete;
  device_flush &operator=(const device_flush &) = delete;
  void operator()(stream_t stream) const {
    if (data_)
      TL_BENCH_CALL(TL_GPU(MemsetAsync)(data_, 0, bytes_, stream));
  }

private:
  void *data_ = nullptr;
  std::size_t bytes_ = 0;
};

class bench_event {
public:
  bench_event() { TL_BENCH_CALL(TL_GPU(EventCreate)(&event_)); }
  ~bench_event() { static_cast<void>(TL_GPU(EventDestroy)(event_)); }
  bench_event(const bench_event &) = delete;
  bench_event &operator=(const bench_event &) = delete;
  TL_GPU(Event_t) get() const { return event_; }

private:
  TL_GPU(Event_t) event_ {};
};

/// What the callable sends to the stream, recorded once.
template <class Callable> class bench_graph {
public:
  bench_graph(Callable &callable, stream_t stream) {
    if (!stream)
      TL_THROW(std::invalid_argument(
          "tl::bench: the graph profiler needs a stream of its own: say .stream = ..."));
#if defined(__HIP__) || defined(__HIPCC__)
    TL_BENCH_CALL(hipStreamBeginCapture(stream, hipStreamCaptureModeThreadLocal));
#else
    TL_BENCH_CALL(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
#endif
#if TL_HAS_EXCEPTIONS
    try {
      callable();
    } catch (...) {
      TL_GPU(Graph_t) broken{};
      static_cast<void>(TL_GPU(StreamEndCapture)(stream, &broken));
      throw;
    }
#else
    callable();
#endif
    TL_BENCH_CALL(TL_GPU(StreamEndCapture)(stream, &graph_));
#if defined(__HIP__) || defined(__HIPCC__)
    TL_BENCH_CALL(hipGraphInstantiate(&exec_, graph_, nullptr, nullptr, 0));
#else
    TL_BENCH_CALL(cudaGraphInstantiate(&exec_, graph_, 0));
#endif
  }
  ~bench_graph() {
    if (exec_)
      static_cast<void>(TL_GPU(GraphExecDestroy)(exec_));
    if (graph_)
      static_cast<void>(TL_GPU(GraphDestroy)(graph_));
  }
  bench_graph(const bench_graph &) = delete;
  bench_graph &operator=(const bench_graph &) = delete;
  void launch(stream_t stream) const { TL_BENCH_CALL(TL_GPU(GraphLaunch)(exec_, stream)); }

private:
  TL_GPU(Graph_t) graph_ {};
  TL_GPU(GraphExec_t) exec_ {};
};

/// What the vendor's profiler records of one call after the other.
template <class Callable>
std::vector<double> recorded_samples(Callable &callable, const bench_options &options) {
  if (!&tl_rt_begin_kernel_times)
    TL_THROW(
        std::invalid_argument("tl::bench: profiler = cupti needs the runtime library, and this "
                              "program is linked without it"));
  const device_flush flush(options.cold);
  const auto finish = [&] { TL_BENCH_CALL(TL_GPU(StreamSynchronize)(options.stream)); };
  const auto once = [&](bool flushed) {
    if (flushed)
      flush(options.stream);
    finish();
    double nanoseconds = 0;
    if (const char *why = tl_rt_begin_kernel_times(backend))
      TL_THROW(std::invalid_argument(std::string("tl::bench: ") + why));
#if TL_HAS_EXCEPTIONS
    try {
      callable();
      finish();
    } catch (...) {
      static_cast<void>(tl_rt_end_kernel_times(backend, &nanoseconds));
      throw;
    }
#else
    callable();
    finish();
#endif
    if (const char *why = tl_rt_end_kernel_times(backend, &nanoseconds))
      TL_THROW(std::runtime_error(std::string("tl::bench: ") + why));
    return nanoseconds;
  };
  double estimate_ns = once(false);
  for (const double until = seconds_now() + options.warmup_ms * 1e-3; seconds_now() < until;)
    estimate_ns = once(false);
  std::vector<double> samples(sample_count(options, estimate_ns));
  for (double &sample : samples)
    sample = once(true);
  return samples;
}

template <class Launch>
std::vector<double> event_samples(Launch &&launch, const bench_options &options) {
  const device_flush flush(options.cold);
  const auto timed = [&](std::size_t count, bool flushed) {
    const std::vector<bench_event> begin(count), end(count);
    for (std::size_t index = 0; index < count; ++index) {
      if (flushed)
        flush(options.stream);
      TL_BENCH_CALL(TL_GPU(EventRecord)(begin[index].get(), options.stream));
      launch();
      TL_BENCH_CALL(TL_GPU(EventRecord)(end[index].get(), options.stream));
    }
    TL_BENCH_CALL(TL_GPU(StreamSynchronize)(options.stream));
    std::vector<double> samples;
    for (std::size_t index = 0; index < count; ++index) {
      float ms = 0;
      TL_BENCH_CALL(TL_GPU(EventElapsedTime)(&ms, begin[index].get(), end[index].get()));
      samples.push_back(static_cast<double>(ms) * 1e6);
    }
    return samples;
  };
  double estimate_ns = timed(1, false)[0];
  for (const double until = seconds_now() + options.warmup_ms * 1e-3; seconds_now() < until;)
    estimate_ns = timed(1, false)[0];
  return timed(sample_count(options, estimate_ns), true);
}

} // namespace tl::detail
#endif

namespace tl {

/// Calls `callable` often and says how long one call takes. What it throws passes through; a device
/// error throws std::runtime_error; a profiler that there is not throws std::invalid_argument.
template <class Callable>
bench_result bench(Callable &&callable, const bench_options &options = {}) {
#if TL_HAS_STREAMS
  if (options.profiler.value == TL_PROFILER_CUPTI)
    return detail::summarise(detail::recorded_samples(callable, options), options.quantiles);
  if (options.profiler.value == TL_PROFILER_GRAPH) {
    const detail::bench_graph<Callable> graph(callable, options.stream);
    return detail::summarise(detail::event_samples([&] { graph.launch(options.stream); }, options),
                             options.quantiles);
  }
  if (options.profiler.value != TL_PROFILER_WALL)
    return detail::summarise(detail::event_samples(callable, options), options.quantiles);
  const detail::device_flush flush(options.cold);
  const auto finish = [&] { TL_BENCH_CALL(TL_GPU(StreamSynchronize)(options.stream)); };
  const auto clear = [&] {
    flush(options.stream);
    finish();
  };
  return detail::summarise(detail::wall_samples(callable, options, clear, finish),
                           options.quantiles);
#else
  if (options.profiler.value != TL_PROFILER_DEFAULT && options.profiler.value != TL_PROFILER_WALL)
    TL_THROW(std::invalid_argument("tl::bench: the CPU has one profiler, wall"));
  std::vector<char> flush(options.cold ? 2 * detail::largest_cpu_cache() : 0);
  const auto clear = [&] {
    for (std::size_t index = 0; index < flush.size(); index += 64)
      static_cast<volatile char &>(flush[index]) = static_cast<char>(index);
  };
  return detail::summarise(detail::wall_samples(callable, options, clear, [] {}),
                           options.quantiles);
#endif
}

} // namespace tl

#undef TL_BENCH_CALL
#undef TL_GPU

#endif
