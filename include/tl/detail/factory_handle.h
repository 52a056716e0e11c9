// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the dispatcher of a lazy factory makes: a handle with the factory's arguments.

#ifndef TL_DETAIL_FACTORY_HANDLE_H
#define TL_DETAIL_FACTORY_HANDLE_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/deferred_launch.h>
#include <tl/detail/launch.h>
#include <tl/detail/shared.h>
#include <tl/detail/signature.h>
#include <tl/exceptions.h>
#include <tl/infeasible.h>
#include <tl/inputs.h>
#include <tl/kernel.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

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
