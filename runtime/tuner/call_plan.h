// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is read of every call of one factory, made once from its parameter rows: the words of the
// problem key, the words by which a thread knows its last call, and the facts.

#ifndef TL_RUNTIME_TUNER_CALL_PLAN_H
#define TL_RUNTIME_TUNER_CALL_PLAN_H

#include "runtime/tuner/word_load.h"

#include <tl/abi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt {

/// Whether TL_ELEMENT_* is an integer that is printed with a sign.
inline bool is_signed_element(std::uint32_t element) {
  return element == TL_ELEMENT_I8 || element == TL_ELEMENT_I16 || element == TL_ELEMENT_I32 ||
         element == TL_ELEMENT_I64;
}

/// One value that is read of a call.
struct call_step {
  enum class kind : std::uint8_t {
    number,    ///< a word of the key
    code,      ///< a pointer to a function, a word of the key
    real,      ///< a floating-point number
    pointer,   ///< leads to memory of an extent that is not known
    range,     ///< a pointer or iterator to the first element; the key holds the number of them
    range_end, ///< where that range ends
    reference, ///< leads to one object
    view,      ///< a buffer with its shape
    count,     ///< the size of a container that is no view, a word of the key
  };
  kind what;
  std::uint8_t element; ///< TL_ELEMENT_*
  bool written;         ///< what it leads to may be written
  bool in_key;          ///< whether it adds to the key at all
  bool in_words;        ///< whether a thread remembers it
  std::uint32_t parameter;
  std::uint32_t offset;    ///< in the argument [bytes]
  std::uint32_t size;      ///< of the value; of the object that a reference leads to [bytes]
  std::uint16_t bit, bits; ///< see tl_member
  std::uint32_t stride;    ///< of a range [bytes]
  std::uint32_t end;       ///< parameter that ends a range
  std::string name;        ///< "x", "p.size[1]"

  bool leads_somewhere() const {
    return what == kind::pointer || what == kind::range || what == kind::reference ||
           what == kind::view;
  }
};

/// Two values that lead somewhere, one of which may be written: by their numbers among those.
struct call_pair {
  std::uint32_t first, second;
};

/// Immutable once made.
struct call_plan {
  explicit call_plan(const tl_factory &factory);

  std::vector<call_step> steps;
  std::vector<std::uint32_t> places; ///< steps that lead somewhere
  std::vector<std::uint32_t> reals;  ///< steps that are floating-point numbers
  std::vector<call_pair> pairs;
  std::uint32_t ignored; ///< TL_FACT_*
  std::uint32_t classes; ///< values with a class: places, then reals
  std::uint32_t words;   ///< at most, that a thread remembers; without those of `key = fn`
  /// The words that a dispatcher compares, in order; empty where some of them take more than a
  /// load.
  std::vector<word_load> loads;
  bool complete; ///< the words hold all that `eligible` can see without following a pointer
};

/// Makes the plan of a factory and keeps it in its slot, where there is none yet. Thread-safe.
const call_plan &make_plan(const tl_factory &factory);

/// The plan of a factory. Thread-safe; allocates the first time.
inline const call_plan &plan_of(const tl_factory &factory) {
  const void *const known =
      factory.slot ? __atomic_load_n(&factory.slot->plan, __ATOMIC_ACQUIRE) : nullptr;
  return known ? *static_cast<const call_plan *>(known) : make_plan(factory);
}

} // namespace tl::rt

#endif
