// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A handle of a lazy factory, whatever the types of the factory's own parameters are.

#ifndef TL_DETAIL_DEFERRED_LAUNCH_H
#define TL_DETAIL_DEFERRED_LAUNCH_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/launch.h>
#include <tl/detail/shared.h>

#include <cstddef>
#include <cstdint>

namespace tl {
template <class Signature> class kernel;

namespace detail {

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
} // namespace tl

#endif
