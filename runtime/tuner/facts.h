// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What decides, beside the problem, whether a variant is right for a call: which pointers are null
// and how the others are aligned, which of them lead to the same memory, and whether floating-point
// numbers are special. See docs/validity.md.

#ifndef TL_RUNTIME_TUNER_FACTS_H
#define TL_RUNTIME_TUNER_FACTS_H

#include "runtime/tuner/call_plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// Four bits for each place that a call leads to, then for each floating-point number.
namespace fact_class {
inline constexpr unsigned bits = 4;
inline constexpr unsigned per_word = 64 / bits;
inline constexpr unsigned most_alignment = 8; ///< log2 of 256; of a place, smaller ones likewise
inline constexpr unsigned null = 15;          ///< of a place
} // namespace fact_class

/// How two places lie to each other.
class relation {
public:
  enum class kind : std::uint8_t {
    none,     ///< one of them is null
    apart,    ///< no byte in common
    overlaps, ///< bytes in common, at a distance that is known
    distance, ///< only the distance is known, and not how far either reaches
  };

  relation() = default;
  relation(kind what, std::int64_t distance)
      : value_(distance * 4 + static_cast<std::int64_t>(what)) {}

  kind what() const { return static_cast<kind>(value_ & 3); }
  /// From the first to the second [bytes].
  std::int64_t distance() const { return value_ >> 2; }
  /// Whether what is right for this one is right for `other`. Extents follow from the problem, so
  /// that a larger distance in the same direction brings no new overlap.
  bool covers(relation other) const {
    if (value_ == other.value_ || other.what() == kind::apart)
      return true;
    if (what() != kind::distance || other.what() != kind::distance)
      return false;
    return distance() > 0 ? other.distance() >= distance()
                          : distance() < 0 && other.distance() <= distance();
  }

  bool operator==(const relation &) const = default;

private:
  std::int64_t value_ = 0;
};

/// The facts of one call: does not own them.
struct facts_view {
  std::span<const std::uint64_t> classes; ///< packed
  std::span<const relation> relations;    ///< in the order of call_plan::pairs
  /// How far memory goes from each place on, at most, 0: not known; empty: of none. Nothing of what
  /// a variant that was right touched lies further off, so that another call of the same problem
  /// whose pointers are that far apart has no overlap. [bytes]
  std::span<const std::uint64_t> reach = {};
};

/// What facts are about.
struct fact_shape {
  std::size_t places; ///< how many of the classes are those of places
  std::span<const call_pair> pairs;
};
inline fact_shape shape_of(const call_plan &plan) { return {plan.places.size(), plan.pairs}; }

/// Facts that are kept.
struct facts {
  std::vector<std::uint64_t> classes;
  std::vector<relation> relations;
  std::vector<std::uint64_t> reach;

  facts() = default;
  explicit facts(facts_view from)
      : classes(from.classes.begin(), from.classes.end()),
        relations(from.relations.begin(), from.relations.end()),
        reach(from.reach.begin(), from.reach.end()) {}
  operator facts_view() const { return {classes, relations, reach}; }
  bool operator==(const facts &) const = default;
};

/// Whether a variant that was right under `proven` is right under `found`, which then are no
/// harder: each address as aligned or better, the same ones null, no new overlap, the same classes
/// of numbers.
bool covers(facts_view proven, facts_view found, fact_shape shape) noexcept;

/// "x=64 w=null x~y=apart beta=zero x<=4096": for people, and for the database. "none" where there
/// are none.
std::string to_text(const call_plan &plan, facts_view of);

/// The other way round; nothing where the text is not one of this plan's.
std::optional<facts> facts_from_text(const call_plan &plan, std::string_view text);

/// Which of the facts `found` are not covered by `proven`, in the same words, each with what was
/// proven: "x=4 (proven: 64)".
std::string describe_new(const call_plan &plan, facts_view proven, facts_view found);

} // namespace tl::rt

#endif
