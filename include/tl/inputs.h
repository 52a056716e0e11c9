// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs of trials that the program gives. In this order: tl::with_inputs, `supply = fn`, a supply
// type, the call's own arguments.
//
//   tl::with_inputs scope(a, b, c);   // until the end of the scope, on this thread
//   gemm(m, n, k).tune();
//
// As many inputs as the factory has parameters, as the launch of a lazy factory has, or as there
// are buffers among its parameters: then they stand for those. The runtime puts the inputs of a
// scope in place of the arguments; what `supply = fn` returns has a type of its own and is placed
// here.

#ifndef TL_INPUTS_H
#define TL_INPUTS_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/abi.h>
#include <tl/detail/signature.h>
#include <tl/detail/type_list.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

// Weak, so that a source that is built without the plugin needs no runtime either.
extern "C" [[gnu::weak]] const tl_inputs *tl_rt_set_inputs(const tl_inputs *inputs);

namespace tl {
namespace detail {

template <class Type> tl_input describe_input(Type &object) {
  using bare = std::remove_cv_t<Type>;
  tl_input result{};
  result.type = &type_identity<bare>;
  result.object = const_cast<bare *>(&object);
  if constexpr (view_of<Type>::is_view) {
    result.kind = TL_PARAMETER_VIEW;
    result.element = element_of<typename view_of<Type>::element>();
    result.view = view_of<Type>::view(object);
  } else if constexpr (std::is_pointer_v<bare> && !is_stream_v<bare>) {
    result.kind = TL_PARAMETER_POINTER;
    result.element = element_of<std::remove_pointer_t<bare>>();
    result.view.data = const_cast<void *>(static_cast<const volatile void *>(object));
  } else {
    result.kind = TL_PARAMETER_VALUE;
    if constexpr (std::is_arithmetic_v<bare> || std::is_enum_v<bare>) {
      result.number = 1;
      result.real = static_cast<double>(object);
      result.integer = static_cast<std::int64_t>(object);
    }
  }
  return result;
}

template <class Parameter>
inline constexpr bool is_buffer_parameter_v =
    is_view_parameter<Parameter>() ||
    (std::is_pointer_v<std::remove_cv_t<Parameter>> && !is_stream_v<std::remove_cv_t<Parameter>>);

/// Room for one object that may have to be made.
template <class Type> class room {
public:
  room() = default;
  room(const room &) = delete;
  room &operator=(const room &) = delete;
  ~room() { reset(); }

  template <class... Given> Type &emplace(Given &&...given) {
    reset();
    made_ = ::new (static_cast<void *>(bytes_)) Type(static_cast<Given &&>(given)...);
    return *made_;
  }
  void reset() {
    if (made_)
      made_->~Type();
    made_ = nullptr;
  }
  explicit operator bool() const { return made_ != nullptr; }
  Type &operator*() { return *made_; }
  Type *operator->() { return made_; }

private:
  alignas(Type) unsigned char bytes_[sizeof(Type)];
  Type *made_ = nullptr;
};

/// Room for an argument that has to be made. A reference leads to the input itself.
struct no_room {};
template <class Parameter>
using made_argument = std::conditional_t<std::is_lvalue_reference_v<Parameter>, no_room,
                                         room<std::remove_cvref_t<Parameter>>>;

/// The argument that stands for an object which a supply function returned.
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
      return &made.emplace(static_cast<bare>(given));
    else if constexpr (requires { static_cast<bare>(std::data(given)); })
      return &made.emplace(static_cast<bare>(std::data(given)));
    else {
      static_assert(
          requires { bare(given.get()); },
          "`supply = fn` returns something that a parameter does not take");
      return &made.emplace(given.get());
    }
  }
}

template <class Type> struct as_tuple {
  using type = std::tuple<Type>;
};
template <class... Type> struct as_tuple<std::tuple<Type...>> {
  using type = std::tuple<Type...>;
};
template <class First, class Second> struct as_tuple<std::pair<First, Second>> {
  using type = std::tuple<First, Second>;
};

/// Which parameters a number of inputs stands for. The runtime decides the same for the inputs of a
/// scope.
enum class inputs_for { all, launch, buffers, none };

template <class Own, class Values> struct input_positions;
template <class Own, class... Value> struct input_positions<Own, type_list<Value...>> {
  static constexpr std::size_t count = sizeof...(Value);
  static constexpr std::size_t own = list_size_v<Own>;
  static constexpr std::size_t buffers =
      (std::size_t(0) + ... + (is_buffer_parameter_v<Value> ? 1 : 0));

  static constexpr inputs_for meaning(std::size_t inputs) {
    if (inputs == count)
      return inputs_for::all;
    if (count > own && inputs == count - own)
      return inputs_for::launch;
    return inputs == buffers ? inputs_for::buffers : inputs_for::none;
  }

  /// Position among the inputs of what stands for parameter number Index, or -1: the call's own
  /// argument.
  static constexpr std::ptrdiff_t position(std::size_t inputs, std::size_t parameter) {
    constexpr bool is_buffer[] = {is_buffer_parameter_v<Value>..., false};
    switch (meaning(inputs)) {
    case inputs_for::all:
      return static_cast<std::ptrdiff_t>(parameter);
    case inputs_for::launch:
      return parameter < own ? -1 : static_cast<std::ptrdiff_t>(parameter - own);
    case inputs_for::buffers: {
      std::ptrdiff_t before = 0;
      for (std::size_t index = 0; index < parameter; ++index)
        before += is_buffer[index];
      return is_buffer[parameter] ? before : -1;
    }
    default:
      return -1;
    }
  }
};

/// What tl_factory::inputs makes from a supply function: `Supplied` is what it returned.
template <class Full, class Supplied> class supplied_inputs {
public:
  using values = typename Full::values;
  using positions = input_positions<typename Full::own, values>;
  static_assert(positions::meaning(std::tuple_size_v<Supplied>) != inputs_for::none,
                "`supply = fn` returns a tuple of all arguments, of the launch's, or of the "
                "buffers among them");

  template <class Given>
    requires(!std::is_same_v<std::remove_cvref_t<Given>, supplied_inputs>)
  explicit supplied_inputs(Given &&given) : supplied_(static_cast<Given &&>(given)) {}

  void place(void **arguments, std::uint64_t *extents) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (take<Index>(arguments, extents, values{}), ...);
    }(std::make_index_sequence<positions::count>{});
  }

private:
  template <class List> struct rooms_of;
  template <class... Value> struct rooms_of<type_list<Value...>> {
    using type = std::tuple<made_argument<Value>...>;
  };

  template <std::size_t Index, class... Value>
  void take(void **arguments, std::uint64_t *extents, type_list<Value...>) {
    constexpr std::ptrdiff_t at = positions::position(std::tuple_size_v<Supplied>, Index);
    if constexpr (at >= 0) {
      using given = std::tuple_element_t<Index, std::tuple<std::type_identity<Value>...>>;
      arguments[Index] = argument_from_value<typename given::type>(
          std::get<static_cast<std::size_t>(at)>(supplied_), std::get<Index>(made_),
          extents[Index]);
    }
  }

  Supplied supplied_;
  typename rooms_of<values>::type made_;
};

/// tl_factory::inputs and release_inputs of a factory with `supply = fn`, a Function that `Options`
/// hold.
template <class Full, class Options, class Option> struct supply_hooks {
  using own = typename Full::own;
  using values = typename Full::values;
  using function = decltype(Option::value);
  static_assert(callable_with<const function, values> || callable_with<const function, own>,
                "`supply = fn` takes the factory's arguments");
  using taken = std::conditional_t<callable_with<const function, own>, own, values>;
  using returned = std::remove_cvref_t<decltype(apply_arguments(
      std::declval<const function &>(), static_cast<void *const *>(nullptr), taken{}))>;
  using supplied = supplied_inputs<Full, typename as_tuple<returned>::type>;

  static std::int32_t inputs(const tl_factory *factory, const tl_call *, void **arguments,
                             std::uint64_t *extents, void **owner,
                             void (*append)(void *, const char *), void *sink) {
    const Option &option = *static_cast<const Options *>(factory->context);
    const auto make = [&] {
      auto *made = new supplied(apply_arguments(option.value, arguments, taken{}));
      made->place(arguments, extents);
      *owner = made;
      return 1;
    };
#if TL_HAS_EXCEPTIONS
    try {
      return make();
    } catch (const std::exception &thrown) {
      append(sink, "`supply` threw: ");
      append(sink, thrown.what());
    } catch (...) {
      append(sink, "`supply` threw something that is no std::exception");
    }
    return -1;
#else
    static_cast<void>(append);
    static_cast<void>(sink);
    return make();
#endif
  }
  static void release(void *owner) { delete static_cast<supplied *>(owner); }
};

} // namespace detail

/// The inputs of every tuning session that begins on this thread while the object lives; the
/// innermost scope counts. Arguments that are lvalues are referred to, not copied. Belongs to one
/// thread.
template <class... Type> class [[nodiscard]] with_inputs {
public:
  explicit with_inputs(Type &&...inputs)
      : kept_(static_cast<Type &&>(inputs)...),
        inputs_{std::apply([](auto &...input) { return list{{detail::describe_input(input)...}}; },
                           kept_)},
        frame_{inputs_.all, sizeof...(Type)} {
    if (&tl_rt_set_inputs)
      outer_ = tl_rt_set_inputs(&frame_);
  }
  ~with_inputs() {
    if (&tl_rt_set_inputs)
      tl_rt_set_inputs(outer_);
  }
  with_inputs(const with_inputs &) = delete;
  with_inputs &operator=(const with_inputs &) = delete;

private:
  struct list {
    tl_input all[sizeof...(Type) + 1];
  };
  std::tuple<Type...> kept_;
  list inputs_;
  tl_inputs frame_;
  const tl_inputs *outer_ = nullptr;
};
template <class... Type> with_inputs(Type &&...) -> with_inputs<Type...>;

} // namespace tl

#endif
