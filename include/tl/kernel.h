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

#include <tl/exceptions.h>

#include <tl/dispatch.h>
#include <tl/infeasible.h>
#include <tl/launch.h>
#include <tl/shared.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

/// Makes one launch. Shared by all copies of a description; thread-safe.
template <class Result, class... Param> struct launcher : shared_object {
  virtual Result launch(const launch_config &config, stream_t stream, Param... args) const = 0;
};

/// A function of the host: a CPU kernel, or several launches on a GPU. Takes the stream as a last
/// argument if it can.
template <class Function, class Result, class... Param>
struct host_launcher final : launcher<Result, Param...> {
  explicit host_launcher(Function callable) : function(std::move(callable)) {}

  Result launch(const launch_config &, [[maybe_unused]] stream_t stream,
                Param... args) const override {
    if constexpr (TL_HAS_STREAMS && std::is_invocable_v<const Function &, Param..., stream_t>)
      return static_cast<Result>(function(static_cast<Param &&>(args)..., stream));
    else
      return static_cast<Result>(function(static_cast<Param &&>(args)...));
  }

  Function function;
};

/// Somebody who is to hear of a call; does not own what it refers to.
class call_listener {
public:
  template <class Hear>
  call_listener(Hear &hear)
      : hear_(&hear),
        tell_([](void *to, const tl_call &call) { (*static_cast<Hear *>(to))(call); }) {}
  void operator()(const tl_call &call) const { tell_(hear_, call); }

private:
  void *hear_;
  void (*tell_)(void *, const tl_call &);
};

/// Handles that were made in this program so far: each has a number of its own.
inline std::uint64_t handles_made = 0;

/// The arguments of one launch, byte by byte: equal bytes are the same call, with the same facts.
template <class... Param> struct launch_arguments {
  template <class Type>
  static constexpr std::size_t size_of =
      sizeof(std::remove_reference_t<Type>) + (std::is_reference_v<Type> ? sizeof(void *) : 0);
  static constexpr std::size_t size = (std::size_t(0) + ... + size_of<Param>);
  /// What is larger, or no plain value, is looked at anew by the runtime each time.
  static constexpr bool can_be_told =
      (true && ... && std::is_trivially_copyable_v<std::remove_reference_t<Param>>) && size <= 512;

  unsigned char bytes[size + 1];

  [[gnu::always_inline]] bool same(const std::remove_reference_t<Param> &...args) const {
    [[maybe_unused]] const unsigned char *at = bytes;
    return (true && ... && same_one<Param>(at, args));
  }
  void take(const std::remove_reference_t<Param> &...args) {
    [[maybe_unused]] unsigned char *at = bytes;
    (take_one<Param>(at, args), ...);
  }

private:
  template <class Type, class Value>
  [[gnu::always_inline]] static bool same_one(const unsigned char *&at, const Value &arg) {
    const void *const address = __builtin_addressof(arg);
    const bool same = __builtin_memcmp(at, address, sizeof arg) == 0;
    at += sizeof arg;
    if constexpr (std::is_reference_v<Type>) {
      const bool there = __builtin_memcmp(at, &address, sizeof address) == 0;
      at += sizeof address;
      return same && there;
    }
    return same;
  }
  template <class Type, class Value> static void take_one(unsigned char *&at, const Value &arg) {
    const void *const address = __builtin_addressof(arg);
    __builtin_memcpy(at, address, sizeof arg);
    at += sizeof arg;
    if constexpr (std::is_reference_v<Type>) {
      __builtin_memcpy(at, &address, sizeof address);
      at += sizeof address;
    }
  }
};

/// A handle's way to the winner. One object for all copies of a handle; thread-safe.
template <class Result, class... Param> class deferred_launch : public shared_object {
public:
  /// A variant's description and for how long it counts.
  struct resolved final : shared_object {
    resolved(std::uint64_t generation_, std::uint32_t variant_,
             kernel<Result(Param...)> description_)
        : generation(generation_), variant(variant_),
          description(static_cast<kernel<Result(Param...)> &&>(description_)) {}
    std::uint64_t generation; ///< of the dispatch slot
    std::uint32_t variant;
    bool kept = false; ///< for as long as the handle lives; otherwise for one launch only
    kernel<Result(Param...)> description;
    resolved *before = nullptr; ///< kept too: a reader may be in it, and it may be right again
  };

  explicit deferred_launch(const tl_factory *factory)
      : factory_(factory), number_(__atomic_add_fetch(&handles_made, 1, __ATOMIC_RELAXED)) {}
  ~deferred_launch() override {
    while (current_) {
      const auto last = shared<resolved>::take_over(current_);
      current_ = last->before;
    }
  }

  /// The winner's description where it is known, else null.
  [[gnu::always_inline]] const resolved *known() const {
    const resolved *it = __atomic_load_n(&current_, __ATOMIC_ACQUIRE);
    return it && it->generation == __atomic_load_n(&factory_->slot->generation, __ATOMIC_ACQUIRE)
               ? it
               : nullptr;
  }

  /// Finds or tunes the variant for a launch with these arguments, given by address; `synthetic`
  /// when there are no data. Valid for this launch even where it does not count for the next one.
  virtual shared<resolved> resolve(stream_t stream, void *const *launch_arguments,
                                   bool synthetic) = 0;

  /// What to launch in place of `refused`, which is infeasible with these arguments; null where
  /// there is nothing left.
  virtual shared<resolved> replace(stream_t stream, void *const *launch_arguments, bool synthetic,
                                   std::uint32_t refused) = 0;

  /// Describes the same launch to `answer`, and asks for nothing.
  virtual void with_call(stream_t stream, void *const *launch_arguments, bool synthetic,
                         call_listener listener) = 0;

  /// Whether the winner is installed; never tunes.
  virtual bool ready() const = 0;
  /// The description that the default config gives.
  virtual kernel<Result(Param...)> default_description() const = 0;

  const tl_factory *factory() const { return factory_; }
  /// No other handle of this program has or had it.
  std::uint64_t number() const { return number_; }

protected:
  /// A description that was kept, for a variant that is as good as then.
  shared<resolved> kept(std::uint64_t generation, std::uint32_t variant) const {
    for (resolved *it = __atomic_load_n(&current_, __ATOMIC_ACQUIRE); it; it = it->before)
      if (it->generation == generation && it->variant == variant)
        return shared<resolved>::share(it);
    return {};
  }

  /// Makes `found` what known() gives.
  void keep(shared<resolved> found) {
    found->kept = true;
    resolved *const added = found.release();
    added->before = __atomic_load_n(&current_, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(&current_, &added->before, added, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
    }
  }

  const tl_factory *factory_;

private:
  const std::uint64_t number_;
  resolved *current_ = nullptr; ///< owned, like all those before it
};

} // namespace detail

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

namespace detail {

/// A launch argument that holds no data: a view of the described shape, a null pointer, a described
/// number.
template <class Parameter>
std::remove_cvref_t<Parameter> synthetic_argument(std::size_t index, const launch_config &config) {
  using bare = std::remove_cvref_t<Parameter>;
  const auto where = [&] {
    return "tune(): launch argument " + std::to_string(index) + " (counted from 0)";
  };
  if constexpr (is_buffer_parameter_v<Parameter>) {
    const extents_t *extents = config.extents.find(index);
    if constexpr (std::is_pointer_v<bare>) {
      return nullptr;
    } else if constexpr (view_of<bare>::rank == 1 &&
                         std::is_constructible_v<bare, typename view_of<bare>::element *,
                                                 std::size_t>) {
      return bare(static_cast<typename view_of<bare>::element *>(nullptr),
                  extents ? static_cast<std::size_t>(extents->count()) : 0);
    } else if constexpr (requires(bare view) { view.shape[0] = 1, view.strides[0] = 1; }) {
      bare view{};
      if (extents && extents->rank != view_of<bare>::rank)
        TL_THROW(std::invalid_argument(
            where() + " has rank " + std::to_string(view_of<bare>::rank) + ", and extent<" +
            std::to_string(index) + ">() gives " + std::to_string(extents->rank) + " extents"));
      std::uint64_t stride = 1;
      for (std::size_t nth = view_of<bare>::rank; extents && nth-- > 0;) {
        view.shape[nth] = static_cast<std::size_t>(extents->shape[nth]);
        view.strides[nth] = static_cast<std::ptrdiff_t>(stride);
        stride *= extents->shape[nth];
      }
      return view;
    } else {
      static_assert(std::is_default_constructible_v<bare>);
      return {};
    }
  } else if constexpr (std::is_arithmetic_v<bare> || std::is_enum_v<bare>) {
    if (const double *number = config.values.find(index))
      return static_cast<bare>(*number);
    if constexpr (std::is_floating_point_v<bare>)
      return bare(1);
    else
      TL_THROW(std::invalid_argument(where() + " has no value: say .value<" +
                                     std::to_string(index) + ">(...) in the factory"));
  } else {
    static_assert(std::is_default_constructible_v<bare>);
    return {};
  }
}

} // namespace detail

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

namespace detail {

/// Whether two sets of arguments are known to be the same; false where that cannot be told.
template <class... Type>
bool same_arguments(const std::tuple<Type...> &left, const std::tuple<Type...> &right) {
  const auto same = []<class Part>(const Part &one, const Part &other) {
    if constexpr (requires { bool(one == other); })
      return bool(one == other);
    else
      return false;
  };
  return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return (true && ... && same(std::get<Index>(left), std::get<Index>(right)));
  }(std::index_sequence_for<Type...>{});
}

/// The variants of a lazy factory, to the runtime: functions of the factory's parameters, the
/// launch's, and the stream, that build a description and launch it.
template <class Launch, class... Args> struct launches_of;
template <class Result, class... Param, class... Args>
struct launches_of<kernel<Result(Param...)>, Args...> {
  using launch = kernel<Result(Param...)>;
  using function = launch (*)(Args...);

  static void invoke(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                     void *result) {
    const launch &what = description(factory, variant, arguments);
    keep_result<Result>(result, [&]() -> decltype(auto) {
      return apply_arguments(
          [&](auto &&...args) -> decltype(auto) {
            return what.launch_now(stream(arguments), static_cast<Param>(args)...);
          },
          arguments, type_list<Param...>{}, sizeof...(Args));
    });
  }

private:
  /// A trial runs one description many times: it is built for the first of them only.
  static const launch &description(const tl_factory *factory, std::uint32_t variant,
                                   void *const *arguments) {
    struct built {
      const tl_factory *factory;
      std::uint32_t variant;
      std::tuple<std::remove_cvref_t<Args>...> arguments;
      launch description;
    };
    static thread_local room<built> last;
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) -> const launch & {
      std::tuple<std::remove_cvref_t<Args>...> wanted{argument<Args>::get(arguments[Index])...};
      if (!last || last->factory != factory || last->variant != variant ||
          !same_arguments(last->arguments, wanted)) {
        last.reset();
        last.emplace(built{factory, variant, std::move(wanted),
                           static_cast<const function *>(factory->functions)[variant](
                               argument<Args>::get(arguments[Index])...)});
      }
      return last->description;
    }(std::index_sequence_for<Args...>{});
  }

  static stream_t stream(void *const *arguments) {
    return TL_HAS_STREAMS ? *static_cast<stream_t *>(arguments[sizeof...(Args) + sizeof...(Param)])
                          : stream_t{};
  }
};

/// tl_factory::invoke for all lazy factories with one signature.
template <class Launch, class... Args>
void invoke_launch(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                   void *result) {
  launches_of<Launch, Args...>::invoke(factory, variant, arguments, result);
}

/// The callbacks among the options of a lazy factory.
template <class Result, class... Param, class... Args, class Options, class Config>
struct erased<kernel<Result(Param...)>(Args...), Options, Config> {
  using own_list = type_list<Args...>;
  using launch_list = type_list<Param...>;
  using value_list = type_list<Args..., Param...>;
  static constexpr std::size_t own = sizeof...(Args);

  static const Options &options(const tl_factory *factory) {
    return *static_cast<const Options *>(factory->context);
  }

  /// With all values, with the launch's only, and either with the stream: whatever `fn` takes.
  template <class Function, class... More>
  static decltype(auto) call_matching(const Function &fn, void *const *arguments, More &&...more) {
    using everything = concatenated_t<value_list, type_list<stream_t, More...>>;
    using launch_and_stream = concatenated_t<launch_list, type_list<stream_t, More...>>;
    const auto with = [&](auto &&...args) -> decltype(auto) {
      return fn(std::forward<decltype(args)>(args)..., std::forward<More>(more)...);
    };
    if constexpr (TL_HAS_STREAMS && callable_with<const Function, everything>)
      return apply_arguments(with, arguments, concatenated_t<value_list, type_list<stream_t>>{});
    else if constexpr (callable_with<const Function,
                                     concatenated_t<value_list, type_list<More...>>>)
      return apply_arguments(with, arguments, value_list{});
    else if constexpr (TL_HAS_STREAMS && callable_with<const Function, launch_and_stream>)
      return apply_arguments(with, arguments, concatenated_t<launch_list, type_list<stream_t>>{},
                             own);
    else
      return apply_arguments(with, arguments, launch_list{}, own);
  }

  static void reference(const tl_factory *factory, void *const *arguments, void *result) {
    keep_result<Result>(result, [&]() -> decltype(auto) {
      return call_matching(value_of<keyword::reference>(options(factory)), arguments);
    });
  }

  static bool check(const tl_factory *factory, void *const *arguments,
                    [[maybe_unused]] const void *result) {
    const auto &fn = value_of<keyword::check>(options(factory));
    return bool(call_matching(fn, arguments));
  }

  static void eligible(const tl_factory *factory, void *const *arguments, std::uint8_t *wanted) {
    static_assert(!std::is_void_v<Config>, "`eligible` needs a config struct");
    find_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                    arguments, wanted);
  }

  static bool admits(const tl_factory *factory, void *const *arguments, std::uint32_t variant) {
    return is_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                         arguments, variant);
  }
};

/// Gives a buffer whose argument tells no size the one that the description declares.
template <class Parameter>
void declare_extent(const extents_t *extents, void *&address, std::uint64_t &bytes,
                    [[maybe_unused]] made_argument<Parameter> &sized) {
  if (!extents)
    return;
  const std::uint64_t count = extents->count();
  using bare = std::remove_cvref_t<Parameter>;
  if constexpr (std::is_pointer_v<bare> && !std::is_void_v<std::remove_pointer_t<bare>>) {
    bytes = count * sizeof(std::remove_pointer_t<bare>);
  } else if constexpr (is_buffer_parameter_v<Parameter> && !std::is_lvalue_reference_v<Parameter>) {
    if constexpr (requires(bare view) { view.pointer, view.count; }) {
      if (static_cast<const bare *>(address)->count == 0) {
        sized.emplace(*static_cast<const bare *>(address));
        sized->count = static_cast<std::size_t>(count);
        address = &*sized;
      }
    }
  }
}

/// A handle of one lazy factory, whose key has `Words` words, for one set of its arguments.
template <std::size_t Words, class Signature> class factory_handle;

template <std::size_t Words, class Result, class... Param, class... Args>
class factory_handle<Words, kernel<Result(Param...)>(Args...)> final
    : public deferred_launch<Result, Param...> {
public:
  using base = deferred_launch<Result, Param...>;
  using launch = kernel<Result(Param...)>;
  using function = launch (*)(Args...);
  using resolved = typename base::resolved;

  explicit factory_handle(const tl_factory *factory, Args &&...args)
      : base(factory), arguments_(static_cast<Args &&>(args)...) {
    void *own[sizeof...(Args) + 1] = {};
    point_at_own(own);
    tl_rt_make_key(factory, own, key_);
  }

  bool ready() const override { return installed() != UINT32_MAX; }

  launch default_description() const override { return build(this->factory_->default_variant); }

  shared<resolved> resolve(stream_t stream, void *const *launch_arguments,
                           bool synthetic) override {
    // Read before the look-up: a change in between makes the entry stale, never wrong.
    const std::uint64_t generation =
        __atomic_load_n(&this->factory_->slot->generation, __ATOMIC_ACQUIRE);
    all_arguments all(*this, stream, launch_arguments);
    const auto look = [&] {
      return synthetic ? installed() : tl_rt_find_for(this->factory_, key_, all.addresses);
    };
    std::uint32_t variant = look();
    if (variant == UINT32_MAX) {
      auto ask = [&](const tl_call &call) { variant = tl_rt_resolve(this->factory_, &call); };
      with_call(stream, launch_arguments, synthetic, ask);
    }
    if (auto before = this->kept(generation, variant))
      return before;
    auto found = make_or_replace(generation, variant, stream, launch_arguments, synthetic);
    // What holds for this launch only (a stream is being captured) is not installed.
    if (found->variant == variant && look() == variant)
      this->keep(found);
    return found;
  }

  shared<resolved> replace(stream_t stream, void *const *launch_arguments, bool synthetic,
                           std::uint32_t refused) override {
    std::uint32_t other = UINT32_MAX;
    auto ask = [&](const tl_call &call) { other = tl_rt_refused(this->factory_, &call, refused); };
    with_call(stream, launch_arguments, synthetic, ask);
    return other == UINT32_MAX ? shared<resolved>{}
                               : make_or_replace(0, other, stream, launch_arguments, synthetic);
  }

  void with_call(stream_t stream, void *const *launch_arguments, bool synthetic,
                 call_listener listener) override {
    constexpr std::size_t own = sizeof...(Args), all = own + sizeof...(Param);
    all_arguments every(*this, stream, launch_arguments);
    void **const arguments = every.addresses;
    std::uint64_t extents[all + 2] = {};
    std::tuple<made_argument<Param>...> sized;
    const auto declare_extents = [&] {
      const launch described = default_description();
      [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (declare_extent<Param>(described.described().extents.find(Index), arguments[own + Index],
                               extents[own + Index], std::get<Index>(sized)),
         ...);
      }(std::index_sequence_for<Param...>{});
    };
#if TL_HAS_EXCEPTIONS
    try {
      declare_extents();
    } catch (const infeasible &) {
      // The default config cannot run here: another one may.
    }
#else
    declare_extents();
#endif
    std::string text;
    tl_call call{};
    std::uint64_t key[Words + 1];
    tl_rt_make_call(
        this->factory_, arguments, &call, key,
        [](void *sink, const char *more) { *static_cast<std::string *>(sink) += more; }, &text);
    call.key = key_;
    call.problem = text.c_str();
    call.extents = extents;
    call.synthetic = synthetic;
    listener(call);
  }

private:
  /// The addresses of a launch's arguments behind those of the factory's own.
  struct all_arguments {
    void *addresses[sizeof...(Args) + sizeof...(Param) + 2] = {};
    stream_t stream;
    all_arguments(factory_handle &of, stream_t on, void *const *launch_arguments) : stream(on) {
      of.point_at_own(addresses);
      for (std::size_t at = 0; at < sizeof...(Param); ++at)
        addresses[sizeof...(Args) + at] = launch_arguments[at];
      if constexpr (TL_HAS_STREAMS)
        addresses[sizeof...(Args) + sizeof...(Param)] = &stream;
    }
  };

  /// The description that a variant gives, or, if it says that it is infeasible, another one.
  shared<resolved> make_or_replace(std::uint64_t generation, std::uint32_t variant, stream_t stream,
                                   void *const *launch_arguments, bool synthetic) {
#if defined(__cpp_exceptions)
    try {
#endif
      return make_shared_object<resolved>(generation, variant, build(variant));
#if defined(__cpp_exceptions)
    } catch (const infeasible &) {
      if (auto other = replace(stream, launch_arguments, synthetic, variant))
        return other;
      throw;
    }
#endif
  }

  std::uint32_t installed() const {
    return tl_rt_find(this->factory_->slot, key_, static_cast<std::uint32_t>(Words));
  }

  /// Writes the addresses of the factory's own arguments.
  void point_at_own(void **to) {
    std::apply(
        [&](auto &...mine) {
          ((*to++ =
                const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(mine)))),
           ...);
        },
        arguments_);
  }

  launch build(std::uint32_t variant) const {
    return std::apply(
        [&](const auto &...own) {
          return static_cast<const function *>(
              this->factory_->functions)[variant](argument<Args>::get(
              const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(own))))...);
        },
        arguments_);
  }

  std::tuple<std::remove_cvref_t<Args>...> arguments_;
  std::uint64_t key_[Words + 1]{};
};

/// What the dispatcher of a lazy factory does. Costs one allocation: what is fast is the handle.
template <std::size_t Words, class Launch, class... Args>
Launch make_handle(const tl_factory *factory, std::type_identity_t<Args>... args) {
  return Launch(make_shared_object<factory_handle<Words, Launch(Args...)>>(
      factory, static_cast<Args &&>(args)...));
}

} // namespace detail
} // namespace tl

#endif
