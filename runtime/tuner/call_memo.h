// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The calls that a thread made lately, beside the very last one of each factory, which its
// dispatcher knows: programs go round a few problems and sets of buffers.

#ifndef TL_RUNTIME_TUNER_CALL_MEMO_H
#define TL_RUNTIME_TUNER_CALL_MEMO_H

#include "runtime/factory/registry.h"

#include <tl/abi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tl::rt {

/// Of one thread: 256 calls of all factories, in sets of two. Found by the words of
/// call_reading::words(), so that an entry holds whenever a dispatcher's last call would.
class call_memo {
public:
  /// Most words of a call that is kept.
  static constexpr std::size_t most_words = 12;

  /// The variant for such a call, null: not known. Allocates nothing. `generation`: of the slot,
  /// read before.
  static void *find(const tl_dispatch_slot &slot, std::uint64_t generation,
                    std::span<const std::uint64_t> words) noexcept;

  /// Keeps it, where there is memory for that.
  static void keep(const tl_dispatch_slot &slot, std::uint64_t generation,
                   std::span<const std::uint64_t> words, void *function) noexcept;

private:
  /// Two cache lines, and for most calls one.
  struct alignas(64) entry {
    const tl_dispatch_slot *slot; ///< null: empty
    std::uint64_t generation;
    std::uint64_t images; ///< see image_changes(): another image may have a slot in the same place
    void *function;
    std::array<std::uint64_t, most_words> words;

    bool holds(const tl_dispatch_slot &of, std::uint64_t its_generation,
               std::span<const std::uint64_t> its_words) const noexcept {
      if (slot != &of || generation != its_generation || images != image_changes())
        return false;
      for (std::size_t i = 0; i < its_words.size(); ++i)
        if (words[i] != its_words[i])
          return false;
      return true;
    }
  };
  using set = std::array<entry, 2>;
  static constexpr unsigned index_bits = 7;

  static std::size_t place(const tl_dispatch_slot &slot,
                           std::span<const std::uint64_t> words) noexcept;
  static call_memo *make() noexcept;

  /// A pointer and no object: reaching it needs no look at whether it was made, and threads that
  /// never come here pay no memory for it.
  static constinit thread_local call_memo *of_thread;

  std::array<set, std::size_t(1) << index_bits> all_{};

  friend struct memo_owner;
};

// Products that do not wait for each other; the upper bits are those in which all of a word's
// count.
inline std::size_t call_memo::place(const tl_dispatch_slot &slot,
                                    std::span<const std::uint64_t> words) noexcept {
  constexpr std::array<std::uint64_t, most_words> odd = {
      0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0xd6e8feb86659fd93u,
      0xff51afd7ed558ccdu, 0xc4ceb9fe1a85ec53u, 0x2545f4914f6cdd1du, 0xda942042e4dd58b5u,
      0xa0761d6478bd642fu, 0xe7037ed1a0b428dbu, 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u};
  std::uint64_t sum = reinterpret_cast<std::uintptr_t>(&slot);
  for (std::size_t i = 0; i < words.size(); ++i)
    sum += words[i] * odd[i];
  return (sum * odd[0]) >> (64 - index_bits);
}

inline void *call_memo::find(const tl_dispatch_slot &slot, std::uint64_t generation,
                             std::span<const std::uint64_t> words) noexcept {
  const call_memo *const memo = of_thread;
  if (!memo)
    return nullptr;
  for (const entry &it : memo->all_[place(slot, words)])
    if (it.holds(slot, generation, words))
      return it.function;
  return nullptr;
}

} // namespace tl::rt

#endif
