// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin's generated functions call. For each concrete factory it emits
//
//   const tl_factory *__tl_factory_H() { ...tables...; return describe<&__tl_factory_H,
//   R(Args...)>(...); } R __tl_dispatch_H(Args... args) { return dispatch<&__tl_factory_H,
//   R(Args...)>(option_set(...), args...); }
//
// and everything that is not a table stands here and in the runtime.

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
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

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
  const char *const *parameters;
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

struct no_option {};
template <class Keyword, class Value>
constexpr const option<Keyword, Value> &find_option(const option<Keyword, Value> &found) {
  return found;
}
template <class Keyword> constexpr no_option find_option(...) { return {}; }

template <class Keyword, class Options>
inline constexpr bool has_option_v =
    !std::is_same_v<decltype(find_option<Keyword>(std::declval<const Options &>())), no_option>;

template <class Keyword, class Options> constexpr auto &value_of(const Options &options) {
  return find_option<Keyword>(options).value;
}

template <class Keyword, class Options, class Default>
constexpr Default value_or(const Options &options, Default otherwise) {
  if constexpr (has_option_v<Keyword, Options>)
    return static_cast<Default>(value_of<Keyword>(options));
  else
    return otherwise;
}

template <class Options> constexpr bool supplied_by_function() {
  if constexpr (has_option_v<keyword::supply, Options>)
    return !std::is_same_v<
        std::remove_cvref_t<decltype(value_of<keyword::supply>(std::declval<const Options &>()))>,
        supply_t>;
  else
    return false;
}
template <class Options> const auto &value_of_supply(const Options &options) {
  return value_of<keyword::supply>(options);
}

/// What the runtime sees of a factory: its own parameters, then, where it is lazy, those of the
/// launch that it returns and the stream of that launch.
template <class Signature> struct full_signature;
template <class R, class... Args> struct full_signature<R(Args...)> {
  using type = R(Args...);
  using own = type_list<Args...>;
  using all = type_list<Args...>;
  using values = all; ///< without the stream that we add
};
template <class R, class... P, class... Args> struct full_signature<kernel<R(P...)>(Args...)> {
#if TL_HAS_STREAMS
  using type = R(Args..., P..., stream_t);
  using all = type_list<Args..., P..., stream_t>;
#else
  using type = R(Args..., P...);
  using all = type_list<Args..., P...>;
#endif
  using own = type_list<Args...>;
  using values = type_list<Args..., P...>;
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

template <class Config> bool same_config(const Config &a, const Config &b) {
  if constexpr (requires { bool(a == b); })
    return bool(a == b);
  else {
    static_assert(std::has_unique_object_representations_v<Config>,
                  "`eligible` returns configs, so the config struct needs an operator==");
    return std::memcmp(&a, &b, sizeof a) == 0;
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
      if (!compiled) {
        const std::string text =
            std::string(factory->name) + ": config " + std::to_string(position) +
            " (counted from 0) that `eligible` asks for is none of the " +
            std::to_string(factory->variant_count) + " that were compiled; it is left out";
        tl_rt_warn_once(text.c_str(), text.c_str());
      }
      ++position;
    }
  }
}

/// Type-erased access to one factory's functions: the other end of tl_factory's function pointers.
template <class Signature, class Options, class Config> struct erased;

template <class R, class... Args, class Options, class Config>
struct erased<R(Args...), Options, Config> {
  using function = R (*)(Args...);

  template <class Callable, std::size_t... I>
  static decltype(auto) apply(Callable &&callable, void *const *arguments,
                              std::index_sequence<I...>) {
    return callable(argument<Args>::get(arguments[I])...);
  }

  template <class Callable>
  static void call(Callable &&callable, void *const *arguments, void *result) {
    constexpr std::index_sequence_for<Args...> all{};
    using returned = decltype(apply(callable, arguments, all));
    if constexpr (std::is_arithmetic_v<returned> || std::is_enum_v<returned>) {
      const returned value = apply(callable, arguments, all);
      if constexpr (std::is_same_v<returned, R>)
        if (result)
          std::memcpy(result, &value, sizeof value);
    } else {
      static_cast<void>(apply(callable, arguments, all));
    }
  }

  static const Options &options(const tl_factory *factory) {
    return *static_cast<const Options *>(factory->context);
  }

  static void invoke(const tl_factory *factory, std::uint32_t variant, void *const *arguments,
                     void *result) {
    call(static_cast<const function *>(factory->functions)[variant], arguments, result);
  }

  static void reference(const tl_factory *factory, void *const *arguments, void *result) {
    call(value_of<keyword::reference>(options(factory)), arguments, result);
  }

  static bool check(const tl_factory *factory, void *const *arguments, const void *result) {
    const auto &fn = value_of<keyword::check>(options(factory));
    if constexpr (!std::is_void_v<R> &&
                  requires(const R &value) { fn(argument<Args>::get(nullptr)..., value); }) {
      return apply(
          [&](auto &&...args) {
            return bool(fn(std::forward<decltype(args)>(args)..., *static_cast<const R *>(result)));
          },
          arguments, std::index_sequence_for<Args...>{});
    } else {
      return bool(apply(fn, arguments, std::index_sequence_for<Args...>{}));
    }
  }

  static void eligible(const tl_factory *factory, void *const *arguments, std::uint8_t *wanted) {
    static_assert(!std::is_void_v<Config>, "`eligible` needs a config struct");
    find_eligible<Config, type_list<Args...>>(value_of<keyword::eligible>(options(factory)),
                                              factory, arguments, wanted);
  }
};

template <class Options> tl_options runtime_options(const Options &options) {
  tl_options result{};
  result.struct_size = sizeof result;
  result.rep = static_cast<std::uint32_t>(value_or<keyword::rep>(options, 100));
  result.timeout = value_or<keyword::timeout>(options, 100.0);
  result.budget = value_or<keyword::budget>(options, 0.0);
  result.warmup = value_or<keyword::warmup>(options, 25.0);
  const tolerance_t tolerance = value_or<keyword::tolerance>(options, tolerance_t{});
  result.rtol = tolerance.rtol;
  result.atol = tolerance.atol;
  result.max_mismatched_ratio = tolerance.max_mismatched_ratio;
  result.equal_nan = tolerance.equal_nan;
  result.check_repeat = static_cast<std::uint32_t>(value_or<keyword::check_repeat>(options, 1));
  result.skip_check = value_or<keyword::skip_check>(options, false);
  if constexpr (has_option_v<keyword::cold, Options>)
    result.cold = value_of<keyword::cold>(options) ? TL_TRUE : TL_FALSE;
  result.cache_inputs = value_or<keyword::cache_inputs>(options, false);
  result.isolation = value_or<keyword::isolation>(options, isolation_t{TL_ISOLATION_DEFAULT}).value;
  result.profiler = value_or<keyword::profiler>(options, profiler_t{TL_PROFILER_DEFAULT}).value;
  const search_t search = value_or<keyword::search>(options, search_t{TL_SEARCH_EXHAUSTIVE, 0});
  if constexpr (has_option_v<keyword::supply, Options>) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value_of<keyword::supply>(options))>,
                                 supply_t>) {
      result.supply = value_of<keyword::supply>(options).kind;
      result.supply_seed = value_of<keyword::supply>(options).seed;
    }
  }
  result.search = search.strategy;
  result.search_count = search.count;
  return result;
}

/// `names` are those of the factory's own parameters.
template <class... All>
constexpr auto describe_parameters(const char *const *names, std::size_t own, type_list<All...>) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<tl_parameter, sizeof...(All) + 1>{
        describe_parameter<All>(I < own ? names[I] : position_name<I>)..., tl_parameter{}};
  }(std::index_sequence_for<All...>{});
}

template <class Signature> struct signature_traits;
template <class R, class... Args> struct signature_traits<R(Args...)> {
  using result = R;
  static constexpr bool copyable = (true && ... &&
                                    (std::is_lvalue_reference_v<Args> ||
                                     std::is_copy_constructible_v<std::remove_cvref_t<Args>>));
  /// A reference to an array leads to no object that could be made and kept for a trial.
  static constexpr bool suppliable =
      (true && ... && !std::is_array_v<std::remove_reference_t<Args>>);
};

/// Sets the callbacks; none of them is instantiated for a factory whose arguments cannot be copied.
template <class Signature, class Access, class Options> void fill(tl_factory &factory) {
  using full = typename full_signature<Signature>::type;
  if constexpr (signature_traits<full>::copyable) {
    using trial_inputs [[maybe_unused]] = input_hooks<full_signature<Signature>, Options>;
    factory.result = describe_result<typename signature_traits<full>::result>();
    factory.invoke = &Access::invoke;
    if constexpr (signature_traits<full>::suppliable) {
      factory.inputs = &trial_inputs::inputs;
      factory.release_inputs = &trial_inputs::release;
    }
    if constexpr (has_option_v<keyword::reference, Options>)
      factory.options.reference = &Access::reference;
    if constexpr (has_option_v<keyword::check, Options>)
      factory.options.check = &Access::check;
    if constexpr (has_option_v<keyword::eligible, Options>)
      factory.options.eligible = &Access::eligible;
  }
}

template <factory_function Factory, class Signature, class Options> struct dispatcher;

/// The descriptor of one factory. `reached_by` is its dispatcher, by whose address the programmatic
/// interfaces find it. `Config` is the type of `generated::values`' elements, void for none.
template <factory_function Factory, class Signature, class Config = void, class... Options>
const tl_factory *describe(const generated &tables, std::type_identity_t<Signature> *reached_by,
                           const Options &...options) {
  using set = option_set_t<Options...>;
  using access = erased<Signature, set, Config>;
  using full = full_signature<Signature>;
  static const set context{options...};
  static const auto parameters =
      describe_parameters(tables.parameters, list_size_v<typename full::own>, typename full::all{});
  static const tl_factory factory = [&] {
    tl_factory result{};
    result.abi_version = TL_ABI_VERSION;
    result.struct_size = sizeof result;
    result.backend = backend;
    result.variant_count = tables.variant_count;
    result.default_variant = tables.default_variant;
    result.parameter_count = static_cast<std::uint32_t>(parameters.size() - 1);
    result.id = tables.id;
    result.name = tables.name;
    result.file = tables.file;
    result.line = tables.line;
    result.fingerprint = tables.fingerprint;
    result.configs = tables.configs;
    result.parameters = parameters.data();
    result.functions = tables.functions;
    result.context = &context;
    result.values = tables.values;
    result.options = runtime_options(context);
    result.slot = &dispatch_slot<Factory>;
    result.take_error = take_error;
    result.dispatcher = reinterpret_cast<const void *>(reached_by);
    result.key_words = static_cast<std::uint32_t>(dispatcher<Factory, Signature, set>::words);
    result.own_parameters = static_cast<std::uint32_t>(list_size_v<typename full::own>);
    result.make_call = &dispatcher<Factory, Signature, set>::make_call;
    result.tunable = 1;
    for (std::size_t i = 0; i + 1 < parameters.size(); ++i)
      if (parameters[i].kind == TL_PARAMETER_UNCOPYABLE)
        result.tunable = 0;
    fill<Signature, access, set>(result);
    return result;
  }();
  return &factory;
}

/// The same for a factory that only its dispatcher's callers reach.
template <factory_function Factory, class Signature, class Config = void, class... Options>
  requires(!(std::is_pointer_v<Options> || ...))
const tl_factory *describe(const generated &tables, const Options &...options) {
  return describe<Factory, Signature, Config>(tables, static_cast<Signature *>(nullptr),
                                              options...);
}

/// What a thread remembers of its last call: trivially constructed, so that reaching it is free.
template <class Function, std::size_t Words> struct last_call {
  std::uint64_t generation;
  std::uint64_t key[Words];
  Function function;
};

/// How a factory's arguments become a problem.
template <factory_function Factory, class Options, class... Args> struct problem_of {
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
    if constexpr (device_words != 0)
      *at++ = static_cast<std::uint64_t>(current_device());
    if constexpr (own_key)
      append_key_value(at, value_of<keyword::key>(options)(args...));
    else
      (append_key<Args>(at, args), ...);
  }

  static std::string make_text(const tl_factory *factory, const Options &options,
                               std::remove_reference_t<Args> &...args) {
    std::string problem;
    if constexpr (own_key) {
      problem = "key=";
      append_text_value(problem, value_of<keyword::key>(options)(args...));
    } else {
      std::size_t i = 0;
      ((append_text<Args>(problem, factory->parameters[i], i, args), ++i), ...);
    }
    return problem;
  }

  /// Everything about a call but its key and printed problem.
  static void fill_call(const tl_factory *factory, void *const *arguments, tl_call &call) {
    call.struct_size = sizeof call;
    call.key_words = static_cast<std::uint32_t>(words);
    call.arguments = arguments;
    call.device = current_device();
    for (std::uint32_t i = 0; i < factory->parameter_count; ++i)
      if (factory->parameters[i].kind == TL_PARAMETER_STREAM)
        call.stream = *static_cast<void **>(arguments[i]);
    call.capturing = is_capturing(call.stream);
  }

  /// tl_factory::make_call.
  static void make_call(const tl_factory *factory, void *const *arguments, tl_call *call,
                        std::uint64_t *key, void (*append)(void *sink, const char *text),
                        void *sink) {
    const auto &options = *static_cast<const Options *>(factory->context);
    *call = tl_call{};
    call->key = key;
    fill_call(factory, arguments, *call);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      make_key(key, options, *static_cast<std::remove_reference_t<Args> *>(arguments[I])...);
      append(sink, make_text(factory, options,
                             *static_cast<std::remove_reference_t<Args> *>(arguments[I])...)
                       .c_str());
    }(std::index_sequence_for<Args...>{});
  }
};

template <factory_function Factory, class R, class... Args, class Options>
struct dispatcher<Factory, R(Args...), Options> : problem_of<Factory, Options, Args...> {
  using function = R (*)(Args...);
  using problem = problem_of<Factory, Options, Args...>;
  using problem::words;

  struct key_t {
    std::uint64_t
        word[words + 1]; ///< one spare, so that a factory without a key is no special case
  };

  [[gnu::always_inline]] static R call(const Options &options, Args &&...args) {
    static thread_local constinit last_call<function, words + 1> last{
        ~std::uint64_t(0), {}, nullptr};
    tl_dispatch_slot &slot = dispatch_slot<Factory>;
    key_t key;
    problem::make_key(key.word, options, args...);
    bool same = last.generation == __atomic_load_n(&slot.generation, __ATOMIC_ACQUIRE);
    for (std::size_t i = 0; i < words; ++i)
      same &= last.key[i] == key.word[i];
    if (!same) [[unlikely]] {
      // Read before the look-up: a change in between makes the entry stale, never wrong.
      const std::uint64_t generation = __atomic_load_n(&slot.generation, __ATOMIC_ACQUIRE);
      std::uint32_t variant = tl_rt_find(&slot, key.word, static_cast<std::uint32_t>(words));
      if (variant == UINT32_MAX) [[unlikely]]
        return static_cast<const function *>(Factory()->functions)[resolve(options, key, args...)](
            static_cast<Args &&>(args)...);
      last.generation = generation;
      for (std::size_t i = 0; i < words; ++i)
        last.key[i] = key.word[i];
      last.function = static_cast<const function *>(Factory()->functions)[variant];
    }
    return last.function(static_cast<Args &&>(args)...);
  }

  [[gnu::noinline, gnu::cold]] static std::uint32_t
  resolve(const Options &options, const key_t &key, std::remove_reference_t<Args> &...args) {
    const tl_factory *factory = Factory();
    void *arguments[] = {
        const_cast<void *>(static_cast<const volatile void *>(std::addressof(args)))..., nullptr};
    const std::string text = problem::make_text(factory, options, args...);
    tl_call call{};
    problem::fill_call(factory, arguments, call);
    call.key = key.word;
    call.problem = text.c_str();
    return tl_rt_resolve(factory, &call);
  }
};

/// Runs the variant that is installed for this problem; finds or tunes it first when there is none.
template <factory_function Factory, class Signature, class Options, class... Args>
[[gnu::always_inline]] inline decltype(auto) dispatch(const Options &options, Args &&...args) {
  static_cast<void>(registration<Factory>::done);
  return dispatcher<Factory, Signature, Options>::call(options, std::forward<Args>(args)...);
}

} // namespace detail
} // namespace tl

#endif
