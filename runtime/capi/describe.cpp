// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/capi/describe.h"

#include "runtime/support/json_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <string_view>

namespace tl::rt {

template <std::size_t N>
static std::string_view name_of(const std::string_view (&names)[N], std::uint32_t value) {
  return value < N ? names[value] : "unknown";
}

static constexpr std::string_view backends[] = {"cpu", "cuda", "hip"};
static constexpr std::string_view kinds[] = {"value",     "pointer", "view",      "stream",
                                             "reference", "opaque",  "uncopyable"};
static constexpr std::string_view accesses[] = {"unknown", "in", "out", "inout", "scratch"};
static constexpr std::string_view elements[] = {"bytes", "bool", "i8",   "u8",   "i16",    "u16",
                                                "i32",   "u32",  "i64",  "u64",  "f16",    "bf16",
                                                "f32",   "f64",  "e4m3", "e5m2", "pointer"};

/// Dimensions of a view that is passed by value, asked of one that is all zero bits.
static std::uint32_t rank_of(const tl_parameter &parameter) {
  if (parameter.kind != TL_PARAMETER_VIEW || !parameter.rebase)
    return 0;
  const auto object =
      std::make_unique<std::max_align_t[]>(parameter.size / sizeof(std::max_align_t) + 1);
  tl_view view{};
  parameter.view(object.get(), &view);
  return view.rank;
}

static std::string describe_parameter(const tl_parameter &parameter) {
  std::string text = fmt::format(
      "{{\"name\":{},\"kind\":\"{}\",\"element\":\"{}\",\"access\":\"{}\",\"size\":{}",
      json_string(parameter.name), name_of(kinds, parameter.kind),
      name_of(elements, parameter.element), name_of(accesses, parameter.access), parameter.size);
  if (const std::uint32_t rank = rank_of(parameter))
    text += fmt::format(",\"rank\":{}", rank);
  return text.append("}");
}

std::string describe_factory(const tl_factory &factory) {
  std::string text =
      fmt::format("{{\"id\":{},\"name\":{},\"location\":{},\"fingerprint\":{},\"backend\":\"{}\","
                  "\"lazy\":{},\"default\":{},"
                  "\"configs\":[",
                  json_string(factory.id), json_string(factory.name),
                  json_string(fmt::format("{}:{}", factory.file, factory.line)),
                  json_string(factory.fingerprint), name_of(backends, factory.backend),
                  factory.own_parameters != factory.parameter_count,
                  json_string(factory.configs[factory.default_variant]));
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    text.append(i ? "," : "").append(json_string(factory.configs[i]));
  text += fmt::format("],\"own_parameters\":{},\"parameters\":[", factory.own_parameters);
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
    text.append(i ? "," : "").append(describe_parameter(factory.parameters[i]));
  tl_parameter result = factory.result;
  if (!result.name)
    result.name = "result";
  return text.append("],\"result\":").append(describe_parameter(result)).append("}");
}

} // namespace tl::rt
