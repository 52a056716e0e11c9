// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call.h"

#include "runtime/support/factory_fields.h"
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

/// Size of an element that a key word may hold [bytes], 0: none.
std::uint32_t integer_size(std::uint32_t element) {
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
  case TL_ELEMENT_I64:
  case TL_ELEMENT_U64:
    return 8;
  default:
    return 0;
  }
}

bool is_signed(std::uint32_t element) {
  return element == TL_ELEMENT_I8 || element == TL_ELEMENT_I16 || element == TL_ELEMENT_I32 ||
         element == TL_ELEMENT_I64;
}

/// Whether a parameter counts by its value: tl::detail::is_key_parameter says the same of its type.
bool is_key_value(const tl_parameter &parameter) {
  const bool read_only =
      parameter.kind == TL_PARAMETER_VALUE ||
      (parameter.kind == TL_PARAMETER_REFERENCE && parameter.access == TL_ACCESS_IN);
  return read_only && parameter.size != 0 && integer_size(parameter.element) == parameter.size;
}

std::uint64_t key_word(const void *object, std::uint32_t size, bool with_sign) {
  std::uint64_t word = 0;
  std::memcpy(&word, object, size); // little-endian, as every platform of ours
  const unsigned unused = 64 - 8 * size;
  return with_sign ? static_cast<std::uint64_t>(static_cast<std::int64_t>(word << unused) >> unused)
                   : word;
}

std::string word_text(std::uint64_t word, bool with_sign) {
  return with_sign ? fmt::format("{}", static_cast<std::int64_t>(word)) : fmt::format("{}", word);
}

/// The words of the default key, and their names and values as text.
void describe_arguments(const tl_factory &factory, void *const *arguments,
                        std::vector<std::uint64_t> &key, std::string &problem) {
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
      for (std::uint32_t d = 0; d < view.rank; ++d) {
        key.push_back(view.shape[d]);
        problem += fmt::format("{}{}", d ? "x" : "", view.shape[d]);
      }
    } else if (is_key_value(parameter)) {
      const bool with_sign = is_signed(parameter.element);
      key.push_back(key_word(arguments[i], parameter.size, with_sign));
      begin(i);
      problem += word_text(key.back(), with_sign);
    }
  }
}

/// The words that `key = fn` returns.
void describe_own_key(const tl_factory &factory, void *const *arguments,
                      std::vector<std::uint64_t> &key, std::string &problem) {
  const std::size_t device_words = key.size();
  std::vector<std::uint8_t> with_sign(factory.key_words - device_words + 1);
  key.resize(factory.key_words + 1);
  factory.own_key(&factory, arguments, key.data() + device_words, with_sign.data());
  key.resize(factory.key_words);
  problem = "key=";
  for (std::size_t i = device_words; i < key.size(); ++i)
    problem += (i > device_words ? "x" : "") + word_text(key[i], with_sign[i - device_words] != 0);
}

} // namespace

described_call::described_call(const tl_factory &factory, void *const *arguments,
                               const std::uint64_t *key) {
  if (!has_tables(factory)) {
    key_.resize(factory.key_words + 1);
    factory.make_call(
        &factory, arguments, &call_, key_.data(),
        [](void *sink, const char *text) { *static_cast<std::string *>(sink) += text; }, &problem_);
  } else {
    call_.struct_size = sizeof call_;
    call_.key_words = factory.key_words;
    call_.arguments = arguments;
    call_.device = factory.current_device ? factory.current_device() : -1;
    for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
      if (factory.parameters[i].kind == TL_PARAMETER_STREAM)
        call_.stream = *static_cast<void **>(arguments[i]);
    call_.capturing = factory.is_capturing && factory.is_capturing(call_.stream);
    if (factory.current_device)
      key_.push_back(key_names_device(factory.backend)
                         ? static_cast<std::uint64_t>(std::int64_t(call_.device))
                         : 0);
    if (factory.own_key)
      describe_own_key(factory, arguments, key_, problem_);
    else
      describe_arguments(factory, arguments, key_, problem_);
  }
  key_.resize(factory.key_words + 1); // whatever a view says of its rank at run time
  if (key)                            // what the dispatcher will look for
    std::copy_n(key, factory.key_words, key_.begin());
  call_.key = key_.data();
  call_.problem = problem_.c_str();
}

} // namespace tl::rt
