// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call.h"

#include "runtime/support/thread_guard.h"
#include "runtime/tuner/call_plan.h"
#include "runtime/tuner/call_reading.h"
#include "runtime/tuner/view_layout.h"
#include "runtime/worker/loader_lock.h"

#include <fmt/format.h>

#include <dlfcn.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tl::rt {
namespace {

std::string word_text(std::uint64_t word, bool with_sign) {
  return with_sign ? fmt::format("{}", static_cast<std::int64_t>(word)) : fmt::format("{}", word);
}

/// A function's symbol, where the dynamic linker knows one; else where it is in its image, which is
/// the same in each process, though not in the next build.
std::string function_text(std::uint64_t address) {
  if (address == 0)
    return "null";
  const auto *const at = reinterpret_cast<const void *>(address);
  Dl_info about{};
  if (loader_is_stuck() || ::dladdr(at, &about) == 0 || !about.dli_fname)
    return fmt::format("0x{:x}", address);
  if (about.dli_sname && about.dli_saddr == at)
    return about.dli_sname;
  std::string image = about.dli_fname;
  image.erase(0, image.rfind('/') + 1);
  std::replace_if(image.begin(), image.end(), [](char c) { return c == ',' || c == '='; }, '_');
  return fmt::format("{}+0x{:x}", image,
                     address - reinterpret_cast<std::uintptr_t>(about.dli_fbase));
}

/// Words at the start of a key that are the device's.
std::uint32_t device_words(const tl_factory &factory) { return factory.current_device ? 1 : 0; }

/// The numbers of a printed problem, in the order of its key.
class problem_text {
public:
  explicit problem_text(std::span<const std::uint64_t> key) : key_(key) {}

  void begin(const std::string &name) {
    if (!text_.empty())
      text_ += ',';
    text_ += name + '=';
  }
  void append(std::string_view separator, bool with_sign) {
    text_ += separator;
    text_ += word_text(next_ < key_.size() ? key_[next_] : 0, with_sign);
    ++next_;
  }
  /// The strides of a view with gaps; those of a dense one are zeros, which are not shown.
  void append_strides(std::uint32_t rank) {
    bool dense = true;
    for (std::uint32_t d = 0; d < rank && next_ + d < key_.size(); ++d)
      dense = dense && key_[next_ + d] == 0;
    if (dense)
      next_ += rank;
    for (std::uint32_t d = 0; !dense && d < rank; ++d)
      append(d ? "x" : "@", true);
  }
  /// The function that the next word is the address of.
  void append_function() {
    text_ += function_text(next_ < key_.size() ? key_[next_] : 0);
    ++next_;
  }
  std::string take() { return std::move(text_); }

private:
  std::span<const std::uint64_t> key_;
  std::size_t next_ = 0;
  std::string text_;
};

/// "m=1024,x=3x4@1x3,p.n=7": the arguments that make the default key.
std::string print_arguments(const tl_factory &factory, void *const *arguments,
                            std::span<const std::uint64_t> key) {
  problem_text text(key);
  for (const call_step &step : plan_of(factory).steps) {
    if (!step.in_key)
      continue;
    const tl_parameter &parameter = factory.parameters[step.parameter];
    switch (step.what) {
    case call_step::kind::number:
      text.begin(step.name);
      text.append("", is_signed_element(step.element));
      break;
    case call_step::kind::code:
      text.begin(step.name);
      text.append_function();
      break;
    case call_step::kind::count:
    case call_step::kind::range:
      text.begin(step.name);
      text.append("", false);
      break;
    case call_step::kind::view: {
      tl_view view{};
      parameter.view(arguments[step.parameter], &view);
      text.begin(step.name);
      for (std::uint32_t d = 0; d < rank_of(view); ++d)
        text.append(d ? "x" : "", false);
      if (parameter.flags & TL_PARAMETER_STRIDED)
        text.append_strides(rank_of(view));
      break;
    }
    default:
      break;
    }
  }
  return text.take();
}

/// "key=7x-9": what `key = fn` returned.
std::string print_own_key(const tl_factory &factory, void *const *arguments) {
  const std::uint32_t words = factory.key_words - device_words(factory);
  std::vector<std::uint64_t> key(words + 1);
  std::vector<std::uint8_t> with_sign(words + 1);
  factory.own_key(&factory, arguments, key.data(), with_sign.data());
  std::string problem = words ? "key=" : "";
  for (std::uint32_t i = 0; i < words; ++i)
    problem += (i > 0 ? "x" : "") + word_text(key[i], with_sign[i] != 0);
  return problem;
}

} // namespace

void make_key(const tl_factory &factory, void *const *arguments, std::uint64_t *key) {
  std::ranges::copy(call_reading(factory, arguments, call_reading::what::key).key(), key);
}

call_with_extents::call_with_extents(const tl_factory &factory, const tl_call &call)
    : call_(call), extents_(factory.parameter_count + 1) {
  if (call.extents)
    std::copy_n(call.extents, factory.parameter_count, extents_.begin());
  call_.extents = extents_.data();
  if (!call.arguments)
    return;
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i) {
    const tl_parameter &parameter = factory.parameters[i];
    if (parameter.range_end == 0 || parameter.kind != TL_PARAMETER_POINTER)
      continue;
    const auto begin = *static_cast<const std::uintptr_t *>(call.arguments[i]),
               end = *static_cast<const std::uintptr_t *>(call.arguments[parameter.range_end - 1]);
    extents_[i] = end > begin ? end - begin : 0;
  }
}

described_call::described_call(const tl_factory &factory, void *const *arguments)
    : key_(factory.key_words + 1) {
  if (factory.own_key) {
    const callers_state_scope as_caller;
    make_key(factory, arguments, key_.data());
    problem_ = print_own_key(factory, arguments);
  } else {
    make_key(factory, arguments, key_.data());
    problem_ = print_arguments(
        factory, arguments,
        std::span(key_).subspan(device_words(factory), factory.key_words - device_words(factory)));
  }
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
