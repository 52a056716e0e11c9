// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "initializer.h"

#include "runtime/support/config_text.h"

namespace tl::tool {

static bool is_enclosed(std::string_view text, char open, char close) {
  return text.size() >= 2 && text.front() == open && text.back() == close;
}

/// What follows the first comma outside of brackets goes to `rest`.
static std::string_view take_piece(std::string_view &rest) {
  const std::size_t comma = rt::find_outside(rest, ',');
  const std::string_view piece = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return piece;
}

static std::string value_of(std::string_view text) {
  if (is_enclosed(text, '{', '}'))
    return to_initializer(text.substr(1, text.size() - 2));
  if (!is_enclosed(text, '[', ']'))
    return std::string(text);
  std::string result;
  for (std::string_view rest = text.substr(1, text.size() - 2); !rest.empty();)
    result += (result.empty() ? "" : ", ") + value_of(take_piece(rest));
  return "{" + result + "}";
}

std::string to_initializer(std::string_view config) {
  std::string result;
  for (std::string_view rest = config; !rest.empty();) {
    const std::string_view field = take_piece(rest);
    const std::size_t equals = rt::find_outside(field, '=');
    result += result.empty() ? "" : ", ";
    if (equals == std::string_view::npos) // another tool's text, or a class without fields
      result += value_of(field);
    else
      result +=
          "." + std::string(field.substr(0, equals)) + " = " + value_of(field.substr(equals + 1));
  }
  return "{" + result + "}";
}

} // namespace tl::tool
