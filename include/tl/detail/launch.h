// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a launch description holds, without the launch's signature.

#ifndef TL_DETAIL_LAUNCH_H
#define TL_DETAIL_LAUNCH_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/detail/backend.h>
#include <tl/detail/shared.h>
#include <tl/detail/type_list.h>
#include <tl/infeasible.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace tl::detail {

// Named as in dim3, and so the only names of these headers that have one letter: people define
// macros of such names.
#pragma push_macro("x")
#pragma push_macro("y")
#pragma push_macro("z")
#undef x
#undef y
#undef z
struct extent3 {
  unsigned x = 1, y = 1, z = 1;
  unsigned long long count() const { return static_cast<unsigned long long>(x) * y * z; }
};
#pragma pop_macro("x")
#pragma pop_macro("y")
#pragma pop_macro("z")

/// Encodes tensor maps for one description of a tensor, and remembers them by address. Thread-safe.
struct tensor_map_source : shared_object {
  /// Writes the 128 bytes of the CUtensorMap for a buffer of TL_ELEMENT_* elements. Throws
  /// tl::infeasible with the reason where there can be none.
  virtual void encode(const void *address, std::uint32_t element, void *to) = 0;
  /// How many addresses it has encoded.
  virtual std::size_t encodings() const = 0;
};

/// Defined in <tl/tma.h> for the maps that it declares.
template <class Map> shared<tensor_map_source> make_tensor_map(const Map &map);

/// What a description says of single launch arguments. Copies share what they have in common.
template <class Type> class notes {
public:
  /// Replaces what was said of the argument before.
  void add(std::size_t argument, Type what) {
    last_ = make_shared_object<note>(argument, static_cast<Type &&>(what), last_);
  }
  const Type *find(std::size_t argument) const {
    const note *it = last_.get();
    while (it && it->argument != argument)
      it = it->before.get();
    return it ? &it->what : nullptr;
  }
  bool empty() const { return !last_; }

private:
  struct note final : shared_object {
    note(std::size_t argument_, Type &&what_, const shared<note> &before_)
        : argument(argument_), what(static_cast<Type &&>(what_)), before(before_) {}
    std::size_t argument;
    Type what;
    shared<note> before;
  };
  shared<note> last_;
};

/// Shape of a buffer.
struct extents_t {
  std::size_t rank;
  std::uint64_t shape[TL_MAX_RANK]; ///< [elements]

  std::uint64_t count() const {
    std::uint64_t product = 1;
    for (std::size_t dim = 0; dim < rank; ++dim)
      product *= shape[dim];
    return product;
  }
};

/// A part of memory that stays in L2.
struct l2_window {
  const void *pointer = nullptr;
  int argument = -1; ///< of the launch; -1: `pointer` counts
  std::size_t bytes = 0;
  float hit_ratio = 1;
};

/// Device (ordinal + 1) for which a launch was checked, 0: none. Copies start anew.
struct prepared_device {
  prepared_device() = default;
  prepared_device(const prepared_device &) noexcept {}
  prepared_device &operator=(const prepared_device &) noexcept {
    store(0);
    return *this;
  }
  int load() const { return __atomic_load_n(&value, __ATOMIC_RELAXED); }
  void store(int device) { __atomic_store_n(&value, device, __ATOMIC_RELAXED); }

private:
  int value = 0;
};

struct launch_config {
  const void *function = nullptr;
  extent3 grid, block, cluster;
  std::size_t shared_bytes = 0; ///< dynamic [bytes]
  bool cooperative = false;
  bool pdl = false;
  bool has_priority = false;
  int priority = 0;
  l2_window window;
  notes<shared<tensor_map_source>> maps;
  notes<extents_t> extents;
  notes<double> values;
  mutable prepared_device prepared;

  void set_window(const l2_window &wanted) {
    if (window.bytes)
      TL_THROW(std::invalid_argument(
          "a launch has one L2 persistence window, and l2_persist() was called twice"));
    window = wanted;
  }
};

} // namespace tl::detail

#if defined(__HIP__) || defined(__HIPCC__)
#include <tl/detail/launch_hip.h>
#elif defined(__CUDA__) || defined(__CUDACC__)
#include <tl/detail/launch_cuda.h>
#endif

#if TL_HAS_STREAMS

#include <cstring>
#include <tuple>

// The driver's type of a tensor map, as a __grid_constant__ kernel parameter; declared, never
// defined here.
struct CUtensorMap_st;

namespace tl::detail {

template <class Result, class... Param> struct launcher;

template <class Param> const void *data_address(const Param &argument) {
  if constexpr (std::is_pointer_v<Param>)
    return static_cast<const void *>(argument);
  else if constexpr (view_of<const Param>::is_view)
    return view_of<const Param>::view(argument).data;
  else
    return nullptr;
}

/// What the kernel gets for launch argument `index`.
template <class Taken, class Param>
Taken kernel_argument(const launch_config &config, std::size_t index, const Param &argument) {
  if constexpr (std::is_same_v<std::remove_cv_t<Taken>, CUtensorMap_st>) {
    const shared<tensor_map_source> *map = config.maps.find(index);
    if (!map)
      TL_THROW(std::invalid_argument("launch argument " + std::to_string(index) +
                                     " reaches the kernel as a tensor map: describe it with .tma<" +
                                     std::to_string(index) + ">(...)"));
    Taken made;
    (*map)->encode(data_address(argument), describe_parameter<Param>("").element, &made);
    return made;
  } else {
    return static_cast<Taken>(argument);
  }
}

/// Launches a __global__ function with parameters Taken..., the leading ones of which are bound.
template <class PList, class BoundList, class RestList> struct device_launcher;

template <class... Param, class... Held, class... Taken>
struct device_launcher<type_list<Param...>, type_list<Held...>, type_list<Taken...>> final
    : launcher<void, Param...> {
  explicit device_launcher(std::tuple<Held...> values) : bound(std::move(values)) {}

  void launch(const launch_config &config, stream_t stream, Param... args) const override {
    [&]<std::size_t... Index, std::size_t... Other>(std::index_sequence<Index...>,
                                                    std::index_sequence<Other...>) {
      std::tuple<Held...> first(bound);
      std::tuple<Taken...> rest(kernel_argument<Taken>(config, Other, args)...);
      void *addresses[] = {&std::get<Index>(first)..., &std::get<Other>(rest)..., nullptr};
      const void *window = config.window.pointer;
      if (config.window.argument >= 0) {
        const void *data[] = {data_address(args)..., nullptr};
        window = config.window.argument < static_cast<int>(sizeof...(Param))
                     ? data[config.window.argument]
                     : nullptr;
      }
      launch_on_device(config, stream, addresses, window);
    }(std::index_sequence_for<Held...>{}, std::index_sequence_for<Taken...>{});
  }

  std::tuple<Held...> bound;
};

template <class BoundCount, class Taken, class Rest> struct split_parameters;
template <std::size_t Count, class... Type, class First, class... Rest>
  requires(Count > 0)
struct split_parameters<std::integral_constant<std::size_t, Count>, type_list<Type...>,
                        type_list<First, Rest...>>
    : split_parameters<std::integral_constant<std::size_t, Count - 1>,
                       type_list<Type..., std::remove_cv_t<First>>, type_list<Rest...>> {};
template <class... Type, class... Rest>
struct split_parameters<std::integral_constant<std::size_t, 0>, type_list<Type...>,
                        type_list<Rest...>> {
  using bound = type_list<Type...>;
  using rest = type_list<std::remove_cv_t<Rest>...>;
};

template <class Result, class PList, class... Taken, class... Bound>
auto make_device_launcher(Bound... bound) {
  static_assert(std::is_void_v<Result>, "a kernel returns nothing");
  using parts = split_parameters<std::integral_constant<std::size_t, sizeof...(Bound)>, type_list<>,
                                 type_list<Taken...>>;
  return [&]<class... Held>(type_list<Held...>) {
    static_assert((std::is_convertible_v<Bound, Held> && ...),
                  "a bound value does not fit the kernel's parameter");
    return make_shared_object<device_launcher<PList, type_list<Held...>, typename parts::rest>>(
        std::tuple<Held...>(static_cast<Held>(std::move(bound))...));
  }(typename parts::bound{});
}

} // namespace tl::detail

#endif

#endif
