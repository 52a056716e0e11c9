// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin's generated functions call. For each concrete factory it emits
//
//   const tl_factory *__tl_factory_H() {
//     ...tables...
//     static const auto described = describe_parameters<R(Args...)>("m", "a");
//     static const auto options = option_set(timeout = 30);
//     static const tl_factory factory = describe<&__tl_factory_H, R(Args...)>(
//         generated{...}, &__tl_dispatch_H, described, options);
//     return &factory;
//   }
//   R __tl_dispatch_H(Args... args) {
//     return dispatch<&__tl_factory_H, R(Args...)>(option_set(), args...);
//   }
//
// All of the former are constants: what is compiled for a factory is its fast path and a few
// functions of some instructions. Everything that need not know a type stands in the runtime.

#ifndef TL_DISPATCH_H
#define TL_DISPATCH_H

#include <tl/abi.h>
#include <tl/backend.h>
#include <tl/inputs.h>
#include <tl/key.h>
#include <tl/keywords.h>
#include <tl/signature.h>
#include <tl/supply.h>
#include <tl/type_list.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

// For what is compiled once per factory and never called in a hurry.
#ifdef __clang__
#define TL_SMALL_CODE __attribute__((minsize))
#else
#define TL_SMALL_CODE
#endif

namespace tl {

template <class Signature> class kernel;

namespace detail {

using factory_function = const tl_factory *(*)();

/// The constants that only the plugin knows.
struct generated {
  const char *id;
  const char *name;
  const char *file;
  unsigned line;
  const char *fingerprint;
  const char *const *configs;
  const void *functions; ///< R (*const[])(Args...)
  unsigned variant_count;
  unsigned default_variant;
  const void *values; ///< const Config *const[], null unless `eligible` is given
};

/// The attribute's options, each found by its keyword.
template <class... Options> struct option_set_t : Options... {};
template <class... Options> constexpr option_set_t<Options...> option_set(Options... options) {
  return {options...};
}
inline constexpr option_set_t<> no_options{};

/// The one with a keyword among the options of a set: a function that nobody defines, for
/// decltype.
template <class Keyword, class Value>
option<Keyword, Value> find_option(const option<Keyword, Value> &);
template <class Keyword> void find_option(...);
template <class Keyword, class Options>
using option_of = decltype(find_option<Keyword>(std::declval<const Options &>()));
template <class Keyword, class Options>
inline constexpr bool has_option_v = !__is_same(option_of<Keyword, Options>, void);

template <class Keyword, class Options> constexpr auto &value_of(const Options &options) {
  return static_cast<const option_of<Keyword, Options> &>(options).value;
}

/// The runtime's view of a factory's parameters.
template <std::size_t N> struct described_parameters {
  tl_parameter parameters[N + 1];
  tl_argument arguments[N + 1];
};
template <class Parameter> using name_of = const char *;

/// What the runtime sees of a factory: its own parameters, then, where it is lazy, those of the
/// launch that it returns and the stream of that launch.
template <class Signature> struct full_signature;
template <class R, class... Args> struct full_signature<R(Args...)> {
  using type = R(Args...);
  using result = R;
  using own = type_list<Args...>;
  using all = type_list<Args...>;
  using values = all; ///< without the stream that we add

  static constexpr described_parameters<sizeof...(Args)> describe(name_of<Args>... names) {
    return {{describe_parameter<Args>(names)..., tl_parameter{}},
            {describe_argument<Args>()..., tl_argument{}}};
  }
};
template <class R, class... P, class... Args> struct full_signature<kernel<R(P...)>(Args...)> {
#if TL_HAS_STREAMS
  using type = R(Args..., P..., stream_t);
  using all = type_list<Args..., P..., stream_t>;
#else
  using type = R(Args..., P...);
  using all = type_list<Args..., P...>;
#endif
  using result = kernel<R(P...)>;
  using own = type_list<Args...>;
  using values = type_list<Args..., P...>;

  static constexpr auto describe(name_of<Args>... names) {
    return with_launch(all{}, std::make_index_sequence<list_size_v<all> - sizeof...(Args)>{},
                       names...);
  }

private:
  template <class... All, std::size_t... I>
  static constexpr described_parameters<sizeof...(All)>
  with_launch(type_list<All...>, std::index_sequence<I...>, name_of<Args>... names) {
    return full_signature<void(All...)>::describe(names..., position_name<sizeof...(Args) + I>...);
  }
};

/// Zero-initialised storage through which the runtime publishes what it installed.
template <factory_function Factory> inline constinit tl_dispatch_slot dispatch_slot{};

/// Registers the factory when its image is loaded, and takes it back when that is unloaded.
template <factory_function Factory> struct registration {
  registration() { tl_rt_register(Factory()); }
  ~registration() { tl_rt_unregister(Factory()); }
  registration(const registration &) = delete;
  registration &operator=(const registration &) = delete;

  static const registration done;
};
template <factory_function Factory> const registration<Factory> registration<Factory>::done;

template <class Config> constexpr bool same_config(const Config &a, const Config &b) {
  if constexpr (requires { bool(a == b); })
    return bool(a == b);
  else {
    static_assert(std::has_unique_object_representations_v<Config>,
                  "`eligible` returns configs, so the config struct needs an operator==");
    return __builtin_memcmp(&a, &b, sizeof a) == 0;
  }
}

/// Marks the variants that `eligible` admits: fn(config, args...) says yes or no to each,
/// fn(args...) returns the configs that are wanted. One that was not compiled is reported, since
/// nobody else would notice that it never runs.
template <class Config, class Parameters, class Function>
void find_eligible(const Function &fn, const tl_factory *factory, void *const *arguments,
                   std::uint8_t *wanted) {
  const auto *const *values = static_cast<const Config *const *>(factory->values);
  if constexpr (callable_with<Function, prepend_t<const Config &, Parameters>>) {
    for (std::uint32_t i = 0; i < factory->variant_count; ++i)
      wanted[i] = apply_arguments(
          [&](auto &&...args) {
            return bool(fn(*values[i], std::forward<decltype(args)>(args)...));
          },
          arguments, Parameters{});
  } else {
    static_assert(callable_with<Function, Parameters>,
                  "`eligible` takes (config, arguments...) and returns a bool, or (arguments...) "
                  "and returns configs");
    std::size_t position = 0;
    for (const Config &config : apply_arguments(fn, arguments, Parameters{})) {
      bool compiled = false;
      for (std::uint32_t i = 0; i < factory->variant_count; ++i)
        if (same_config(*values[i], config))
          compiled = true, wanted[i] = 1;
      if (!compiled)
        tl_rt_warn_not_compiled(factory, position);
      ++position;
    }
  }
}

/// Keeps what `call` returns when that is a number or an enum and the type the factory returns.
template <class R, class Call> void keep_result(void *result, Call &&call) {
  using returned = decltype(call());
  if constexpr ((std::is_arithmetic_v<returned> || std::is_enum_v<returned>) &&
                std::is_same_v<returned, R>) {
    const returned value = call();
    if (result)
      __builtin_memcpy(result, &value, sizeof value);
  } else {
    static_cast<void>(call());
  }
}

/// Type-erased access to the variants of all factories with one signature: tl_factory::invoke.
template <class Signature> struct variants_of;
template <class R, class... Args> struct variants_of<R(Args...)> {
  using function = R (*)(Args...);

  TL_SMALL_CODE static void invoke(const tl_factory *factory, std::uint32_t variant,
                                   void *const *arguments, void *result) {
    call(static_cast<const function *>(factory->functions)[variant], arguments, result,
         std::index_sequence_for<Args...>{});
  }

private:
  template <std::size_t... I>
  [[gnu::always_inline]] static void call(function variant, [[maybe_unused]] void *const *arguments,
                                          [[maybe_unused]] void *result,
                                          std::index_sequence<I...>) {
    if constexpr (std::is_arithmetic_v<R> || std::is_enum_v<R>) {
      const R value = variant(argument<Args>::get(arguments[I])...);
      if (result)
        __builtin_memcpy(result, &value, sizeof value);
    } else {
      static_cast<void>(variant(argument<Args>::get(arguments[I])...));
    }
  }
};

/// The callbacks among the options of one factory: the other end of tl_options' function pointers.
template <class Signature, class Options, class Config> struct erased;

template <class R, class... Args, class Options, class Config>
struct erased<R(Args...), Options, Config> {
  using own_list = type_list<Args...>;

  static const Options &options(const tl_factory *factory) {
    return *static_cast<const Options *>(factory->context);
  }

  static void reference(const tl_factory *factory, void *const *arguments, void *result) {
    keep_result<R>(result, [&]() -> decltype(auto) {
      return apply_arguments(value_of<keyword::reference>(options(factory)), arguments, own_list{});
    });
  }

  static bool check(const tl_factory *factory, void *const *arguments,
                    [[maybe_unused]] const void *result) {
    const auto &fn = value_of<keyword::check>(options(factory));
    if constexpr (!std::is_void_v<R> &&
                  requires(const R &value) { fn(argument<Args>::get(nullptr)..., value); })
      return apply_arguments(
          [&](auto &&...args) {
            return bool(fn(std::forward<decltype(args)>(args)..., *static_cast<const R *>(result)));
          },
          arguments, own_list{});
    else
      return bool(apply_arguments(fn, arguments, own_list{}));
  }

  static void eligible(const tl_factory *factory, void *const *arguments, std::uint8_t *wanted) {
    static_assert(!std::is_void_v<Config>, "`eligible` needs a config struct");
    find_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                    arguments, wanted);
  }
};

/// What holds where an option is not given.
inline constexpr tl_options default_options = [] {
  tl_options result{};
  result.struct_size = sizeof result;
  result.rep = 100;
  result.timeout = 100;
  result.warmup = 25;
  result.rtol = tolerance_t{}.rtol;
  result.atol = tolerance_t{}.atol;
  result.max_mismatched_ratio = tolerance_t{}.max_mismatched_ratio;
  result.check_repeat = 1;
  return result;
}();

constexpr void set_option(tl_options &to, const option<keyword::rep, int> &it) {
  to.rep = static_cast<std::uint32_t>(it.value);
}
constexpr void set_option(tl_options &to, const option<keyword::timeout, double> &it) {
  to.timeout = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::budget, double> &it) {
  to.budget = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::warmup, double> &it) {
  to.warmup = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::tolerance, tolerance_t> &it) {
  to.rtol = it.value.rtol;
  to.atol = it.value.atol;
  to.max_mismatched_ratio = it.value.max_mismatched_ratio;
  to.equal_nan = it.value.equal_nan;
}
constexpr void set_option(tl_options &to, const option<keyword::check_repeat, int> &it) {
  to.check_repeat = static_cast<std::uint32_t>(it.value);
}
constexpr void set_option(tl_options &to, const option<keyword::skip_check, bool> &it) {
  to.skip_check = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::cold, bool> &it) {
  to.cold = it.value ? TL_TRUE : TL_FALSE;
}
constexpr void set_option(tl_options &to, const option<keyword::cache_inputs, bool> &it) {
  to.cache_inputs = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::isolation, isolation_t> &it) {
  to.isolation = it.value.value;
}
constexpr void set_option(tl_options &to, const option<keyword::profiler, profiler_t> &it) {
  to.profiler = it.value.value;
}
constexpr void set_option(tl_options &to, const option<keyword::search, search_t> &it) {
  to.search = it.value.strategy;
  to.search_count = it.value.count;
}
constexpr void set_option(tl_options &to, const option<keyword::supply, supply_t> &it) {
  to.supply = it.value.kind;
  to.supply_seed = it.value.seed;
}
/// The callbacks, which need the factory's types; see set_callback.
template <class Keyword, class Value>
constexpr void set_option(tl_options &, const option<Keyword, Value> &) {}

/// What the option of a callback puts into the descriptor; nothing for any other option.
template <class Signature, class Config, class Options> struct callbacks {
  using access = erased<Signature, Options, Config>;

  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::reference, Value> &) {
    to.options.reference = &access::reference;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::check, Value> &) {
    to.options.check = &access::check;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::eligible, Value> &) {
    to.options.eligible = &access::eligible;
  }
  static constexpr void set(tl_factory &, const option<keyword::supply, supply_t> &) {}
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::supply, Value> &) {
    using hooks = supply_hooks<full_signature<Signature>, Options, option<keyword::supply, Value>>;
    to.inputs = &hooks::inputs;
    to.release_inputs = &hooks::release;
  }
  static constexpr void set(tl_factory &, ...) {}
};

/// `names` are those of the factory's own parameters.
template <class Signature, class... Names> constexpr auto describe_parameters(Names... names) {
  return full_signature<Signature>::describe(names...);
}

template <class Signature> struct signature_traits;
template <class R, class... Args> struct signature_traits<R(Args...)> {
  using result = R;
  static constexpr bool copyable = (true && ... && is_copyable_argument<Args>);
};

/// How a factory's arguments become a problem.
template <class Options, class... Args> struct problem_of {
  static constexpr bool own_key = has_option_v<keyword::key, Options>;
  static constexpr std::size_t device_words = backend == TL_BACKEND_CPU ? 0 : 1;

  static constexpr std::size_t problem_words() {
    if constexpr (own_key)
      return key_words_of_value<std::remove_cvref_t<decltype(value_of<keyword::key>(
          std::declval<const Options &>())(std::declval<std::remove_reference_t<Args> &>()...))>>();
    else
      return (std::size_t(0) + ... + key_words_of<Args>());
  }
  static constexpr std::size_t words = device_words + problem_words();

  [[gnu::always_inline]] static void make_key(std::uint64_t *at, const Options &options,
                                              std::remove_reference_t<Args> &...args) {
    make_key_on(device_words != 0 ? device_word() : 0, at, options, args...);
  }

  [[gnu::always_inline]] static void make_key_on([[maybe_unused]] std::uint64_t device,
                                                 std::uint64_t *at,
                                                 [[maybe_unused]] const Options &options,
                                                 std::remove_reference_t<Args> &...args) {
    if constexpr (device_words != 0)
      *at++ = device;
    if constexpr (own_key)
      append_key_value(at, value_of<keyword::key>(options)(args...));
    else
      (append_key<Args>(at, args), ...);
  }

  /// tl_factory::own_key.
  static void make_own_key(const tl_factory *factory, [[maybe_unused]] void *const *arguments,
                           std::uint64_t *words_at, std::uint8_t *signs_at) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto value = value_of<keyword::key>(*static_cast<const Options *>(factory->context))(
          *static_cast<std::remove_reference_t<Args> *>(arguments[I])...);
      append_key_value(words_at, value);
      append_signs<std::remove_cv_t<decltype(value)>>(signs_at);
    }(std::index_sequence_for<Args...>{});
  }
};

template <class List, class Options> struct problem_of_list;
template <class... Args, class Options> struct problem_of_list<type_list<Args...>, Options> {
  using type = problem_of<Options, Args...>;
};

/// The descriptor of one factory. `reached_by` is its dispatcher, by whose address the programmatic
/// interfaces find it. `Config` is the type of `generated::values`' elements, void for none. A
/// constant wherever the options are.
template <factory_function Factory, class Signature, class Config = void, std::size_t N,
          class... Options>
constexpr tl_factory describe(const generated &tables, const void *reached_by,
                              const described_parameters<N> &described,
                              const option_set_t<Options...> &options) {
  using full = full_signature<Signature>;
  using traits = signature_traits<typename full::type>;
  using problem = typename problem_of_list<typename full::own, option_set_t<Options...>>::type;
  tl_factory result{};
  result.abi_version = TL_ABI_VERSION;
  result.struct_size = sizeof result;
  result.backend = backend;
  result.variant_count = tables.variant_count;
  result.default_variant = tables.default_variant;
  result.parameter_count = N;
  result.id = tables.id;
  result.name = tables.name;
  result.file = tables.file;
  result.line = tables.line;
  result.fingerprint = tables.fingerprint;
  result.configs = tables.configs;
  result.parameters = described.parameters;
  result.arguments = described.arguments;
  result.functions = tables.functions;
  result.context = &options;
  result.values = tables.values;
  result.options = default_options;
  (set_option(result.options, static_cast<const Options &>(options)), ...);
  result.slot = &dispatch_slot<Factory>;
  result.dispatcher = reached_by;
  result.key_words = problem::words;
  result.own_parameters = static_cast<std::uint32_t>(list_size_v<typename full::own>);
  if constexpr (backend != TL_BACKEND_CPU) {
    result.take_error = take_error;
    result.current_device = current_device;
    result.is_capturing = is_capturing;
  }
  if constexpr (problem::own_key)
    result.own_key = problem::make_own_key;
  if constexpr (traits::copyable) {
    result.tunable = 1;
    result.result = describe_result<typename traits::result>();
    result.invoke = &variants_of<Signature>::invoke;
    (callbacks<Signature, Config, option_set_t<Options...>>::set(
         result, static_cast<const Options &>(options)),
     ...);
  }
  return result;
}

/// How a parameter is handed on to another function: a number or pointer as it is, so that it need
/// not be in memory before that function asks for it.
template <class Parameter>
using passed_on_t = std::conditional_t<std::is_scalar_v<Parameter>, Parameter, Parameter &&>;

template <factory_function Factory, class Signature, class Options> struct dispatcher;

template <factory_function Factory, class R, class... Args, class Options>
struct dispatcher<Factory, R(Args...), Options> {
  using function = R (*)(Args...);
  using problem = problem_of<Options, Args...>;
  static constexpr std::size_t words = problem::words;

  /// Trivially constructed, so that reaching it is free.
  struct last_call {
    tl_last_call call;
    std::uint64_t key[words + 1]; ///< one spare, so that a factory without a key is no special case
  };
  static inline thread_local constinit last_call last{{~std::uint64_t(0), nullptr}, {}};

  /// Every call in it is the last thing that it does, so that it needs no stack of its own: beside
  /// a launch, most of what a dispatch costs is fetching its code.
  [[gnu::always_inline]] static R call(const Options &options, Args &&...args) {
    if constexpr (problem::device_words != 0)
      if (!device_is_unnamed()) [[unlikely]]
        return call_by_device(options, static_cast<passed_on_t<Args>>(args)...);
    return call_on(0, options, static_cast<Args &&>(args)...);
  }

  [[gnu::noinline]] static R call_by_device(const Options &options, passed_on_t<Args>... args) {
    return call_on(device_word(), options, static_cast<Args &&>(args)...);
  }

  [[gnu::always_inline]] static R call_on(std::uint64_t device, const Options &options,
                                          Args &&...args) {
    std::uint64_t key[words + 1];
    problem::make_key_on(device, key, options, args...);
    last_call &known = last;
    bool same = known.call.generation ==
                __atomic_load_n(&dispatch_slot<Factory>.generation, __ATOMIC_ACQUIRE);
    for (std::size_t i = 0; i < words; ++i)
      same &= known.key[i] == key[i];
    if (!same) [[unlikely]]
      return call_selected(options, static_cast<passed_on_t<Args>>(args)...);
    return reinterpret_cast<function>(const_cast<void *>(known.call.function))(
        static_cast<Args &&>(args)...);
  }

  /// Makes the key again, so that the fast path keeps it in registers.
  // Clang 19 wants a standard attribute before a GNU one.
  [[gnu::noinline, gnu::cold]] TL_SMALL_CODE static R call_selected(const Options &options,
                                                                    passed_on_t<Args>... args) {
    std::uint64_t key[words + 1];
    problem::make_key(key, options, args...);
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
        nullptr};
    const void *selected = tl_rt_select(Factory(), arguments, key, &last.call);
    return reinterpret_cast<function>(const_cast<void *>(selected))(static_cast<Args &&>(args)...);
  }
};

/// Runs the variant that is installed for this problem; finds or tunes it first when there is none.
/// Of the options only `key` counts here.
template <factory_function Factory, class Signature, class Options, class... Args>
[[gnu::always_inline]] inline typename full_signature<Signature>::result
dispatch(const Options &options, Args &&...args) {
  static_cast<void>(registration<Factory>::done);
  return dispatcher<Factory, Signature, Options>::call(options, static_cast<Args &&>(args)...);
}

} // namespace detail
} // namespace tl

#endif
