// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin's generated code is made of. For each concrete factory it emits
//
//   tl_dispatch_slot __tl_slot_H;                    // the runtime installs winners here
//   __thread tl::detail::last_call<3> __tl_last_H;   // m, n, and where x points to
//
//   const tl_factory *__tl_factory_H() {
//     ...tables...
//     static const tl_factory factory = tl::detail::describe({...});
//     return &factory;
//   }
//   Result __tl_select_H(Args... args) {
//     void *const arguments[] = {&args...};
//     void *const found = tl_rt_select(__tl_factory_H(), arguments, &__tl_last_H.call);
//     return ((Result (*)(Args...))found)(args...);
//   }
//   Result __tl_dispatch_H(Args... args) {
//     if (__tl_last_H.call.generation == __atomic_load_n(&__tl_slot_H.generation, ...) + 1 &&
//         __tl_last_H.words[0] == m && __tl_last_H.words[1] == n &&
//         __tl_last_H.words[2] == reinterpret_cast<uintptr_t>(x)) [[likely]]
//       return ((Result (*)(Args...))__tl_last_H.call.function)(args...);
//     return __tl_select_H(args...);
//   }
//   [[gnu::constructor]] void __tl_register_H() { tl_rt_register(__tl_factory_H(), &__dso_handle);
//   }
//
// The descriptor is a constant. What is compiled for a factory is its fast path and a few functions
// of some instructions, and next to no template has to be instantiated for them. Everything that
// need not know a type stands in the runtime.

#ifndef TL_DISPATCH_H
#define TL_DISPATCH_H

#include <tl/language.h>

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
class infeasible;

namespace detail {

using infeasible_type = infeasible;

/// Its name tells the plugin that what it generates fits these headers; another one with every
/// change of what is below.
struct generated_code_6;

using dispatch_slot = tl_dispatch_slot;
using parameter = tl_parameter;
using variable = tl_variable;
using held_pointer = tl_pointer;
using member = tl_member;
using axis = tl_axis;
using on_demand_row = tl_on_demand;
using on_demand_library = tl_on_demand_library;
using on_demand_function = const tl_on_demand_library *();
using factory_function = const tl_factory *();

/// What a thread remembers of its last call of a factory; so many words tell calls apart. All
/// zeros at first, so that reaching it is free.
template <std::size_t Words> struct last_call {
  tl_last_call call;
  std::uint64_t words[Words + 1]; ///< one spare, so that a factory without any is no special case
};

using ::tl_rt_rebase_pointer;
using ::tl_rt_register;
using ::tl_rt_reselect;
using ::tl_rt_select;

/// Its address stands for the image that a source is compiled into.
extern "C" __attribute__((visibility("hidden"))) void *__dso_handle;

/// TL_ABI_VERSION, as generated code names it.
inline constexpr std::uint32_t abi_version = TL_ABI_VERSION;

/// A parameter's row with what only the plugin can tell of it.
constexpr tl_parameter with_parts(tl_parameter row, const tl_member *members, unsigned count,
                                  unsigned range_end) {
  row.members = members;
  row.member_count = count;
  row.range_end = range_end;
  return row;
}

/// The constants that only the plugin knows.
struct generated {
  const char *id;
  const char *name;
  const char *file;
  unsigned line;
  const char *fingerprint;
  const char *const *configs;
  const void *functions; ///< Result (*const[])(Args...)
  unsigned variant_count;
  unsigned default_variant;
  const void *values = nullptr; ///< const Config *const[], null unless `eligible` is given
  const tl_parameter *parameters = nullptr;
  unsigned parameter_count = 0;
  unsigned own_parameters = 0;
  unsigned key_words = 0;  ///< without the device's
  unsigned call_words = 0; ///< of a last_call
  tl_dispatch_slot *slot = nullptr;
  const void *dispatcher = nullptr; ///< by which the programmatic interfaces find the factory
  tl_parameter result{};
  /// invoke_variant or invoke_launch; null where an argument cannot be passed to several variants.
  decltype(tl_factory::invoke) invoke = nullptr;
  const tl_variable *variables = nullptr;
  unsigned variable_count = 0;
  tl_on_demand *on_demand = nullptr;
};

/// The attribute's options, each found by its keyword.
template <class... Options> struct option_set_t : Options... {};
template <class... Options> constexpr option_set_t<Options...> option_set(Options... options) {
  return {options...};
}

/// The one with a keyword among the options of a set: a function without a definition, for
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

/// What the runtime sees of a factory: its own parameters, then, where it is lazy, those of the
/// launch that it returns and the stream of that launch.
template <class Signature> struct full_signature;
template <class Result, class... Args> struct full_signature<Result(Args...)> {
  using result = Result;
  using own = type_list<Args...>;
  using all = type_list<Args...>;
  using values = all; ///< without the stream that we add
};
template <class Result, class... Param, class... Args>
struct full_signature<kernel<Result(Param...)>(Args...)> {
#if TL_HAS_STREAMS
  using all = type_list<Args..., Param..., stream_t>;
#else
  using all = type_list<Args..., Param...>;
#endif
  using result = Result; ///< of the launch
  using own = type_list<Args...>;
  using values = type_list<Args..., Param...>;
};

template <class Config> constexpr bool same_config(const Config &left, const Config &right) {
  if constexpr (requires { bool(left == right); })
    return bool(left == right);
  else {
    static_assert(std::has_unique_object_representations_v<Config>,
                  "`eligible` returns configs, so the config struct needs an operator==");
    return __builtin_memcmp(&left, &right, sizeof left) == 0;
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
    for (std::uint32_t index = 0; index < factory->variant_count; ++index)
      wanted[index] = apply_arguments(
          [&](auto &&...args) {
            return bool(fn(*values[index], std::forward<decltype(args)>(args)...));
          },
          arguments, Parameters{});
  } else {
    static_assert(callable_with<Function, Parameters>,
                  "`eligible` takes (config, arguments...) and returns a bool, or (arguments...) "
                  "and returns configs");
    std::size_t position = 0;
    for (const Config &config : apply_arguments(fn, arguments, Parameters{})) {
      bool compiled = false;
      for (std::uint32_t index = 0; index < factory->variant_count; ++index)
        if (same_config(*values[index], config))
          compiled = true, wanted[index] = 1;
      if (!compiled)
        tl_rt_warn_not_compiled(factory, position);
      ++position;
    }
  }
}

/// What `eligible` says of one variant.
template <class Config, class Parameters, class Function>
bool is_eligible(const Function &fn, const tl_factory *factory, void *const *arguments,
                 std::uint32_t variant) {
  const Config &config = *static_cast<const Config *const *>(factory->values)[variant];
  if constexpr (callable_with<Function, prepend_t<const Config &, Parameters>>) {
    return apply_arguments(
        [&](auto &&...args) { return bool(fn(config, std::forward<decltype(args)>(args)...)); },
        arguments, Parameters{});
  } else {
    for (const Config &wanted : apply_arguments(fn, arguments, Parameters{}))
      if (same_config(config, wanted))
        return true;
    return false;
  }
}

/// Keeps what `call` returns when that can be compared and is of the type that the factory returns.
template <class Result, class Call> void keep_result(void *result, Call &&call) {
  using returned = decltype(call());
  if constexpr (std::is_same_v<returned, Result> && is_plain_result<Result>()) {
    const returned value = call();
    if (result)
      __builtin_memcpy(result, &value, sizeof value);
  } else if constexpr (std::is_same_v<returned, Result> && is_kept_result<Result>()) {
    if (result)
      ::new (result) Result(call());
    else
      static_cast<void>(call());
  } else {
    static_cast<void>(call());
  }
}

template <class Result, class... Args, std::size_t... Index>
[[gnu::always_inline]] inline void
call_variant(Result (*variant)(Args...), [[maybe_unused]] void *const *arguments,
             [[maybe_unused]] void *result, std::index_sequence<Index...>) {
  // Without argument::get, of which nothing would be left but its cost at compile time. Not by
  // static_cast, which makes no function of an address.
  if constexpr (is_plain_result<Result>()) {
    const Result value = variant(static_cast<typename argument<Args>::passed>(
        *reinterpret_cast<typename argument<Args>::pointer>(arguments[Index]))...);
    if (result)
      __builtin_memcpy(result, &value, sizeof value);
  } else {
    if constexpr (is_kept_result<Result>())
      if (result) {
        ::new (result) Result(variant(static_cast<typename argument<Args>::passed>(
            *reinterpret_cast<typename argument<Args>::pointer>(arguments[Index]))...));
        return;
      }
    static_cast<void>(variant(static_cast<typename argument<Args>::passed>(
        *reinterpret_cast<typename argument<Args>::pointer>(arguments[Index]))...));
  }
}

/// What an explicit instantiation exports: the tuned function, and the default config to the trials
/// and winners that other files of the program know by that name.
template <class Result, class... Args>
Result call_exported(bool &inside, Result (*tuned)(Args...), Result (*plain)(Args...),
                     std::type_identity_t<Args>... args) {
  if (inside)
    return plain(static_cast<Args &&>(args)...);
  struct scope {
    explicit scope(bool &flag_) : flag(flag_) { flag = true; }
    ~scope() { flag = false; }
    scope(const scope &) = delete;
    scope &operator=(const scope &) = delete;
    bool &flag;
  } here(inside);
  return tuned(static_cast<Args &&>(args)...);
}

/// tl_factory::invoke for all factories with one signature that are not lazy.
template <class Result, class... Args>
TL_SMALL_CODE void invoke_variant(const tl_factory *factory, std::uint32_t variant,
                                  void *const *arguments, void *result) {
  call_variant(static_cast<Result (*const *)(Args...)>(factory->functions)[variant], arguments,
               result, std::index_sequence_for<Args...>{});
}

/// Calls a variant and, where it says that it is infeasible for these arguments after all, what is
/// to run in its place. Only where something in the program says so; elsewhere a dispatcher ends
/// with the call itself.
template <class Infeasible, class Result, class... Args>
Result call_feasible(factory_function *describe, void *function,
                     std::type_identity_t<Args>... args) {
  void *const arguments[] = {
      const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
      nullptr};
  while (true) {
#if defined(__cpp_exceptions)
    try {
#endif
      return reinterpret_cast<Result (*)(Args...)>(function)(
          static_cast<typename argument<Args>::passed>(
              *static_cast<typename argument<Args>::pointer>(const_cast<void *>(
                  static_cast<const volatile void *>(__builtin_addressof(args)))))...);
#if defined(__cpp_exceptions)
    } catch (const Infeasible &) {
      void *const other = tl_rt_reselect(describe(), arguments, function);
      if (!other)
        throw;
      function = other;
    }
#endif
  }
}

/// What `team = fn` calls from each thread of its team.
template <class... Args> class team_member {
public:
  team_member(void (*run)(void *, void *const *), void *state) : run_(run), state_(state) {}
  void operator()(Args... args) const {
    void *const addresses[] = {
        const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(args)))...,
        nullptr};
    run_(state_, addresses);
  }

private:
  void (*run_)(void *state, void *const *arguments);
  void *state_;
};

/// The callbacks among the options of one factory: the other end of tl_options' function pointers.
template <class Signature, class Options, class Config> struct erased;

template <class Result, class... Args, class Options, class Config>
struct erased<Result(Args...), Options, Config> {
  using own_list = type_list<Args...>;

  static const Options &options(const tl_factory *factory) {
    return *static_cast<const Options *>(factory->context);
  }

  static void reference(const tl_factory *factory, void *const *arguments, void *result) {
    keep_result<Result>(result, [&]() -> decltype(auto) {
      return apply_arguments(value_of<keyword::reference>(options(factory)), arguments, own_list{});
    });
  }

  /// Whether its result says anything about the factory's.
  static constexpr bool reference_returns_result() {
    if constexpr (requires(const Options &given, void *const *arguments) {
                    apply_arguments(value_of<keyword::reference>(given), arguments, own_list{});
                  })
      return std::is_same_v<decltype(apply_arguments(
                                value_of<keyword::reference>(std::declval<const Options &>()),
                                std::declval<void *const *>(), own_list{})),
                            Result>;
    else
      return false;
  }

  static bool check(const tl_factory *factory, void *const *arguments,
                    [[maybe_unused]] const void *result) {
    const auto &fn = value_of<keyword::check>(options(factory));
    if constexpr (!std::is_void_v<Result> &&
                  requires(const Result &value) { fn(argument<Args>::get(nullptr)..., value); })
      return apply_arguments(
          [&](auto &&...args) {
            return bool(
                fn(std::forward<decltype(args)>(args)..., *static_cast<const Result *>(result)));
          },
          arguments, own_list{});
    else
      return bool(apply_arguments(fn, arguments, own_list{}));
  }

  static void restore(const tl_factory *factory, void *const *arguments) {
    static_cast<void>(
        apply_arguments(value_of<keyword::restore>(options(factory)), arguments, own_list{}));
  }

  static void eligible(const tl_factory *factory, void *const *arguments, std::uint8_t *wanted) {
    static_assert(!std::is_void_v<Config>, "`eligible` needs a config struct");
    find_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                    arguments, wanted);
  }

  static void team(const tl_factory *factory, void *const *arguments,
                   void (*run)(void *state, void *const *arguments), void *state) {
    const auto &fn = value_of<keyword::team>(options(factory));
    const team_member<Args...> member(run, state);
    static_assert(
        requires { fn(member, argument<Args>::get(nullptr)...); },
        "`team = fn` takes something to call with the factory's arguments, and then these");
    apply_arguments([&](auto &&...args) { fn(member, std::forward<decltype(args)>(args)...); },
                    arguments, own_list{});
  }

  static bool admits(const tl_factory *factory, void *const *arguments, std::uint32_t variant) {
    return is_eligible<Config, own_list>(value_of<keyword::eligible>(options(factory)), factory,
                                         arguments, variant);
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
  to.rms = it.value.rms;
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
constexpr void set_option(tl_options &to, const option<keyword::ignored_facts, facts_t> &it) {
  to.ignored_facts = it.value.value;
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

/// tl_factory::own_key. Not through apply_arguments: an argument may have no copy constructor.
template <class Options, class... Args> struct own_key {
  static void words(const tl_factory *factory, void *const *arguments, std::uint64_t *words_at,
                    std::uint8_t *signs_at) {
    words_of(factory, arguments, words_at, signs_at, std::index_sequence_for<Args...>{});
  }

private:
  template <std::size_t... Index>
  static void words_of(const tl_factory *factory, [[maybe_unused]] void *const *arguments,
                       std::uint64_t *words_at, std::uint8_t *signs_at,
                       std::index_sequence<Index...>) {
    const auto value = value_of<keyword::key>(*static_cast<const Options *>(factory->context))(
        *static_cast<std::remove_reference_t<Args> *>(arguments[Index])...);
    append_key_value(words_at, value);
    if (signs_at)
      append_signs<std::remove_cv_t<decltype(value)>>(signs_at);
  }
};
template <class Options, class... Args> constexpr auto own_key_for(type_list<Args...>) {
  return &own_key<Options, Args...>::words;
}

/// What the option of a callback puts into the descriptor; nothing for any other option.
template <class Signature, class Config, class Options> struct callbacks {
  using access = erased<Signature, Options, Config>;

  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::reference, Value> &) {
    to.options.reference = &access::reference;
    // A lazy factory's launch returns what its kernel does, and is compared by its buffers.
    if constexpr (requires { access::reference_returns_result(); })
      if (!access::reference_returns_result())
        to.result.access = TL_ACCESS_SCRATCH; // there is nothing to compare it with
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::check, Value> &) {
    to.options.check = &access::check;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::restore, Value> &) {
    to.options.restore = &access::restore;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::eligible, Value> &) {
    to.options.eligible = &access::eligible;
    to.admits = &access::admits;
  }
  template <class Value>
  static constexpr void set(tl_factory &to, const option<keyword::team, Value> &) {
    using full = full_signature<Signature>;
    static_assert(backend == TL_BACKEND_CPU &&
                      std::is_same_v<typename full::own, typename full::all>,
                  "`team = fn` is for functions that run on the CPU, when they are called");
    to.team = &access::team;
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

/// The descriptor of one factory, a constant.
constexpr tl_factory describe(const generated &it) {
  tl_factory result{};
  result.abi_version = TL_ABI_VERSION;
  result.struct_size = sizeof result;
  result.backend = backend;
  result.variant_count = it.variant_count;
  result.default_variant = it.default_variant;
  result.parameter_count = it.parameter_count;
  result.tunable = it.invoke != nullptr;
  result.id = it.id;
  result.name = it.name;
  result.file = it.file;
  result.line = it.line;
  result.fingerprint = it.fingerprint;
  result.configs = it.configs;
  result.parameters = it.parameters;
  result.result = it.result;
  result.functions = it.functions;
  result.values = it.values;
  result.options = default_options;
  result.slot = it.slot;
  result.invoke = it.invoke;
  result.dispatcher = it.dispatcher;
  result.key_words = it.key_words;
  result.call_words = it.call_words;
  result.own_parameters = it.own_parameters;
  result.variables = it.variables;
  result.variable_count = it.variable_count;
  result.on_demand = it.on_demand;
  if constexpr (backend != TL_BACKEND_CPU) {
    ++result.key_words;
    result.take_error = take_error;
    result.current_device = current_device;
    result.is_capturing = is_capturing;
    if (it.variable_count != 0)
      result.find_symbol = find_symbol;
  }
  return result;
}

/// Whether a factory's arguments can be passed to several variants.
template <class List> inline constexpr bool all_copyable = false;
template <class... Type>
inline constexpr bool all_copyable<type_list<Type...>> =
    (true && ... && is_copyable_argument<Type>);

/// The same with options: a constant wherever they are. `Config` is the type of what
/// `generated::values` points to, void for none.
template <class Signature, class Config = void, class... Options>
constexpr tl_factory describe_with(const option_set_t<Options...> &options, const generated &it) {
  using full = full_signature<Signature>;
  tl_factory result = describe(it);
  result.context = &options;
  (set_option(result.options, static_cast<const Options &>(options)), ...);
  if constexpr (has_option_v<keyword::key, option_set_t<Options...>>)
    result.own_key = own_key_for<option_set_t<Options...>>(typename full::own{});
  if constexpr (all_copyable<typename full::all>)
    (callbacks<Signature, Config, option_set_t<Options...>>::set(
         result, static_cast<const Options &>(options)),
     ...);
  return result;
}

} // namespace detail
} // namespace tl

#endif
