// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a lazy factory returns: a launch description that is run later, as often as one likes.
//
//   using gemm_launch = tl::kernel<void(tl::in<half>, tl::in<half>, tl::out<half>)>;
//
//   template <gemm_config C = {}>
//   [[tl::autotune(configs = gemm_space, supply = tl::supply::automatic)]]
//   gemm_launch gemm(int m, int n, int k) {
//     return gemm_launch(gemm_kernel<C>, m, n, k)
//         .grid(n / C.block_n, m / C.block_m).block(C.threads).shared(shared_bytes<C>)
//         .extent<0>(m, k).extent<1>(k, n).extent<2>(m, n);
//   }
//
//   auto run = gemm(4096, 4096, 4096);
//   run(a, b, c);              // the winner: stored, or tuned now, on these very arguments
//   run.on(stream)(a, b, c);

#ifndef TL_KERNEL_H
#define TL_KERNEL_H

#include <tl/language.h>

#include <tl/detail/deferred_launch.h>
#include <tl/detail/dispatch.h>
#include <tl/detail/launch.h>
#include <tl/detail/launch_arguments.h>
#include <tl/detail/launcher.h>
#include <tl/detail/shared.h>
#include <tl/detail/synthetic_argument.h>
#include <tl/infeasible.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl {

/// A launch description, or a handle of a factory that finds its description when it is needed.
/// Calling is thread-safe; describing is not. Copies are cheap.
template <class Result, class... Param> class kernel<Result(Param...)> {
public:
  using signature = Result(Param...);

  /// A function pointer with the values of its leading parameters: those that the launch does not
  /// give. In a CUDA or HIP source it is a __global__ function.
  template <class... Taken, class... Bound>
    requires(sizeof...(Taken) == sizeof...(Bound) + sizeof...(Param))
  explicit kernel(Result (*function)(Taken...), Bound... bound) {
#if TL_HAS_STREAMS
    config_.function = reinterpret_cast<const void *>(function);
    launcher_ = detail::make_device_launcher<Result, detail::type_list<Param...>, Taken...>(
        std::move(bound)...);
#else
    static_assert(std::is_invocable_r_v<Result, Result (*)(Taken...), Bound..., Param...>,
                  "the kernel's parameters are the bound values and then the launch's arguments");
    auto call = [function,
                 kept = std::tuple<Bound...>(std::move(bound)...)](Param... args) -> Result {
      return std::apply(
          [&](const auto &...first) { return function(first..., static_cast<Param &&>(args)...); },
          kept);
    };
    launcher_ = detail::make_shared_object<detail::host_launcher<decltype(call), Result, Param...>>(
        std::move(call));
#endif
  }

  /// Anything else that can be called with the launch's arguments (and the stream on a GPU): a
  /// lambda, several kernels in a row.
  template <class Function>
    requires(std::is_class_v<Function> && !std::is_same_v<Function, kernel> &&
             (std::is_invocable_v<const Function &, Param...> ||
              std::is_invocable_v<const Function &, Param..., detail::stream_t>))
  explicit kernel(Function function)
      : launcher_(detail::make_shared_object<detail::host_launcher<Function, Result, Param...>>(
            std::move(function))) {}

  /// For the generated code only: a handle.
  explicit kernel(detail::shared<detail::deferred_launch<Result, Param...>> deferred)
      : deferred_(std::move(deferred)) {}

  // --- Describing ------------------------------------------------------------------------------

  /// Blocks in the grid.
  kernel &grid(unsigned width, unsigned height = 1, unsigned depth = 1) {
    return changed().grid = {width, height, depth}, *this;
  }
  /// Threads in a block.
  kernel &block(unsigned width, unsigned height = 1, unsigned depth = 1) {
    return changed().block = {width, height, depth}, *this;
  }
  /// Blocks in a cluster (compute capability 9.0 and up).
  kernel &cluster(unsigned width, unsigned height = 1, unsigned depth = 1) {
    return changed().cluster = {width, height, depth}, *this;
  }
  /// Dynamic shared memory [bytes]. Over the device's limit the variant is infeasible.
  kernel &shared(std::size_t bytes) { return changed().shared_bytes = bytes, *this; }
  /// A cooperative launch: all blocks resident at once, or the variant is infeasible.
  kernel &cooperative(bool on = true) { return changed().cooperative = on, *this; }
  /// Programmatic dependent launch: may begin before its predecessor on the stream has ended; the
  /// kernel waits with cudaGridDependencySynchronize().
  kernel &pdl(bool on = true) { return changed().pdl = on, *this; }
  /// Priority among the streams' work; lower numbers go first.
  kernel &priority(int value) {
    return config_.priority = value, config_.has_priority = true, *this;
  }
  /// Keeps `bytes` from `pointer` on in the part of L2 that is set aside; `hit_ratio` of the
  /// accesses do. One window per launch, the hardware has no more.
  kernel &l2_persist(const void *pointer, std::size_t bytes, float hit_ratio = 1) {
    return changed().set_window({pointer, -1, bytes, hit_ratio}), *this;
  }
  /// The same for the buffer that launch argument `argument` (counted from 0) leads to.
  kernel &l2_persist(int argument, std::size_t bytes, float hit_ratio = 1) {
    return changed().set_window({nullptr, argument, bytes, hit_ratio}), *this;
  }
  /// Launch argument number Index, a buffer, reaches the kernel as a tensor map (<tl/tma.h>).
  template <std::size_t Index, class Map> kernel &tma(const Map &map) {
    static_assert(Index < sizeof...(Param), "the launch has no argument of this number (from 0)");
    config_.maps.add(Index, detail::make_tensor_map(map));
    return *this;
  }
  /// Shape of the buffer behind launch argument number Index [elements]: what tune() generates
  /// inputs from, and what tells the size of a raw pointer's buffer.
  template <std::size_t Index, class... Extent> kernel &extent(Extent... extents) {
    static_assert(Index < sizeof...(Param), "the launch has no argument of this number (from 0)");
    static_assert(sizeof...(Extent) <= TL_MAX_RANK, "a buffer has at most 8 dimensions");
    config_.extents.add(Index, {sizeof...(Extent), {static_cast<std::uint64_t>(extents)...}});
    return *this;
  }
  /// Value that tune() passes for launch argument number Index, a number.
  template <std::size_t Index> kernel &value(double number) {
    static_assert(Index < sizeof...(Param), "the launch has no argument of this number (from 0)");
    config_.values.add(Index, number);
    return *this;
  }

  // --- Running ---------------------------------------------------------------------------------

  /// Launches on the default stream. The first launch of a handle may tune. Throws tl::infeasible
  /// where the device cannot do it, and std::runtime_error where the launch fails.
  Result operator()(Param... args) const {
    return launch(detail::stream_t{}, static_cast<Param &&>(args)...);
  }

  class on_stream {
  public:
    on_stream(const kernel &what, detail::stream_t stream) : what_(what), stream_(stream) {}
    Result operator()(Param... args) const {
      return what_.launch(stream_, static_cast<Param &&>(args)...);
    }

  private:
    const kernel &what_;
    detail::stream_t stream_;
  };
  /// `run.on(stream)(args...)`; `run` must outlive the result.
  on_stream on(detail::stream_t stream) const { return {*this, stream}; }

  // --- A factory's handle ----------------------------------------------------------------------

  /// Finds the winner without any data of the caller's: stored, or tuned on inputs from
  /// tl::with_inputs, `supply`, or generated (supply::automatic). Does nothing for a description.
  /// Throws std::invalid_argument where an argument's extent or value is not known.
  kernel &tune();

  /// Whether the next launch tunes nothing: the winner is known to this process.
  bool ready() const { return !deferred_ || deferred_->known() || deferred_->ready(); }

  /// The config that runs, "block_m=64,..."; "" where none was chosen yet or there is nothing to
  /// choose.
  std::string config() const {
    const auto *known = deferred_ ? deferred_->known() : nullptr;
    return known ? deferred_->factory()->configs[known->variant] : "";
  }

  /// The description that this is, or that the winner (before: the default config) gives.
  const detail::launch_config &described() const { return config_; }

  /// What the runtime knows about the factory behind the handle; null for a description.
  const tl_factory *factory() const { return deferred_ ? deferred_->factory() : nullptr; }

  /// For <tl/tuner.h>: what a handle would ask the runtime on these arguments, or on none.
  void with_call(detail::call_listener listener, Param... args) const {
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
        nullptr};
    deferred_->with_call(detail::stream_t{}, arguments, false, listener);
  }
  void with_synthetic_call(detail::call_listener listener) const {
    with_synthetic_arguments([&](void *const *arguments) {
      deferred_->with_call(detail::stream_t{}, arguments, true, listener);
    });
  }

  /// For the generated code only: launches a description.
  Result launch_now(detail::stream_t stream, Param... args) const {
    return launcher_->launch(config_, stream, static_cast<Param &&>(args)...);
  }

private:
  using resolved = typename detail::deferred_launch<Result, Param...>::resolved;

  /// What this thread launched last with such arguments.
  struct last_launch {
    std::uint64_t handle = 0; ///< its number, 0: none
    std::uint64_t generation = 0;
    const resolved *found = nullptr;
    detail::launch_arguments<Param...> arguments{};
  };
  static last_launch &last() {
    static thread_local constinit last_launch it{};
    return it;
  }

  [[gnu::always_inline]] Result launch(detail::stream_t stream, Param... args) const {
    if (!deferred_)
      return launch_now(stream, static_cast<Param &&>(args)...);
    if constexpr (detail::launch_arguments<Param...>::can_be_told) {
      const last_launch &before = last();
      if (before.handle == deferred_->number() &&
          before.generation == __atomic_load_n(&factory()->slot->generation, __ATOMIC_ACQUIRE) &&
          before.arguments.same(args...)) [[likely]]
        return launch_feasible(*before.found, stream, static_cast<Param &&>(args)...);
    }
    return other_launch(stream, static_cast<Param &&>(args)...);
  }

  /// One whose arguments are not those of the thread's last launch of this handle.
  [[gnu::noinline]] Result other_launch(detail::stream_t stream, Param... args) const {
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
        nullptr};
    const auto found = deferred_->resolve(stream, arguments, false);
    if constexpr (detail::launch_arguments<Param...>::can_be_told)
      if (found->kept) {
        last_launch &now = last();
        now.handle = deferred_->number();
        now.generation = found->generation;
        now.found = &*found;
        now.arguments.take(args...);
      }
    return launch_feasible(*found, stream, static_cast<Param &&>(args)...);
  }

  /// A variant may find out only now that it cannot run with these arguments.
  Result launch_feasible(const resolved &found, detail::stream_t stream, Param... args) const {
#if defined(__cpp_exceptions)
    if constexpr (detail::launch_arguments<Param...>::can_be_told) {
      void *arguments[] = {
          const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
          nullptr};
      detail::shared<resolved> other;
      for (const resolved *now = &found;; now = &*other)
        try {
          return now->description.launch_now(stream, static_cast<Param &&>(args)...);
        } catch (const infeasible &) {
          other = deferred_->replace(stream, arguments, false, now->variant);
          if (!other)
            throw;
        }
    } else
#endif
      return found.description.launch_now(stream, static_cast<Param &&>(args)...);
  }

  /// The description, to be checked anew before its next launch.
  detail::launch_config &changed() {
    config_.prepared.store(0);
    return config_;
  }
  /// Calls `body` with addresses of launch arguments that hold no data.
  template <class Body> void with_synthetic_arguments(Body &&body) const;

  detail::launch_config config_;
  detail::shared<detail::launcher<Result, Param...>> launcher_;
  detail::shared<detail::deferred_launch<Result, Param...>> deferred_;
};

template <class Result, class... Param>
template <class Body>
void kernel<Result(Param...)>::with_synthetic_arguments(Body &&body) const {
  const kernel description = deferred_->default_description();
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    std::tuple<std::remove_cvref_t<Param>...> made{
        detail::synthetic_argument<Param>(Index, description.config_)...};
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(&std::get<Index>(made)))..., nullptr};
    body(static_cast<void *const *>(arguments));
  }(std::index_sequence_for<Param...>{});
}

template <class Result, class... Param> kernel<Result(Param...)> &kernel<Result(Param...)>::tune() {
  if (deferred_ && !deferred_->known())
    with_synthetic_arguments([&](void *const *arguments) {
      static_cast<void>(deferred_->resolve(detail::stream_t{}, arguments, true));
    });
  return *this;
}

} // namespace tl

#endif
