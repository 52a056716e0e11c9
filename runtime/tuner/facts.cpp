// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tl::rt {

static unsigned class_of(facts_view of, std::size_t index) {
  return (of.classes[index / fact_class::per_word] >>
          (index % fact_class::per_word * fact_class::bits)) &
         15;
}

static bool class_covers(unsigned proven, unsigned found, bool place) {
  return proven == found ||
         (place && proven != fact_class::null && found != fact_class::null && found > proven);
}

/// Whether the pair has no more overlap in `found` than in `proven`.
static bool pair_covers(facts_view proven, facts_view found, fact_shape shape, std::size_t index) {
  const relation now = found.relations[index];
  if (proven.relations[index].covers(now))
    return true;
  if (now.what() != relation::kind::distance || proven.reach.empty())
    return false;
  const std::int64_t distance = now.distance();
  const std::uint64_t reach =
      proven.reach[distance > 0 ? shape.pairs[index].first : shape.pairs[index].second];
  return distance != 0 && reach != 0 &&
         static_cast<std::uint64_t>(distance > 0 ? distance : -distance) >= reach;
}

bool covers(facts_view proven, facts_view found, fact_shape shape) noexcept {
  if (proven.classes.size() != found.classes.size() ||
      proven.relations.size() != found.relations.size())
    return false;
  for (std::size_t word = 0; word < found.classes.size(); ++word) {
    std::uint64_t differs = proven.classes[word] ^ found.classes[word];
    // Most facts of most calls are those that were proven.
    while (differs != 0) {
      const unsigned shift =
          static_cast<unsigned>(__builtin_ctzll(differs)) / fact_class::bits * fact_class::bits;
      const std::size_t index = word * fact_class::per_word + shift / fact_class::bits;
      if (!class_covers((proven.classes[word] >> shift) & 15, (found.classes[word] >> shift) & 15,
                        index < shape.places))
        return false;
      differs &= ~(std::uint64_t{15} << shift);
    }
  }
  for (std::size_t i = 0; i < found.relations.size(); ++i)
    if (!pair_covers(proven, found, shape, i))
      return false;
  return true;
}

// --- As text -------------------------------------------------------------------------------------

static constexpr std::string_view real_names[] = {"other", "zero", "one", "notfinite"};

static std::string class_text(unsigned value, bool place) {
  if (!place)
    return std::string(real_names[value & 3]);
  return value == fact_class::null ? std::string("null") : fmt::format("{}", 1u << value);
}

static std::string relation_text(relation it) {
  switch (it.what()) {
  case relation::kind::none:
    return "none";
  case relation::kind::apart:
    return "apart";
  case relation::kind::overlaps:
    return fmt::format("overlap{:+}", it.distance());
  case relation::kind::distance:
    return fmt::format("{:+}", it.distance());
  }
  return {};
}

static const std::string &place_name(const call_plan &plan, std::size_t place) {
  return plan.steps[plan.places[place]].name;
}

static std::string class_name(const call_plan &plan, std::size_t index) {
  return index < plan.places.size() ? place_name(plan, index)
                                    : plan.steps[plan.reals[index - plan.places.size()]].name;
}

static std::string pair_name(const call_plan &plan, std::size_t index) {
  const call_pair &pair = plan.pairs[index];
  return place_name(plan, pair.first) + '~' + place_name(plan, pair.second);
}

std::string to_text(const call_plan &plan, facts_view of) {
  std::string text;
  const auto add = [&](const std::string &name, const std::string &value) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  };
  for (std::size_t i = 0; i < plan.classes; ++i)
    add(class_name(plan, i), class_text(class_of(of, i), i < plan.places.size()));
  for (std::size_t i = 0; i < plan.pairs.size(); ++i)
    add(pair_name(plan, i), relation_text(of.relations[i]));
  for (std::size_t i = 0; i < of.reach.size(); ++i)
    if (of.reach[i] != 0)
      add(place_name(plan, i) + '<', fmt::format("{}", of.reach[i]));
  return text.empty() ? "none" : text;
}

/// The value of the next "name=value " of a text, which has to have that name.
static std::optional<std::string_view> take(std::string_view &text, std::string_view name) {
  if (!text.starts_with(name) || text.size() == name.size() || text[name.size()] != '=')
    return std::nullopt;
  text.remove_prefix(name.size() + 1);
  const std::string_view value = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), value.size() + 1));
  return value;
}

template <class Number> static std::optional<Number> parse(std::string_view text) {
  Number number{};
  if (text.starts_with('+'))
    text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

static std::optional<unsigned> parse_class(std::string_view text, bool place) {
  if (!place) {
    const auto *const found = std::find(std::begin(real_names), std::end(real_names), text);
    return found == std::end(real_names)
               ? std::nullopt
               : std::optional(static_cast<unsigned>(found - std::begin(real_names)));
  }
  if (text == "null")
    return fact_class::null;
  for (unsigned i = 0; i <= fact_class::most_alignment; ++i)
    if (parse<unsigned>(text) == 1u << i)
      return i;
  return std::nullopt;
}

static std::optional<relation> parse_relation(std::string_view text) {
  if (text == "none")
    return relation(relation::kind::none, 0);
  if (text == "apart")
    return relation(relation::kind::apart, 0);
  const bool overlaps = text.starts_with("overlap");
  const auto distance = parse<std::int64_t>(overlaps ? text.substr(7) : text);
  if (!distance)
    return std::nullopt;
  return relation(overlaps ? relation::kind::overlaps : relation::kind::distance, *distance);
}

std::optional<facts> facts_from_text(const call_plan &plan, std::string_view text) {
  facts made;
  made.classes.resize((plan.classes + fact_class::per_word - 1) / fact_class::per_word);
  if (plan.classes == 0 && plan.pairs.empty())
    return text == "none" ? std::optional(made) : std::nullopt;
  for (std::size_t i = 0; i < plan.classes; ++i) {
    const auto value = take(text, class_name(plan, i));
    const auto parsed = value ? parse_class(*value, i < plan.places.size()) : std::nullopt;
    if (!parsed)
      return std::nullopt;
    made.classes[i / fact_class::per_word] |= std::uint64_t{*parsed}
                                              << (i % fact_class::per_word * fact_class::bits);
  }
  for (std::size_t i = 0; i < plan.pairs.size(); ++i) {
    const auto value = take(text, pair_name(plan, i));
    const auto parsed = value ? parse_relation(*value) : std::nullopt;
    if (!parsed)
      return std::nullopt;
    made.relations.push_back(*parsed);
  }
  for (std::size_t i = 0; i < plan.places.size(); ++i)
    if (const auto value = take(text, place_name(plan, i) + '<')) {
      const auto bytes = parse<std::uint64_t>(*value);
      if (!bytes)
        return std::nullopt;
      made.reach.resize(plan.places.size());
      made.reach[i] = *bytes;
    }
  return text.empty() ? std::optional(made) : std::nullopt;
}

std::string describe_new(const call_plan &plan, facts_view proven, facts_view found) {
  std::string text;
  const auto add = [&](const std::string &name, const std::string &value, const std::string &was) {
    text += fmt::format("{}{}={} (proven: {})", text.empty() ? "" : ", ", name, value, was);
  };
  for (std::size_t i = 0; i < plan.classes; ++i) {
    const bool place = i < plan.places.size();
    if (!class_covers(class_of(proven, i), class_of(found, i), place))
      add(class_name(plan, i), class_text(class_of(found, i), place),
          class_text(class_of(proven, i), place));
  }
  for (std::size_t i = 0; i < plan.pairs.size(); ++i)
    if (!pair_covers(proven, found, shape_of(plan), i))
      add(pair_name(plan, i), relation_text(found.relations[i]),
          relation_text(proven.relations[i]));
  return text;
}

} // namespace tl::rt
