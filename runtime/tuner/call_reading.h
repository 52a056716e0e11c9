// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a factory's plan reads of one call. Every call whose addresses or problem are not those of
// the thread's last one comes through here.

#ifndef TL_RUNTIME_TUNER_CALL_READING_H
#define TL_RUNTIME_TUNER_CALL_READING_H

#include "runtime/support/small_array.h"
#include "runtime/tuner/call_plan.h"
#include "runtime/tuner/facts.h"

#include <tl/abi.h>

#include <cstdint>
#include <span>
#include <vector>

namespace tl::rt {

/// Allocates nothing unless there is very much to read. Refers to the plan, not to the arguments.
class call_reading {
public:
  enum class what : unsigned char {
    all,
    key, ///< of which the factory's own arguments are enough: no words, no facts
  };
  /// Throws what `key = fn` throws.
  call_reading(const tl_factory &factory, void *const *arguments, what wanted = what::all);
  call_reading(const call_reading &) = delete;
  call_reading &operator=(const call_reading &) = delete;

  /// The problem key, [tl_factory::key_words].
  std::span<const std::uint64_t> key() const { return key_.all(); }
  /// Whether its first word is the current device's ordinal.
  bool names_device() const;
  /// What a thread remembers; see tl_rt_select.
  std::span<const std::uint64_t> words() const { return words_.first(word_count_); }
  facts_view found() const { return {classes_.all(), relations_.all()}; }
  const call_plan &plan() const { return plan_; }
  /// The address of each place that does not tell how far it goes, 0 for all others.
  std::vector<std::uintptr_t> open_ended() const;
  /// Of a place, as far as its argument says; 0: it does not.
  std::uint64_t bytes_of(std::size_t index) const { return places_.all()[index].bytes; }
  /// The memory that the places lead to, what they share counted once; `reach`: how far those go
  /// that do not tell [bytes].
  std::uint64_t data_bytes(std::span<const std::uint64_t> reach) const;
  /// Whether equal words mean that everything is as it was.
  bool can_be_remembered() const;

private:
  struct place {
    std::uintptr_t address;
    std::uint64_t bytes; ///< 0: not known
  };

  void read(void *const *arguments, what wanted);
  void read_view(const call_step &step, const void *argument, place &at);
  void set_class(std::size_t index, std::uint64_t value);
  void relate();
  void add_key(std::uint64_t word);
  void add_word(const call_step &step, std::uint64_t word);

  const tl_factory &factory_;
  const call_plan &plan_;
  small_array<std::uint64_t, 24> key_;
  small_array<std::uint64_t, 48> words_;
  small_array<std::uint64_t, 4> classes_;
  small_array<relation, 32> relations_;
  small_array<place, 12> places_;
  std::uint32_t key_count_ = 0;
  std::uint32_t word_count_ = 0;
};

} // namespace tl::rt

#endif
