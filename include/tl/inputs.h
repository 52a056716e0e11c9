// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs of trials that the program gives. In this order: tl::with_inputs, `supply = fn`, a supply
// type, the call's own arguments.
//
//   tl::with_inputs scope(a, b, c);   // until the end of the scope, on this thread
//   gemm(m, n, k).tune();
//
// As many inputs as the factory has parameters, as the launch of a lazy factory has, or as there
// are buffers among its parameters: then they stand for those.

#ifndef TL_INPUTS_H
#define TL_INPUTS_H

#include <tl/abi.h>
#include <tl/signature.h>
#include <tl/type_list.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

/// Whether an attribute gives a supply function, and which. Defined in <tl/dispatch.h>.
template <class Options> constexpr bool supplied_by_function();
template <class Options> const auto &value_of_supply(const Options &options);

template <class T> inline constexpr char type_identity{};

/// One input whose type its user does not know.
struct given_input {
  const void *type = nullptr; ///< address of type_identity<T>
  void *object = nullptr;
  std::uint32_t kind = 0;    ///< TL_PARAMETER_*
  std::uint32_t element = 0; ///< TL_ELEMENT_*
  bool is_const = false;
  bool is_number = false;
  tl_view view{};    ///< of a view; only `data` of a pointer
  double number = 0; ///< of a number
  std::int64_t integer = 0;
};

template <class T> given_input describe_input(T &object) {
  using bare = std::remove_cv_t<T>;
  given_input result;
  result.type = &type_identity<bare>;
  result.object = const_cast<bare *>(&object);
  if constexpr (view_of<T>::is_view) {
    result.kind = TL_PARAMETER_VIEW;
    result.element = element_of<typename view_of<T>::element>();
    result.is_const = view_of<T>::access == TL_ACCESS_IN;
    result.view = view_of<T>::view(object);
  } else if constexpr (std::is_pointer_v<bare> && !is_stream_v<bare>) {
    result.kind = TL_PARAMETER_POINTER;
    result.element = element_of<std::remove_pointer_t<bare>>();
    result.is_const = std::is_const_v<std::remove_pointer_t<bare>>;
    result.view.data = const_cast<void *>(static_cast<const volatile void *>(object));
  } else {
    result.kind = TL_PARAMETER_VALUE;
    if constexpr (std::is_arithmetic_v<bare> || std::is_enum_v<bare>) {
      result.is_number = true;
      result.number = static_cast<double>(object);
      result.integer = static_cast<std::int64_t>(object);
    }
  }
  return result;
}

/// The inputs of one scope; the innermost is what `current_inputs` points to.
struct inputs_frame {
  const given_input *inputs;
  std::size_t count;
  inputs_frame *outer;
};
inline constinit thread_local inputs_frame *current_inputs = nullptr;

/// "float", "bf16", ... for messages.
constexpr const char *element_name(std::uint32_t element) {
  constexpr const char *names[] = {"bytes", "bool", "i8",   "u8",   "i16",    "u16",
                                   "i32",   "u32",  "i64",  "u64",  "f16",    "bf16",
                                   "f32",   "f64",  "e4m3", "e5m2", "pointer"};
  return element < std::size(names) ? names[element] : "unknown";
}

template <class Parameter>
inline constexpr bool is_buffer_parameter_v =
    is_view_parameter<Parameter>() ||
    (std::is_pointer_v<std::remove_cv_t<Parameter>> && !is_stream_v<std::remove_cv_t<Parameter>>);

/// Room for an argument that has to be made. A reference leads to the input itself.
template <class Parameter> using made_argument = std::optional<std::remove_cvref_t<Parameter>>;

inline std::string describe_given(const given_input &input) {
  if (input.kind == TL_PARAMETER_VIEW)
    return std::string("a view of ") + element_name(input.element);
  if (input.kind == TL_PARAMETER_POINTER)
    return std::string("a pointer to ") + element_name(input.element);
  return input.is_number ? "a number" : "an object of another type";
}

/// Makes the argument that stands for `input`: its address, or null with the reason in `error`.
/// `own` is the call's own argument, whose shape counts where the input does not tell one.
template <class Parameter>
void *argument_from(const given_input &input, const void *own, made_argument<Parameter> &made,
                    std::uint64_t &extent, std::string &error) {
  using type = std::remove_reference_t<Parameter>;
  using bare = std::remove_cv_t<type>;
  if constexpr (is_buffer_parameter_v<Parameter> && std::is_copy_constructible_v<bare>) {
    constexpr tl_parameter parameter = describe_parameter<Parameter>("");
    const bool fits = input.kind == TL_PARAMETER_VIEW || input.kind == TL_PARAMETER_POINTER;
    const bool same_element = input.element == parameter.element ||
                              input.element == TL_ELEMENT_BYTES ||
                              parameter.element == TL_ELEMENT_BYTES;
    if (input.type == &type_identity<bare>)
      return input.object;
    if constexpr (parameter.rebase != nullptr) {
      if (fits && same_element) {
        const bool sized = input.kind == TL_PARAMETER_VIEW;
        made.emplace(*static_cast<const bare *>(own));
        if constexpr (parameter.kind == TL_PARAMETER_VIEW) {
          using element = typename view_of<type>::element;
          if constexpr (view_of<type>::rank == 1 &&
                        std::is_constructible_v<bare, element *, std::size_t>) {
            if (sized)
              made.emplace(static_cast<element *>(input.view.data),
                           static_cast<std::size_t>(input.view.bytes / sizeof(element)));
          }
          tl_view wanted{};
          parameter.view(&*made, &wanted);
          if (sized && wanted.bytes > input.view.bytes) {
            error = "it holds " + std::to_string(input.view.bytes) + " bytes and " +
                    std::to_string(wanted.bytes) + " are needed";
            return nullptr;
          }
        } else {
          extent = sized ? input.view.bytes : extent;
        }
        parameter.rebase(&*made, input.view.data);
        return &*made;
      }
    }
    error = "it is " + describe_given(input) + ", and " +
            (parameter.kind == TL_PARAMETER_VIEW ? "a view of " : "a pointer to ") +
            element_name(parameter.element) + " is needed";
  } else {
    if (input.type == &type_identity<bare>)
      return input.object;
    if constexpr (std::is_arithmetic_v<bare> || std::is_enum_v<bare>) {
      if (input.is_number) {
        if constexpr (std::is_floating_point_v<bare>)
          made.emplace(static_cast<bare>(input.number));
        else
          made.emplace(static_cast<bare>(input.integer));
        return &*made;
      }
    }
    error = "it is " + describe_given(input) + ", which the parameter does not take";
  }
  return nullptr;
}

/// The same for an input whose type is known, the result of a supply function.
template <class Parameter, class Given>
void *argument_from_value(Given &given, made_argument<Parameter> &made, std::uint64_t &extent) {
  using bare = std::remove_cvref_t<Parameter>;
  if constexpr (view_of<Given>::is_view && std::is_pointer_v<bare>)
    extent = view_of<Given>::view(given).bytes;
  if constexpr (std::is_same_v<std::remove_cv_t<Given>, bare>) {
    return const_cast<bare *>(&given);
  } else {
    static_assert(
        !std::is_lvalue_reference_v<Parameter>,
        "`supply = fn` must return an object of the very type that a parameter refers to");
    if constexpr (std::is_constructible_v<bare, Given &>)
      made.emplace(static_cast<bare>(given));
    else if constexpr (requires { static_cast<bare>(std::data(given)); })
      made.emplace(static_cast<bare>(std::data(given)));
    else {
      static_assert(
          requires { bare(given.get()); },
          "`supply = fn` returns something that a parameter does not take");
      made.emplace(given.get());
    }
    return &*made;
  }
}

template <class T> struct as_tuple {
  using type = std::tuple<T>;
};
template <class... T> struct as_tuple<std::tuple<T...>> {
  using type = std::tuple<T...>;
};
template <class A, class B> struct as_tuple<std::pair<A, B>> {
  using type = std::tuple<A, B>;
};

/// Which parameters a number of inputs stands for.
enum class inputs_for { all, launch, buffers, none };

template <class Own, class Values> struct input_positions;
template <class Own, class... V> struct input_positions<Own, type_list<V...>> {
  static constexpr std::size_t count = sizeof...(V);
  static constexpr std::size_t own = list_size_v<Own>;
  static constexpr std::size_t buffers =
      (std::size_t(0) + ... + (is_buffer_parameter_v<V> ? 1 : 0));

  static constexpr inputs_for meaning(std::size_t inputs) {
    if (inputs == count)
      return inputs_for::all;
    if (count > own && inputs == count - own)
      return inputs_for::launch;
    return inputs == buffers ? inputs_for::buffers : inputs_for::none;
  }

  /// Position among the inputs of what stands for parameter I, or -1: the call's own argument.
  static constexpr std::ptrdiff_t position(std::size_t inputs, std::size_t parameter) {
    constexpr bool is_buffer[] = {is_buffer_parameter_v<V>..., false};
    switch (meaning(inputs)) {
    case inputs_for::all:
      return static_cast<std::ptrdiff_t>(parameter);
    case inputs_for::launch:
      return parameter < own ? -1 : static_cast<std::ptrdiff_t>(parameter - own);
    case inputs_for::buffers: {
      std::ptrdiff_t before = 0;
      for (std::size_t i = 0; i < parameter; ++i)
        before += is_buffer[i];
      return is_buffer[parameter] ? before : -1;
    }
    default:
      return -1;
    }
  }
};

/// tl_factory::inputs and release_inputs of one factory.
template <class Full, class Options> struct input_hooks {
  using own = typename Full::own;
  using values = typename Full::values;
  using positions = input_positions<own, values>;
  using append_text = void (*)(void *sink, const char *text);

  template <class List> struct slots_of;
  template <class... V> struct slots_of<type_list<V...>> {
    using type = std::tuple<made_argument<V>...>;
  };
  struct kept {
    typename slots_of<values>::type made;
    std::shared_ptr<void> supplied; ///< what `supply = fn` returned
  };

  template <std::size_t I, class... V>
  static bool take_given(kept &to, const inputs_frame &from, void **arguments,
                         std::uint64_t *extents, std::string &error, type_list<V...>) {
    const std::ptrdiff_t at = positions::position(from.count, I);
    if (at < 0)
      return true;
    using parameter = std::tuple_element_t<I, std::tuple<std::type_identity<V>...>>;
    void *made = argument_from<typename parameter::type>(from.inputs[at], arguments[I],
                                                         std::get<I>(to.made), extents[I], error);
    if (made)
      arguments[I] = made;
    else
      error = "tl::with_inputs: input " + std::to_string(at) + " (counted from 0): " + error;
    return made != nullptr;
  }

  template <std::size_t I, class Supplied, class... V>
  static void take_supplied(kept &to, Supplied &from, void **arguments, std::uint64_t *extents,
                            type_list<V...>) {
    constexpr std::ptrdiff_t at = positions::position(std::tuple_size_v<Supplied>, I);
    if constexpr (at >= 0) {
      using parameter = std::tuple_element_t<I, std::tuple<std::type_identity<V>...>>;
      arguments[I] = argument_from_value<typename parameter::type>(
          std::get<static_cast<std::size_t>(at)>(from), std::get<I>(to.made), extents[I]);
    }
  }

  static std::int32_t from_scope(kept &to, const tl_factory *factory, void **arguments,
                                 std::uint64_t *extents, std::string &error) {
    const inputs_frame &frame = *current_inputs;
    if (positions::meaning(frame.count) == inputs_for::none) {
      error = "tl::with_inputs gives " + std::to_string(frame.count) + " inputs, and " +
              factory->name + " takes " + std::to_string(positions::count) + " arguments, " +
              std::to_string(positions::buffers) + " of them buffers";
      return -1;
    }
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (take_given<I>(to, frame, arguments, extents, error, values{}) && ...) ? 1 : -1;
    }(std::make_index_sequence<positions::count>{});
  }

  template <class Function>
  static void from_function(kept &to, const Function &function, void **arguments,
                            std::uint64_t *extents) {
    constexpr bool takes_all = callable_with<const Function, values>;
    static_assert(takes_all || callable_with<const Function, own>,
                  "`supply = fn` takes the factory's arguments");
    using taken = std::conditional_t<callable_with<const Function, own>, own, values>;
    using returned = std::remove_cvref_t<decltype(apply_arguments(function, arguments, taken{}))>;
    using supplied = typename as_tuple<returned>::type;
    static_assert(positions::meaning(std::tuple_size_v<supplied>) != inputs_for::none,
                  "`supply = fn` returns a tuple of all arguments, of the launch's, or of the "
                  "buffers among them");
    auto kept_result = std::make_shared<supplied>(apply_arguments(function, arguments, taken{}));
    to.supplied = kept_result;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (take_supplied<I>(to, *kept_result, arguments, extents, values{}), ...);
    }(std::make_index_sequence<positions::count>{});
  }

  static std::int32_t inputs(const tl_factory *factory, const tl_call *, void **arguments,
                             std::uint64_t *extents, void **owner, append_text append, void *sink) {
    auto to = std::make_unique<kept>();
    std::int32_t answer = 0;
    std::string error;
    if (current_inputs) {
      answer = from_scope(*to, factory, arguments, extents, error);
    } else if constexpr (supplied_by_function<Options>()) {
      from_function(*to, value_of_supply(*static_cast<const Options *>(factory->context)),
                    arguments, extents);
      answer = 1;
    }
    if (answer < 0)
      append(sink, error.c_str());
    if (answer > 0)
      *owner = to.release();
    return answer;
  }

  static void release(void *owner) { delete static_cast<kept *>(owner); }
};

} // namespace detail

/// The inputs of every tuning session that begins on this thread while the object lives; the
/// innermost scope counts. Arguments that are lvalues are referred to, not copied. Belongs to one
/// thread.
template <class... T> class [[nodiscard]] with_inputs {
public:
  explicit with_inputs(T &&...inputs)
      : kept_(std::forward<T>(inputs)...),
        inputs_(std::apply(
            [](auto &...input) {
              return std::array<detail::given_input, sizeof...(T)>{
                  detail::describe_input(input)...};
            },
            kept_)),
        frame_{inputs_.data(), inputs_.size(), detail::current_inputs} {
    detail::current_inputs = &frame_;
  }
  ~with_inputs() { detail::current_inputs = frame_.outer; }
  with_inputs(const with_inputs &) = delete;
  with_inputs &operator=(const with_inputs &) = delete;

private:
  std::tuple<T...> kept_;
  std::array<detail::given_input, sizeof...(T)> inputs_;
  detail::inputs_frame frame_;
};
template <class... T> with_inputs(T &&...) -> with_inputs<T...>;

} // namespace tl

#endif
