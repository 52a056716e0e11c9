// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tuning as a program step:
//
//   tl::tuning_result found = tl::tuner(&gemm<float>).timeout(60).reference(naive<float>).run(m, n,
//   k, a, b, c); auto best = found.callable(&gemm<float>);
//
//   auto run = tl::prepare(&gemm<float>, m, n, k, a, b, c);   // stored winner, or tuned now
//   run(m, n, k, a, b, c);
//
// Neither writes to the caller's data. Both need the plugin: without it, a function's address leads
// to no factory, tuner throws, and prepare gives the default config.

#ifndef TL_TUNER_H
#define TL_TUNER_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/detail/dispatch.h>
#include <tl/inputs.h>
#include <tl/kernel.h>
#include <tl/result.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tl {
namespace detail {

/// Arguments as a factory takes them, by address: an lvalue for a reference, a copy for a value.
template <class... Args> class argument_block {
public:
  template <class... Given>
  explicit argument_block(Given &&...given) : values_(std::forward<Given>(given)...) {
    std::apply(
        [&](auto &...value) {
          (addresses_.push_back(
               const_cast<void *>(static_cast<const volatile void *>(std::addressof(value)))),
           ...);
        },
        values_);
  }
  argument_block(const argument_block &) = delete;
  argument_block &operator=(const argument_block &) = delete;
  std::vector<void *> &addresses() { return addresses_; }

private:
  std::tuple<
      std::conditional_t<std::is_lvalue_reference_v<Args>, Args, std::remove_cvref_t<Args>>...>
      values_;
  std::vector<void *> addresses_;
};

/// Options that replace the attribute's. The callbacks find this object through the descriptor's
/// context, and what was not replaced is asked of the original factory.
struct tuner_overrides {
  const tl_factory *original = nullptr;
  std::function<void(void *const *, void *)> reference;
  std::function<bool(void *const *, const void *)> check;
  std::function<void(const tl_factory *, std::uint8_t *)> eligible;

  static const tuner_overrides &of(const tl_factory *factory) {
    return *static_cast<const tuner_overrides *>(factory->context);
  }
  static void call_reference(const tl_factory *factory, void *const *arguments, void *result) {
    const tuner_overrides &it = of(factory);
    it.reference ? it.reference(arguments, result)
                 : it.original->options.reference(it.original, arguments, result);
  }
  static bool call_check(const tl_factory *factory, void *const *arguments, const void *result) {
    const tuner_overrides &it = of(factory);
    return it.check ? it.check(arguments, result)
                    : it.original->options.check(it.original, arguments, result);
  }
  static void call_restore(const tl_factory *factory, void *const *arguments) {
    const tl_factory *original = of(factory).original;
    original->options.restore(original, arguments);
  }
  static void call_eligible(const tl_factory *factory, void *const *arguments,
                            std::uint8_t *wanted) {
    const tuner_overrides &it = of(factory);
    it.eligible ? it.eligible(factory, wanted)
                : it.original->options.eligible(it.original, arguments, wanted);
  }
  static std::int32_t inputs(const tl_factory *factory, const tl_call *call, void **arguments,
                             std::uint64_t *extents, void **owner,
                             void (*append)(void *, const char *), void *sink) {
    return of(factory).original->inputs(of(factory).original, call, arguments, extents, owner,
                                        append, sink);
  }
  static void own_key(const tl_factory *factory, void *const *arguments, std::uint64_t *words,
                      std::uint8_t *is_signed) {
    of(factory).original->own_key(of(factory).original, arguments, words, is_signed);
  }
  static bool admits(const tl_factory *factory, void *const *arguments, std::uint32_t variant) {
    // Of a variant that there is not yet, the config object alone is there.
    tl_factory asked = *of(factory).original;
    asked.values = factory->values;
    return asked.admits(&asked, arguments, variant);
  }
  static void team(const tl_factory *factory, void *const *arguments,
                   void (*run)(void *state, void *const *arguments), void *state) {
    of(factory).original->team(of(factory).original, arguments, run, state);
  }
  static void invoke(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                     void *result) {
    of(factory).original->invoke(of(factory).original, variant, arguments, result);
  }
};

/// As a stream would print it: "-0.5", "1e-09", "nan".
inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

template <class Signature> struct tuned_call;

/// How a tuner's run() becomes a tl_call: eager factories.
template <class Returned, class... Args> struct tuned_call<Returned(Args...)> {
  using values = type_list<Args...>;
  using result = Returned;
  template <class Answer, class... Given>
  static void with(const tl_factory *factory, Returned (*)(Args...), Answer &&answer,
                   Given &&...given) {
    static_assert(sizeof...(Given) == sizeof...(Args),
                  "run() and prepare() take the factory's arguments");
    argument_block<Args...> block(std::forward<Given>(given)...);
    std::vector<std::uint64_t> key(factory->key_words + 1);
    std::string problem;
    tl_call call{};
    block.addresses().push_back(nullptr);
    tl_rt_make_call(
        factory, block.addresses().data(), &call, key.data(),
        [](void *sink, const char *text) { *static_cast<std::string *>(sink) += text; }, &problem);
    call.problem = problem.c_str();
    answer(call);
  }
};

/// Lazy factories: with the launch's arguments, or without any data.
template <class Returned, class... Param, class... Args>
struct tuned_call<kernel<Returned(Param...)>(Args...)> {
  using values = type_list<Args..., Param...>;
  using result = Returned;
  template <class Answer, class... Given>
  static void with(const tl_factory *, kernel<Returned(Param...)> (*function)(Args...),
                   Answer &&answer, Given &&...given) {
    static_assert(sizeof...(Given) == sizeof...(Args) ||
                      sizeof...(Given) == sizeof...(Args) + sizeof...(Param),
                  "run() takes the factory's arguments, and those of the launch or none of them");
    auto all = std::forward_as_tuple(std::forward<Given>(given)...);
    [&]<std::size_t... Index, std::size_t... Launch>(std::index_sequence<Index...>,
                                                     std::index_sequence<Launch...>) {
      const kernel<Returned(Param...)> handle = function(std::get<Index>(all)...);
      if constexpr (sizeof...(Launch) == 0 && sizeof...(Param) != 0)
        handle.with_synthetic_call(answer);
      else
        handle.with_call(answer, std::get<sizeof...(Args) + Launch>(all)...);
    }(std::index_sequence_for<Args...>{},
      std::make_index_sequence<sizeof...(Given) - sizeof...(Args)>{});
  }
};

inline const tl_factory *factory_behind(const void *function) {
  const tl_factory *found = tl_rt_factory_of(function);
  if (!found)
    TL_THROW(std::invalid_argument(
        "tl::tuner: this function is no factory (was it compiled with the plugin, without "
        "tunables spelled out?)"));
  return found;
}

} // namespace detail

/// One tuning session after the other on one factory, with options that replace the attribute's
/// (the environment's replace both). Not thread-safe; several tuners are.
template <class Signature> class tuner;

template <class Returned, class... Args> class [[nodiscard]] tuner<Returned(Args...)> {
public:
  using function = Returned (*)(Args...);
  using values = typename detail::tuned_call<Returned(Args...)>::values;

  /// `&gemm<float>`. Throws std::invalid_argument where that is no factory.
  explicit tuner(function address)
      : function_(address),
        original_(detail::factory_behind(reinterpret_cast<const void *>(address))),
        options_(original_->options), overrides_(std::make_unique<detail::tuner_overrides>()) {
    overrides_->original = original_;
  }

  /// The options of the attribute, one by one; units, meanings and ranges are those of
  /// <tl/keywords.h>. A value out of its range throws std::invalid_argument.
  tuner &timeout(double seconds) {
    require(seconds > 0, "timeout", seconds, "a positive number of seconds");
    return options_.timeout = seconds, *this;
  }
  tuner &budget(double seconds) {
    require(seconds > 0, "budget", seconds, "a positive number of seconds");
    return options_.budget = seconds, *this;
  }
  tuner &warmup(double milliseconds) {
    require(milliseconds >= 0, "warmup", milliseconds,
            "a number of milliseconds that is not negative");
    return options_.warmup = milliseconds, *this;
  }
  tuner &rep(int samples) {
    require(samples >= 1, "rep", samples, "a count of at least 1");
    return options_.rep = static_cast<std::uint32_t>(samples), *this;
  }
  tuner &check_repeat(int runs) {
    require(runs >= 0, "check_repeat", runs, "a count that is not negative");
    return options_.check_repeat = static_cast<std::uint32_t>(runs), *this;
  }
  tuner &skip_check(bool on = true) { return options_.skip_check = on, *this; }
  tuner &cold(bool on) { return options_.cold = on ? TL_TRUE : TL_FALSE, *this; }
  tuner &cache_inputs(bool on = true) { return options_.cache_inputs = on, *this; }
  tuner &isolation(isolation_t where) { return options_.isolation = where.value, *this; }
  tuner &profiler(profiler_t what) { return options_.profiler = what.value, *this; }
  tuner &search(search_t how) {
    require(how.strategy == TL_SEARCH_EXHAUSTIVE || how.count > 0, "search", how.count,
            "a search of at least 1 variant");
    options_.search = how.strategy;
    options_.search_count = how.count;
    return *this;
  }
  tuner &tolerance(const tolerance_t &value) {
    require(value.rtol >= 0, "tolerance.rtol", value.rtol, "a number that is not negative");
    require(value.atol >= 0, "tolerance.atol", value.atol, "a number that is not negative");
    require(value.max_mismatched_ratio >= 0 && value.max_mismatched_ratio <= 1,
            "tolerance.max_mismatched_ratio", value.max_mismatched_ratio, "a ratio from 0 to 1");
    options_.rtol = value.rtol;
    options_.atol = value.atol;
    require(value.rms >= 0, "tolerance.rms", value.rms, "a number that is not negative");
    options_.max_mismatched_ratio = value.max_mismatched_ratio;
    options_.rms = value.rms;
    options_.equal_nan = value.equal_nan;
    return *this;
  }
  tuner &supply(supply_t what) {
    supply_replaced_ = true;
    options_.supply = what.kind;
    options_.supply_seed = what.seed;
    return *this;
  }

  /// A function of all arguments (those of a lazy factory, then the launch's; or the launch's only)
  /// whose results are the right ones. Trials of CUDA factories run in another process, where such
  /// a function is not known: there they run in this one (isolation none).
  template <class Function> tuner &reference(Function fn) {
    overrides_->reference = [fn](void *const *arguments, void *result) {
      call(fn, arguments,
           static_cast<typename detail::tuned_call<Returned(Args...)>::result *>(result));
    };
    options_.reference = &detail::tuner_overrides::call_reference;
    // An object that it returns is not kept.
    result_known_ = std::is_arithmetic_v<typename detail::tuned_call<Returned(Args...)>::result>;
    return in_this_process();
  }
  /// A function of the same arguments that says whether they hold a right result.
  template <class Function> tuner &check(Function fn) {
    overrides_->check = [fn](void *const *arguments, const void *) {
      bool right = false;
      call(fn, arguments, &right);
      return right;
    };
    options_.check = &detail::tuner_overrides::call_check;
    return in_this_process();
  }
  /// A function of a config's text ("block_m=64,...") that says whether the variant takes part.
  template <class Function> tuner &eligible(Function fn) {
    overrides_->eligible = [fn](const tl_factory *factory, std::uint8_t *wanted) {
      for (std::uint32_t index = 0; index < factory->variant_count; ++index)
        wanted[index] = bool(fn(std::string_view(factory->configs[index])));
    };
    options_.eligible = &detail::tuner_overrides::call_eligible;
    return *this;
  }

  /// Inputs of the trials in place of the arguments of run(), as tl::with_inputs takes them.
  /// Lvalues are referred to, not copied.
  template <class... Given> tuner &inputs(Given &&...given) {
    with_inputs_ = [kept = std::make_shared<std::tuple<Given...>>(std::forward<Given>(given)...)](
                       const std::function<void()> &body) {
      std::apply(
          [&](auto &...input) {
            const with_inputs scope(input...);
            body();
          },
          *kept);
    };
    return *this;
  }

  /// Tunes now, on these arguments (of a lazy factory: its own, followed by the launch's or, to
  /// tune without data, by nothing), stores and installs the winner. Writes none of the caller's
  /// data. A session without a winner is no error: see tuning_result::failure.
  template <class... Given> tuning_result run(Given &&...given) const {
    tl_factory changed = *original_;
    changed.options = options_;
    changed.context = overrides_.get();
    if (changed.options.eligible)
      changed.options.eligible = &detail::tuner_overrides::call_eligible;
    if (changed.options.reference)
      changed.options.reference = &detail::tuner_overrides::call_reference;
    if (changed.options.check)
      changed.options.check = &detail::tuner_overrides::call_check;
    if (changed.options.restore)
      changed.options.restore = &detail::tuner_overrides::call_restore;
    if (!result_known_)
      changed.result.access = TL_ACCESS_SCRATCH;
    changed.invoke = &detail::tuner_overrides::invoke;
    if (changed.own_key)
      changed.own_key = &detail::tuner_overrides::own_key;
    if (changed.admits)
      changed.admits = &detail::tuner_overrides::admits;
    if (changed.team)
      changed.team = &detail::tuner_overrides::team;
    // A supply type takes the place of the attribute's supply function.
    if (changed.inputs)
      changed.inputs = supply_replaced_ ? nullptr : &detail::tuner_overrides::inputs;
    tl_result *found = nullptr;
    const auto body = [&] {
      detail::tuned_call<Returned(Args...)>::with(
          original_, function_, [&](const tl_call &call) { found = tl_rt_tune(&changed, &call); },
          std::forward<Given>(given)...);
    };
    if (with_inputs_)
      with_inputs_(body);
    else
      body();
    return tuning_result::from(found);
  }

  /// What the runtime knows about the factory.
  const tl_factory &factory() const { return *original_; }

private:
  static void require(bool holds, const char *option, double found, const char *expected) {
    if (!holds)
      TL_THROW(std::invalid_argument(std::string("tl::tuner: ") + option + " is " +
                                     detail::number_text(found) + ", expected " + expected));
  }

  /// Calls `fn` with all values, or with the launch's only.
  template <class Function, class Result>
  static void call(const Function &fn, void *const *arguments, Result *result) {
    using own = typename detail::full_signature<Returned(Args...)>::own;
    if constexpr (detail::callable_with<const Function, values>)
      store_result(
          [&]() -> decltype(auto) { return detail::apply_arguments(fn, arguments, values{}); },
          result);
    else {
      using launch = decltype(launch_values(static_cast<function>(nullptr)));
      static_assert(detail::callable_with<const Function, launch>,
                    "reference() and check() take a function of the factory's arguments, of a lazy "
                    "factory also one of the launch's");
      store_result(
          [&]() -> decltype(auto) {
            return detail::apply_arguments(fn, arguments, launch{}, detail::list_size_v<own>);
          },
          result);
    }
  }
  template <class LR, class... Param>
  static detail::type_list<Param...> launch_values(kernel<LR(Param...)> (*)(Args...)) {
    return {};
  }
  static values launch_values(...) { return {}; }

  template <class Body, class Result> static void store_result(Body &&body, Result *result) {
    using returned = decltype(body());
    if constexpr (std::is_arithmetic_v<Result> && std::is_convertible_v<returned, Result>) {
      const auto value = static_cast<Result>(body());
      if (result)
        std::memcpy(result, &value, sizeof value);
    } else {
      static_cast<void>(body());
    }
  }
  tuner &in_this_process() {
    if (original_->backend != TL_BACKEND_CPU)
      options_.isolation = TL_ISOLATION_NONE;
    return *this;
  }

  function function_;
  const tl_factory *original_;
  tl_options options_;
  std::unique_ptr<detail::tuner_overrides> overrides_;
  std::function<void(const std::function<void()> &)> with_inputs_;
  bool supply_replaced_ = false;
  bool result_known_ = true; ///< what the reference returns can be compared
};
template <class Returned, class... Args> tuner(Returned (*)(Args...)) -> tuner<Returned(Args...)>;

/// A problem whose winner is known: what prepare() gives for an eager factory. A call of it is one
/// of the factory, so that it is right for its own arguments: another config runs where the winner
/// is not proven for them.
template <class Returned, class... Args> class prepared {
public:
  prepared(Returned (*function)(Args...), std::string config)
      : function_(function), config_(std::move(config)) {}
  Returned operator()(Args... args) const { return function_(static_cast<Args &&>(args)...); }
  /// The config that runs, "" without the plugin.
  const std::string &config() const { return config_; }

private:
  Returned (*function_)(Args...);
  std::string config_;
};

/// Finds the winner for these arguments: stored, or tuned now on copies of them (or on inputs from
/// tl::with_inputs or `supply`). Runs nothing on the caller's data. The result holds for this
/// problem.
template <class Returned, class... Args, class... Given>
prepared<Returned, Args...> prepare(Returned (*factory)(Args...), Given &&...given) {
  const tl_factory *found = tl_rt_factory_of(reinterpret_cast<const void *>(factory));
  if (!found)
    return {factory, ""};
  std::uint32_t variant = found->default_variant;
  detail::tuned_call<Returned(Args...)>::with(
      found, factory, [&](const tl_call &call) { variant = tl_rt_resolve(found, &call); },
      std::forward<Given>(given)...);
  return {factory, found->configs[variant]};
}

/// A lazy factory: the handle, tuned without data of the caller's where nothing was stored.
template <class Returned, class... Param, class... Args, class... Given>
kernel<Returned(Param...)> prepare(kernel<Returned(Param...)> (*factory)(Args...),
                                   Given &&...given) {
  static_assert(sizeof...(Given) == sizeof...(Args), "prepare() takes the factory's arguments");
  kernel<Returned(Param...)> handle = factory(std::forward<Given>(given)...);
  handle.tune();
  return handle;
}

} // namespace tl

#endif
