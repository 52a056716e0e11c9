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
template <class R, class... P> struct launcher : shared_object {
  virtual R launch(const launch_config &config, stream_t stream, P... args) const = 0;
};

/// A function of the host: a CPU kernel, or several launches on a GPU. Takes the stream as a last
/// argument if it can.
template <class Function, class R, class... P> struct host_launcher final : launcher<R, P...> {
  explicit host_launcher(Function f) : function(std::move(f)) {}

  R launch(const launch_config &, [[maybe_unused]] stream_t stream, P... args) const override {
    if constexpr (TL_HAS_STREAMS && std::is_invocable_v<const Function &, P..., stream_t>)
      return static_cast<R>(function(static_cast<P &&>(args)..., stream));
    else
      return static_cast<R>(function(static_cast<P &&>(args)...));
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

/// A handle's way to the winner. One object for all copies of a handle; thread-safe.
template <class R, class... P> class deferred_launch : public shared_object {
public:
  /// A variant's description and for how long it counts.
  struct resolved final : shared_object {
    resolved(std::uint64_t generation_, std::uint32_t variant_, kernel<R(P...)> description_)
        : generation(generation_), variant(variant_),
          description(static_cast<kernel<R(P...)> &&>(description_)) {}
    std::uint64_t generation; ///< of the dispatch slot
    std::uint32_t variant;
    kernel<R(P...)> description;
    resolved *before = nullptr; ///< kept too: a reader may be in it
  };

  explicit deferred_launch(const tl_factory *factory) : factory_(factory) {}
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

  /// Finds or tunes the winner on the launch's arguments, given by address; `synthetic` when there
  /// are no data. Valid for this launch even where it does not count for the next one.
  virtual shared<resolved> resolve(stream_t stream, void *const *launch_arguments,
                                   bool synthetic) = 0;

  /// Describes the same launch to `answer`, and asks for nothing.
  virtual void with_call(stream_t stream, void *const *launch_arguments, bool synthetic,
                         call_listener listener) = 0;

  /// Whether the winner is installed; never tunes.
  virtual bool ready() const = 0;
  /// The description that the default config gives.
  virtual kernel<R(P...)> default_description() const = 0;

  const tl_factory *factory() const { return factory_; }

protected:
  /// Makes `found` what known() gives.
  void keep(shared<resolved> found) {
    resolved *const added = found.release();
    added->before = __atomic_load_n(&current_, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(&current_, &added->before, added, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
    }
  }

  const tl_factory *factory_;

private:
  resolved *current_ = nullptr; ///< owned, like all those before it
};

} // namespace detail

/// A launch description, or a handle of a factory that finds its description when it is needed.
/// Calling is thread-safe; describing is not. Copies are cheap.
template <class R, class... P> class kernel<R(P...)> {
public:
  using signature = R(P...);

  /// A function pointer with the values of its leading parameters: those that the launch does not
  /// give. In a CUDA or HIP source it is a __global__ function.
  template <class... K, class... Bound>
    requires(sizeof...(K) == sizeof...(Bound) + sizeof...(P))
  explicit kernel(R (*function)(K...), Bound... bound) {
#if TL_HAS_STREAMS
    config_.function = reinterpret_cast<const void *>(function);
    launcher_ = detail::make_device_launcher<R, detail::type_list<P...>, K...>(std::move(bound)...);
#else
    static_assert(std::is_invocable_r_v<R, R (*)(K...), Bound..., P...>,
                  "the kernel's parameters are the bound values and then the launch's arguments");
    auto call = [function, kept = std::tuple<Bound...>(std::move(bound)...)](P... args) -> R {
      return std::apply(
          [&](const auto &...first) { return function(first..., static_cast<P &&>(args)...); },
          kept);
    };
    launcher_ =
        detail::make_shared_object<detail::host_launcher<decltype(call), R, P...>>(std::move(call));
#endif
  }

  /// Anything else that can be called with the launch's arguments (and the stream on a GPU): a
  /// lambda, several kernels in a row.
  template <class Function>
    requires(std::is_class_v<Function> && !std::is_same_v<Function, kernel> &&
             (std::is_invocable_v<const Function &, P...> ||
              std::is_invocable_v<const Function &, P..., detail::stream_t>))
  explicit kernel(Function function)
      : launcher_(detail::make_shared_object<detail::host_launcher<Function, R, P...>>(
            std::move(function))) {}

  /// For the generated code only: a handle.
  explicit kernel(detail::shared<detail::deferred_launch<R, P...>> deferred)
      : deferred_(std::move(deferred)) {}

  // --- Describing ------------------------------------------------------------------------------

  /// Blocks in the grid.
  kernel &grid(unsigned x, unsigned y = 1, unsigned z = 1) {
    return changed().grid = {x, y, z}, *this;
  }
  /// Threads in a block.
  kernel &block(unsigned x, unsigned y = 1, unsigned z = 1) {
    return changed().block = {x, y, z}, *this;
  }
  /// Blocks in a cluster (compute capability 9.0 and up).
  kernel &cluster(unsigned x, unsigned y = 1, unsigned z = 1) {
    return changed().cluster = {x, y, z}, *this;
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
  /// Launch argument I, a buffer, reaches the kernel as a tensor map (<tl/tma.h>).
  template <std::size_t I, class Map> kernel &tma(const Map &map) {
    static_assert(I < sizeof...(P), "the launch has no argument of this number (from 0)");
    config_.maps.add(I, detail::make_tensor_map(map));
    return *this;
  }
  /// Shape of the buffer behind launch argument I [elements]: what tune() generates inputs from,
  /// and what tells the size of a raw pointer's buffer.
  template <std::size_t I, class... Extent> kernel &extent(Extent... extents) {
    static_assert(I < sizeof...(P), "the launch has no argument of this number (from 0)");
    static_assert(sizeof...(Extent) <= TL_MAX_RANK, "a buffer has at most 8 dimensions");
    config_.extents.add(I, {sizeof...(Extent), {static_cast<std::uint64_t>(extents)...}});
    return *this;
  }
  /// Value that tune() passes for launch argument I, a number.
  template <std::size_t I> kernel &value(double number) {
    static_assert(I < sizeof...(P), "the launch has no argument of this number (from 0)");
    config_.values.add(I, number);
    return *this;
  }

  // --- Running ---------------------------------------------------------------------------------

  /// Launches on the default stream. The first launch of a handle may tune. Throws tl::infeasible
  /// where the device cannot do it, and std::runtime_error where the launch fails.
  R operator()(P... args) const { return launch(detail::stream_t{}, static_cast<P &&>(args)...); }

  class on_stream {
  public:
    on_stream(const kernel &what, detail::stream_t stream) : what_(what), stream_(stream) {}
    R operator()(P... args) const { return what_.launch(stream_, static_cast<P &&>(args)...); }

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
  void with_call(detail::call_listener listener, P... args) const {
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
  R launch_now(detail::stream_t stream, P... args) const {
    return launcher_->launch(config_, stream, static_cast<P &&>(args)...);
  }

private:
  [[gnu::always_inline]] R launch(detail::stream_t stream, P... args) const {
    if (!deferred_)
      return launch_now(stream, static_cast<P &&>(args)...);
    if (const auto *known = deferred_->known()) [[likely]]
      return known->description.launch_now(stream, static_cast<P &&>(args)...);
    return first_launch(stream, static_cast<P &&>(args)...);
  }

  [[gnu::noinline]] R first_launch(detail::stream_t stream, P... args) const {
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
        nullptr};
    const auto found = deferred_->resolve(stream, arguments, false);
    return found->description.launch_now(stream, static_cast<P &&>(args)...);
  }

  /// The description, to be checked anew before its next launch.
  detail::launch_config &changed() {
    config_.prepared.store(0);
    return config_;
  }
  /// Calls `body` with addresses of launch arguments that hold no data.
  template <class Body> void with_synthetic_arguments(Body &&body) const;

  detail::launch_config config_;
  detail::shared<detail::launcher<R, P...>> launcher_;
  detail::shared<detail::deferred_launch<R, P...>> deferred_;
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
        throw std::invalid_argument(where() + " has rank " + std::to_string(view_of<bare>::rank) +
                                    ", and extent<" + std::to_string(index) + ">() gives " +
                                    std::to_string(extents->rank) + " extents");
      std::uint64_t stride = 1;
      for (std::size_t i = view_of<bare>::rank; extents && i-- > 0;) {
        view.shape[i] = static_cast<std::size_t>(extents->shape[i]);
        view.strides[i] = static_cast<std::ptrdiff_t>(stride);
        stride *= extents->shape[i];
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
      throw std::invalid_argument(where() + " has no value: say .value<" + std::to_string(index) +
                                  ">(...) in the factory");
  } else {
    static_assert(std::is_default_constructible_v<bare>);
    return {};
  }
}

} // namespace detail

template <class R, class... P>
template <class Body>
void kernel<R(P...)>::with_synthetic_arguments(Body &&body) const {
  const kernel description = deferred_->default_description();
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    std::tuple<std::remove_cvref_t<P>...> made{
        detail::synthetic_argument<P>(I, description.config_)...};
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(&std::get<I>(made)))..., nullptr};
    body(static_cast<void *const *>(arguments));
  }(std::index_sequence_for<P...>{});
}

template <class R, class... P> kernel<R(P...)> &kernel<R(P...)>::tune() {
  if (deferred_ && !deferred_->known())
    with_synthetic_arguments([&](void *const *arguments) {
      static_cast<void>(deferred_->resolve(detail::stream_t{}, arguments, true));
    });
  return *this;
}

namespace detail {

/// Whether two sets of arguments are known to be the same; false where that cannot be told.
template <class... T> bool same_arguments(const std::tuple<T...> &a, const std::tuple<T...> &b) {
  const auto same = []<class V>(const V &x, const V &y) {
    if constexpr (requires { bool(x == y); })
      return bool(x == y);
    else
      return false;
  };
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (true && ... && same(std::get<I>(a), std::get<I>(b)));
  }(std::index_sequence_for<T...>{});
}

/// The variants of a lazy factory, to the runtime: functions of the factory's parameters, the
/// launch's, and the stream, that build a description and launch it.
template <class Launch, class... Args> struct launches_of;
template <class R, class... P, class... Args> struct launches_of<kernel<R(P...)>, Args...> {
  using launch = kernel<R(P...)>;
  using function = launch (*)(Args...);

  static void invoke(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                     void *result) {
    const launch &what = description(factory, variant, arguments);
    keep_result<R>(result, [&]() -> decltype(auto) {
      return apply_arguments(
          [&](auto &&...args) -> decltype(auto) {
            return what.launch_now(stream(arguments), static_cast<P>(args)...);
          },
          arguments, type_list<P...>{}, sizeof...(Args));
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
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> const launch & {
      std::tuple<std::remove_cvref_t<Args>...> wanted{argument<Args>::get(arguments[I])...};
      if (!last || last->factory != factory || last->variant != variant ||
          !same_arguments(last->arguments, wanted)) {
        last.reset();
        last.emplace(built{factory, variant, std::move(wanted),
                           static_cast<const function *>(factory->functions)[variant](
                               argument<Args>::get(arguments[I])...)});
      }
      return last->description;
    }(std::index_sequence_for<Args...>{});
  }

  static stream_t stream(void *const *arguments) {
    return TL_HAS_STREAMS ? *static_cast<stream_t *>(arguments[sizeof...(Args) + sizeof...(P)])
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
template <class R, class... P, class... Args, class Options, class Config>
struct erased<kernel<R(P...)>(Args...), Options, Config> {
  using own_list = type_list<Args...>;
  using launch_list = type_list<P...>;
  using value_list = type_list<Args..., P...>;
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
    keep_result<R>(result, [&]() -> decltype(auto) {
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

template <std::size_t Words, class R, class... P, class... Args>
class factory_handle<Words, kernel<R(P...)>(Args...)> final : public deferred_launch<R, P...> {
public:
  using base = deferred_launch<R, P...>;
  using launch = kernel<R(P...)>;
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
    std::uint32_t variant = installed();
    if (variant == UINT32_MAX) {
      auto ask = [&](const tl_call &call) { variant = tl_rt_resolve(this->factory_, &call); };
      with_call(stream, launch_arguments, synthetic, ask);
    }
    auto found = make_shared_object<resolved>(generation, variant, build(variant));
    // What holds for this launch only (a stream is being captured) is not installed.
    if (installed() == variant)
      this->keep(found);
    return found;
  }

  void with_call(stream_t stream, void *const *launch_arguments, bool synthetic,
                 call_listener listener) override {
    constexpr std::size_t own = sizeof...(Args), all = own + sizeof...(P);
    void *arguments[all + 2] = {};
    point_at_own(arguments);
    for (std::size_t i = 0; i < sizeof...(P); ++i)
      arguments[own + i] = launch_arguments[i];
    if constexpr (TL_HAS_STREAMS)
      arguments[all] = &stream;
    std::uint64_t extents[all + 2] = {};
    std::tuple<made_argument<P>...> sized;
    try {
      const launch described = default_description();
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (declare_extent<P>(described.described().extents.find(I), arguments[own + I],
                           extents[own + I], std::get<I>(sized)),
         ...);
      }(std::index_sequence_for<P...>{});
    } catch (const infeasible &) {
      // The default config cannot run here: another one may.
    }
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
