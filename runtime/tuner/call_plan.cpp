// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call_plan.h"

#include "runtime/support/fork_guard.h"
#include "runtime/support/made_once.h"
#include "runtime/support/mutex.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tl::rt {

static bool is_number(std::uint32_t element) {
  return element >= TL_ELEMENT_BOOL && element <= TL_ELEMENT_U64;
}

/// [bytes]; 0 for what is no floating-point number that we can read.
static std::uint32_t real_size(std::uint32_t element) {
  switch (element) {
  case TL_ELEMENT_F16:
  case TL_ELEMENT_BF16:
    return 2;
  case TL_ELEMENT_F32:
    return 4;
  case TL_ELEMENT_F64:
    return 8;
  default:
    return 0;
  }
}

static std::uint32_t number_size(std::uint32_t element) {
  switch (element) {
  case TL_ELEMENT_BOOL:
  case TL_ELEMENT_I8:
  case TL_ELEMENT_U8:
    return 1;
  case TL_ELEMENT_I16:
  case TL_ELEMENT_U16:
    return 2;
  case TL_ELEMENT_I32:
  case TL_ELEMENT_U32:
    return 4;
  default:
    return 8;
  }
}

namespace {

class planner {
public:
  planner(const tl_factory &factory, call_plan &plan) : factory_(factory), plan_(plan) {}
  void add(std::uint32_t index);

private:
  void add_members(std::uint32_t index, bool own);
  call_step &step(std::uint32_t index, call_step::kind what);

  const tl_factory &factory_;
  call_plan &plan_;
};

call_step &planner::step(std::uint32_t index, call_step::kind what) {
  const tl_parameter &parameter = factory_.parameters[index];
  const bool own = index < factory_.own_parameters;
  call_step added{};
  added.what = what;
  added.element = static_cast<std::uint8_t>(parameter.element);
  added.written = parameter.access != TL_ACCESS_IN;
  added.in_key = own && !factory_.own_key;
  const bool counts = what == call_step::kind::number || what == call_step::kind::code ||
                      what == call_step::kind::count;
  // What `key = fn` leaves out tells no problems apart, but `eligible` may look at it.
  added.in_words = own && (!counts || !factory_.own_key || factory_.admits);
  added.parameter = index;
  added.size = parameter.size;
  added.stride = parameter.stride;
  added.name = *parameter.name ? std::string(parameter.name) : fmt::format("arg{}", index);
  return plan_.steps.emplace_back(std::move(added));
}

void planner::add_members(std::uint32_t index, bool own) {
  const tl_parameter &parameter = factory_.parameters[index];
  for (std::uint32_t i = 0; i < parameter.member_count; ++i) {
    const tl_member &member = parameter.members[i];
    if (member.kind == TL_MEMBER_OTHER || (member.kind == TL_MEMBER_NUMBER && !own)) {
      plan_.complete = plan_.complete && !own;
      continue;
    }
    const bool code = member.kind == TL_MEMBER_NUMBER && member.element == TL_ELEMENT_POINTER;
    call_step &added = step(index, code                              ? call_step::kind::code
                                   : member.kind == TL_MEMBER_NUMBER ? call_step::kind::number
                                   : member.kind == TL_MEMBER_REAL   ? call_step::kind::real
                                                                     : call_step::kind::pointer);
    added.element = static_cast<std::uint8_t>(member.element);
    added.written = member.access != TL_ACCESS_IN;
    added.offset = member.offset;
    added.size = member.size;
    added.bit = static_cast<std::uint16_t>(member.bit);
    added.bits = static_cast<std::uint16_t>(member.bits);
    added.name = member.name;
  }
}

// tl::detail has the same rules for the words that a dispatcher compares: key.h and the plugin's
// ProblemKey.
void planner::add(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  const bool own = index < factory_.own_parameters;
  for (std::uint32_t i = 0; i < index; ++i)
    if (factory_.parameters[i].range_end == index + 1) {
      step(index, call_step::kind::range_end).in_key = false;
      return;
    }
  if (parameter.range_end != 0) {
    step(index, call_step::kind::range).end = parameter.range_end - 1;
    return;
  }
  const bool by_value = parameter.kind == TL_PARAMETER_VALUE;
  const bool read_only =
      by_value || (parameter.kind == TL_PARAMETER_REFERENCE && parameter.access == TL_ACCESS_IN);
  switch (parameter.kind) {
  case TL_PARAMETER_POINTER:
    step(index, call_step::kind::pointer);
    return;
  case TL_PARAMETER_VIEW:
    step(index, call_step::kind::view);
    return;
  case TL_PARAMETER_STREAM:
    return;
  default:
    break;
  }
  if (parameter.address) {
    step(index, call_step::kind::pointer);
    return;
  }
  // y[0] as the factor that all of y is divided by.
  if (parameter.kind == TL_PARAMETER_REFERENCE)
    step(index, call_step::kind::reference);
  if (read_only && is_number(parameter.element) &&
      parameter.size == number_size(parameter.element)) {
    if (own)
      step(index, call_step::kind::number);
    return;
  }
  if (by_value && parameter.element == TL_ELEMENT_POINTER && parameter.size == sizeof(void *)) {
    if (own)
      step(index, call_step::kind::code);
    return;
  }
  if (read_only && real_size(parameter.element) != 0 &&
      parameter.size == real_size(parameter.element)) {
    step(index, call_step::kind::real).in_key = false;
    return;
  }
  if (parameter.count) {
    if (own)
      step(index, call_step::kind::count);
    plan_.complete = plan_.complete && !own;
    return;
  }
  plan_.complete = plan_.complete && (!own || parameter.member_count != 0);
  add_members(index, own);
}

} // namespace

/// How to read a step's word, where a load is enough.
static std::optional<word_load::kind> load_of(const tl_factory &factory, const call_step &step) {
  const tl_parameter &parameter = factory.parameters[step.parameter];
  if (step.bits != 0)
    return std::nullopt;
  switch (step.what) {
  case call_step::kind::pointer:
  case call_step::kind::range:
  case call_step::kind::range_end:
    if (parameter.address)
      return std::nullopt;
    return word_load::kind::u64;
  case call_step::kind::code:
    return word_load::kind::u64;
  case call_step::kind::reference:
    return word_load::kind::address;
  case call_step::kind::number:
  case call_step::kind::real:
    switch (step.element) {
    case TL_ELEMENT_BOOL:
    case TL_ELEMENT_U8:
      return word_load::kind::u8;
    case TL_ELEMENT_I8:
      return word_load::kind::i8;
    case TL_ELEMENT_I16:
      return word_load::kind::i16;
    case TL_ELEMENT_U16:
      return word_load::kind::u16;
    case TL_ELEMENT_I32:
      return word_load::kind::i32;
    case TL_ELEMENT_U32:
      return word_load::kind::u32;
    // With `eligible` a word holds the number's bits.
    case TL_ELEMENT_F16:
      return factory.admits ? word_load::kind::u16 : word_load::kind::f16;
    case TL_ELEMENT_BF16:
      return factory.admits ? word_load::kind::u16 : word_load::kind::bf16;
    case TL_ELEMENT_F32:
      return factory.admits ? word_load::kind::u32 : word_load::kind::f32;
    case TL_ELEMENT_F64:
      return factory.admits ? word_load::kind::u64 : word_load::kind::f64;
    default:
      return word_load::kind::u64;
    }
  default:
    return std::nullopt;
  }
}

/// Empty where a word takes more than a load, or `key = fn` makes some.
static std::vector<word_load> loads_of(const tl_factory &factory,
                                       const std::vector<call_step> &steps) {
  std::vector<word_load> loads;
  for (const call_step &step : steps) {
    if (!step.in_words)
      continue;
    const std::optional<word_load::kind> what = load_of(factory, step);
    if (!what || factory.own_key || step.parameter > UINT16_MAX)
      return {};
    loads.push_back({*what, static_cast<std::uint16_t>(step.parameter),
                     step.what == call_step::kind::reference ? 0 : step.offset});
  }
  if (loads.size() != factory.call_words)
    return {};
  return loads;
}

call_plan::call_plan(const tl_factory &factory)
    : ignored(factory.options.ignored_facts), classes(0), words(0), complete(true) {
  planner adding(factory, *this);
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
    adding.add(i);
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    const call_step &it = steps[i];
    words += !it.in_words ? 0 : it.what == call_step::kind::view ? 1 + 2 * TL_MAX_RANK : 1;
    if (it.leads_somewhere())
      places.push_back(i);
    if (it.what == call_step::kind::real)
      reals.push_back(i);
  }
  loads = loads_of(factory, steps);
  classes = static_cast<std::uint32_t>(places.size() + reals.size());
  if (ignored & TL_FACT_OVERLAP)
    return;
  for (std::uint32_t i = 0; i < places.size(); ++i)
    for (std::uint32_t j = i + 1; j < places.size(); ++j)
      if (steps[places[i]].written || steps[places[j]].written)
        pairs.push_back({i, j});
}

const call_plan &make_plan(const tl_factory &factory) {
  auto made = std::make_unique<const call_plan>(factory);
  static constinit made_once<std::map<const void *, std::unique_ptr<const call_plan>>> all;
  const mutex_lock lock(fork_safe_mutex(fork_safe::plans));
  if (!factory.slot) { // written by hand, in a test: its address may be another's next time
    std::unique_ptr<const call_plan> &last = all.get()[nullptr];
    last = std::move(made);
    return *last;
  }
  if (const void *known = __atomic_load_n(&factory.slot->plan, __ATOMIC_ACQUIRE))
    return *static_cast<const call_plan *>(known);
  // An image that was unloaded may have had its slot here.
  std::unique_ptr<const call_plan> &kept = all.get()[factory.slot];
  kept = std::move(made);
  __atomic_store_n(&factory.slot->plan, static_cast<const void *>(kept.get()), __ATOMIC_RELEASE);
  return *kept;
}

} // namespace tl::rt
