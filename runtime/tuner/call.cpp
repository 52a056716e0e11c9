// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call.h"

#include "runtime/tuner/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt {
namespace {

std::string parameter_name(const tl_factory &factory, std::uint32_t index) {
  const char *name = factory.parameters[index].name;
  return *name ? std::string(name) : fmt::format("arg{}", index);
}

bool is_signed(std::uint32_t element) {
  return element == TL_ELEMENT_I8 || element == TL_ELEMENT_I16 || element == TL_ELEMENT_I32 ||
         element == TL_ELEMENT_I64;
}

template <class T> bool take_number(const void *object, std::uint32_t size, std::uint64_t &word) {
  T number;
  if (size != sizeof number)
    return false; // a reference to an array of them
  std::memcpy(&number, object, sizeof number);
  word = static_cast<std::uint64_t>(number);
  return true;
}

/// The word of a parameter that counts by its value; false for every other parameter.
/// tl::detail::is_key_parameter says the same of its type. Every call whose problem is not the last
/// one comes through here.
inline bool take_word(const tl_parameter &parameter, const void *object, std::uint64_t &word) {
  const bool read_only =
      parameter.kind == TL_PARAMETER_VALUE ||
      (parameter.kind == TL_PARAMETER_REFERENCE && parameter.access == TL_ACCESS_IN);
  if (!read_only)
    return false;
  switch (parameter.element) {
  case TL_ELEMENT_BOOL:
  case TL_ELEMENT_U8:
    return take_number<std::uint8_t>(object, parameter.size, word);
  case TL_ELEMENT_I8:
    return take_number<std::int8_t>(object, parameter.size, word);
  case TL_ELEMENT_I16:
    return take_number<std::int16_t>(object, parameter.size, word);
  case TL_ELEMENT_U16:
    return take_number<std::uint16_t>(object, parameter.size, word);
  case TL_ELEMENT_I32:
    return take_number<std::int32_t>(object, parameter.size, word);
  case TL_ELEMENT_U32:
    return take_number<std::uint32_t>(object, parameter.size, word);
  case TL_ELEMENT_I64:
  case TL_ELEMENT_U64:
    return take_number<std::uint64_t>(object, parameter.size, word);
  default:
    return false;
  }
}

std::string word_text(std::uint64_t word, bool with_sign) {
  return with_sign ? fmt::format("{}", static_cast<std::int64_t>(word)) : fmt::format("{}", word);
}

/// Words at the start of a key that are the device's.
std::uint32_t device_words(const tl_factory &factory) { return factory.current_device ? 1 : 0; }

std::uint64_t device_word(const tl_factory &factory) {
  return key_names_device(factory.backend)
             ? static_cast<std::uint64_t>(std::int64_t(factory.current_device()))
             : 0;
}

/// "m=1024,x=3x4": the arguments that make the default key.
std::string print_arguments(const tl_factory &factory, void *const *arguments) {
  std::string problem;
  const auto begin = [&](std::uint32_t index) {
    if (!problem.empty())
      problem += ',';
    problem += parameter_name(factory, index) + '=';
  };
  for (std::uint32_t i = 0; i < factory.own_parameters; ++i) {
    const tl_parameter &parameter = factory.parameters[i];
    if (parameter.kind == TL_PARAMETER_VIEW) {
      tl_view view{};
      parameter.view(arguments[i], &view);
      begin(i);
      for (std::uint32_t d = 0; d < view.rank; ++d)
        problem += fmt::format("{}{}", d ? "x" : "", view.shape[d]);
    } else if (std::uint64_t word = 0; take_word(parameter, arguments[i], word)) {
      begin(i);
      problem += word_text(word, is_signed(parameter.element));
    }
  }
  return problem;
}

/// "key=7x-9": what `key = fn` returned.
std::string print_own_key(const tl_factory &factory, void *const *arguments) {
  const std::uint32_t words = factory.key_words - device_words(factory);
  std::vector<std::uint64_t> key(words + 1);
  std::vector<std::uint8_t> with_sign(words + 1);
  factory.own_key(&factory, arguments, key.data(), with_sign.data());
  std::string problem = "key=";
  for (std::uint32_t i = 0; i < words; ++i)
    problem += (i > 0 ? "x" : "") + word_text(key[i], with_sign[i] != 0);
  return problem;
}

} // namespace

void make_key(const tl_factory &factory, void *const *arguments, std::uint64_t *key) {
  std::uint64_t *const end = key + factory.key_words;
  if (factory.current_device)
    *key++ = device_word(factory);
  if (factory.own_key) {
    factory.own_key(&factory, arguments, key, nullptr);
    return;
  }
  for (std::uint32_t i = 0; i < factory.own_parameters; ++i) {
    const tl_parameter &parameter = factory.parameters[i];
    if (parameter.kind == TL_PARAMETER_VIEW) {
      tl_view view{};
      parameter.view(arguments[i], &view);
      // Whatever a view says of its rank at run time.
      for (std::uint32_t d = 0; d < view.rank && key != end; ++d)
        *key++ = view.shape[d];
    } else if (std::uint64_t word = 0; key != end && take_word(parameter, arguments[i], word)) {
      *key++ = word;
    }
  }
  std::fill(key, end, std::uint64_t{0});
}

problem_key::problem_key(const tl_factory &factory, void *const *arguments)
    : count_(factory.key_words), device_words_(device_words(factory)), backend_(factory.backend) {
  if (count_ > few) {
    long_ = std::make_unique_for_overwrite<std::uint64_t[]>(count_);
    words_ = long_.get();
  }
  make_key(factory, arguments, words_);
}

bool problem_key::names_device() const { return device_words_ != 0 && key_names_device(backend_); }

described_call::described_call(const tl_factory &factory, void *const *arguments)
    : key_(factory.key_words + 1), problem_(factory.own_key ? print_own_key(factory, arguments)
                                                            : print_arguments(factory, arguments)) {
  make_key(factory, arguments, key_.data());
  call_.struct_size = sizeof call_;
  call_.key_words = factory.key_words;
  call_.key = key_.data();
  call_.problem = problem_.c_str();
  call_.arguments = arguments;
  call_.device = factory.current_device ? factory.current_device() : -1;
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
    if (factory.parameters[i].kind == TL_PARAMETER_STREAM)
      call_.stream = *static_cast<void **>(arguments[i]);
  call_.capturing = factory.is_capturing && factory.is_capturing(call_.stream);
}

} // namespace tl::rt
