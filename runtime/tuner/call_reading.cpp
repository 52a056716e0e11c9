// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call_reading.h"

#include "runtime/tuner/device.h"
#include "runtime/tuner/view_layout.h"
#include "runtime/tuner/word_load.h"

#include <tl/detail/key_words.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace tl::rt {

/// Further apart than any two parts of one buffer [bytes].
static constexpr std::int64_t surely_apart = std::int64_t(1) << 38;

static std::uint64_t read_bits(const call_step &step, const void *from) {
  std::uint64_t low = 0;
  std::uint8_t high = 0;
  const std::size_t bytes = (step.bit + step.bits + 7u) / 8;
  std::memcpy(&low, from, std::min<std::size_t>(bytes, 8));
  std::uint64_t value = low >> step.bit;
  if (bytes > 8) {
    std::memcpy(&high, static_cast<const std::byte *>(from) + 8, 1);
    value |= std::uint64_t{high} << (64 - step.bit);
  }
  const unsigned unused = 64u - step.bits;
  value <<= unused;
  return is_signed_element(step.element)
             ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> unused)
             : value >> unused;
}

static std::uint64_t read_number(const call_step &step, const void *from) {
  if (step.bits != 0) [[unlikely]]
    return read_bits(step, from);
  switch (step.element) {
  case TL_ELEMENT_BOOL:
  case TL_ELEMENT_U8:
    return load<std::uint8_t>(from);
  case TL_ELEMENT_I8:
    return static_cast<std::uint64_t>(load<std::int8_t>(from));
  case TL_ELEMENT_I16:
    return static_cast<std::uint64_t>(load<std::int16_t>(from));
  case TL_ELEMENT_U16:
    return load<std::uint16_t>(from);
  case TL_ELEMENT_I32:
    return static_cast<std::uint64_t>(load<std::int32_t>(from));
  case TL_ELEMENT_U32:
    return load<std::uint32_t>(from);
  default:
    return load<std::uint64_t>(from);
  }
}

/// TL_REAL_*; the number's bits go to `bits`.
static std::uint64_t read_real(const call_step &step, const void *from, std::uint64_t &bits) {
  switch (step.element) {
  case TL_ELEMENT_F64:
    bits = load<std::uint64_t>(from);
    return tl::detail::real_word(load<double>(from));
  case TL_ELEMENT_F32:
    bits = load<std::uint32_t>(from);
    return tl::detail::real_word(load<float>(from));
  default:
    bits = load<std::uint16_t>(from);
    return short_real_word(bits, step.element == TL_ELEMENT_F16);
  }
}

call_reading::call_reading(const tl_factory &factory, void *const *arguments, what wanted)
    : factory_(factory), plan_(plan_of(factory)), key_(factory.key_words),
      words_(plan_.words + (factory.own_key ? factory.key_words : 0)),
      classes_((plan_.classes + fact_class::per_word - 1) / fact_class::per_word),
      relations_(plan_.pairs.size()), places_(plan_.places.size()) {
  if (factory.current_device)
    add_key(key_names_device(factory.backend)
                ? static_cast<std::uint64_t>(std::int64_t(factory.current_device()))
                : 0);
  if (factory.own_key) {
    factory.own_key(&factory, arguments, key_.data() + key_count_, nullptr);
    for (; key_count_ < key_.size(); ++key_count_)
      words_[word_count_++] = key_[key_count_];
  }
  read(arguments, wanted);
  while (key_count_ < key_.size())
    key_[key_count_++] = 0;
  if (wanted == what::all)
    relate();
}

bool call_reading::names_device() const {
  return factory_.current_device != nullptr && key_names_device(factory_.backend);
}

bool call_reading::can_be_remembered() const {
  // Whatever a view says of its rank at run time: then the dispatcher compares other words.
  return word_count_ == factory_.call_words && (!factory_.admits || plan_.complete);
}

std::vector<std::uintptr_t> call_reading::open_ended() const {
  std::vector<std::uintptr_t> addresses;
  for (const place &it : places_.all())
    addresses.push_back(it.bytes == 0 ? it.address : 0);
  return addresses;
}

std::uint64_t call_reading::data_bytes(std::span<const std::uint64_t> reach) const {
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> parts; // begin and end
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (const place &it = places_.all()[i]; it.address != 0)
      parts.emplace_back(it.address, it.address + (it.bytes ? it.bytes : reach[i]));
  std::sort(parts.begin(), parts.end());
  std::uint64_t total = 0;
  std::uintptr_t seen = 0;
  for (const auto &[begin, end] : parts) {
    total += end > std::max(begin, seen) ? end - std::max(begin, seen) : 0;
    seen = std::max(seen, end);
  }
  return total;
}

void call_reading::add_key(std::uint64_t word) {
  if (key_count_ < key_.size())
    key_[key_count_++] = word;
}

void call_reading::add_word(const call_step &step, std::uint64_t word) {
  if (step.in_words)
    words_[word_count_++] = word;
}

void call_reading::set_class(std::size_t index, std::uint64_t value) {
  classes_[index / fact_class::per_word] |= value
                                            << (index % fact_class::per_word * fact_class::bits);
}

void call_reading::read_view(const call_step &step, const void *argument, place &at) {
  const tl_parameter &parameter = factory_.parameters[step.parameter];
  tl_view view{};
  parameter.view(argument, &view);
  at = {reinterpret_cast<std::uintptr_t>(view.data), view.bytes};
  const std::uint32_t rank = std::min<std::uint32_t>(view.rank, TL_MAX_RANK);
  const bool strided = (parameter.flags & TL_PARAMETER_STRIDED) != 0;
  // What such a view covers lies on both sides of its first element.
  if (strided && !reaches_forward(view))
    at.bytes = 0;
  add_word(step, at.address);
  for (std::uint32_t d = 0; d < rank; ++d)
    add_word(step, view.shape[d]);
  for (std::uint32_t d = 0; strided && d < rank; ++d)
    add_word(step, static_cast<std::uint64_t>(view.strides[d]));
  if (!step.in_key)
    return;
  for (std::uint32_t d = 0; d < rank; ++d)
    add_key(view.shape[d]);
  if (!strided)
    return;
  const bool dense = is_dense(view);
  for (std::uint32_t d = 0; d < rank; ++d)
    add_key(dense ? 0 : static_cast<std::uint64_t>(telling_stride(view, d)));
}

void call_reading::read(void *const *arguments, what wanted) {
  std::fill_n(classes_.data(), classes_.size(), std::uint64_t{0});
  std::size_t next_place = 0, next_real = plan_.places.size();
  for (const call_step &step : plan_.steps) {
    if (wanted == what::key && step.parameter >= factory_.own_parameters)
      return;
    const std::byte *const argument = static_cast<const std::byte *>(arguments[step.parameter]);
    switch (step.what) {
    case call_step::kind::number:
    case call_step::kind::code: {
      const std::uint64_t word = read_number(step, argument + step.offset);
      add_word(step, word);
      if (step.in_key)
        add_key(word);
      continue;
    }
    case call_step::kind::real: {
      std::uint64_t bits = 0;
      const std::uint64_t found = read_real(step, argument + step.offset, bits);
      add_word(step, factory_.admits ? bits : found);
      if (!(plan_.ignored & TL_FACT_SCALARS))
        set_class(next_real, found);
      ++next_real;
      continue;
    }
    case call_step::kind::count: {
      const std::uint64_t word = factory_.parameters[step.parameter].count(argument);
      add_word(step, word);
      if (step.in_key)
        add_key(word);
      continue;
    }
    case call_step::kind::range_end: {
      const tl_parameter &parameter = factory_.parameters[step.parameter];
      add_word(step, reinterpret_cast<std::uintptr_t>(
                         parameter.address ? parameter.address(argument) : load<void *>(argument)));
      continue;
    }
    default:
      break;
    }
    place &at = places_[next_place];
    switch (step.what) {
    case call_step::kind::reference:
      at = {reinterpret_cast<std::uintptr_t>(argument), step.size};
      add_word(step, at.address);
      break;
    case call_step::kind::view:
      read_view(step, argument, at);
      break;
    default: {
      const tl_parameter &parameter = factory_.parameters[step.parameter];
      const auto address_in = [&](const std::byte *object) {
        return reinterpret_cast<std::uintptr_t>(parameter.address ? parameter.address(object)
                                                                  : load<void *>(object));
      };
      at = {parameter.member_count != 0
                ? reinterpret_cast<std::uintptr_t>(load<void *>(argument + step.offset))
                : address_in(argument),
            0};
      add_word(step, at.address);
      if (step.what == call_step::kind::range) {
        const std::uintptr_t end = address_in(static_cast<const std::byte *>(arguments[step.end]));
        at.bytes = end > at.address ? end - at.address : 0;
        if (step.in_key)
          add_key(at.bytes / std::max(step.stride, 1u));
      }
    }
    }
    // A reference is as aligned as its type.
    if (at.address == 0)
      set_class(next_place, plan_.ignored & TL_FACT_NULL ? 0 : fact_class::null);
    else if (!(plan_.ignored & TL_FACT_ALIGNMENT) && step.what != call_step::kind::reference)
      set_class(next_place, static_cast<unsigned>(
                                __builtin_ctzll(at.address | (1u << fact_class::most_alignment))));
    ++next_place;
  }
}

void call_reading::relate() {
  for (std::size_t i = 0; i < plan_.pairs.size(); ++i) {
    const place &a = places_[plan_.pairs[i].first], &b = places_[plan_.pairs[i].second];
    if (a.address == 0 || b.address == 0) {
      relations_[i] = relation(relation::kind::none, 0);
      continue;
    }
    const auto distance = static_cast<std::int64_t>(b.address - a.address);
    if (distance >= surely_apart || distance <= -surely_apart)
      relations_[i] = relation(relation::kind::apart, 0);
    else if (a.bytes == 0 || b.bytes == 0)
      relations_[i] = relation(relation::kind::distance, distance);
    else if (distance >= 0 ? static_cast<std::uint64_t>(distance) >= a.bytes
                           : static_cast<std::uint64_t>(-distance) >= b.bytes)
      relations_[i] = relation(relation::kind::apart, 0);
    else
      relations_[i] = relation(relation::kind::overlaps, distance);
  }
}

} // namespace tl::rt
