// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/config_text.h"

#include <algorithm>
#include <cstdint>

namespace tl::rt {

static constexpr std::size_t npos = std::string_view::npos;

/// Past the string literal that begins at `from`; npos when it does not end.
static std::size_t skip_quoted(std::string_view text, std::size_t from) {
  for (std::size_t i = from + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return npos;
}

static char closing(char open) {
  switch (open) {
  case '(':
    return ')';
  case '[':
    return ']';
  case '{':
    return '}';
  default:
    return '>';
  }
}

namespace {
struct scan_result {
  std::size_t at = npos; ///< where it was found
  bool balanced = true;
};
} // namespace

/// Looks for `wanted` outside of quotes and of brackets; '<' is a bracket if `angles`.
static scan_result scan(std::string_view text, char wanted, bool angles) {
  std::string open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (open.empty() && c == wanted) {
      if (wanted != ':')
        return {i, true};
      if (i + 1 < text.size() && text[i + 1] == ':') {
        ++i;
        continue;
      }
      return {i, true};
    }
    if (c == '"') {
      const std::size_t end = skip_quoted(text, i);
      if (end == npos)
        return {npos, false};
      i = end - 1;
    } else if (c == '(' || c == '[' || c == '{' || (c == '<' && angles)) {
      open += closing(c);
    } else if (c == ')' || c == ']' || c == '}' || (c == '>' && angles)) {
      const bool arrow = c == '>' && i > 0 && text[i - 1] == '-';
      if (arrow)
        continue;
      if (open.empty() || open.back() != c)
        return {npos, false};
      open.pop_back();
    }
  }
  return {npos, open.empty()};
}

std::size_t find_outside(std::string_view text, char wanted) {
  scan_result found = scan(text, wanted, true);
  // A comparison is no bracket.
  if (!found.balanced)
    found = scan(text, wanted, false);
  // Nothing that the plugin wrote: then brackets mean nothing.
  return found.balanced ? found.at : text.find(wanted);
}

/// Takes the first of the values that commas separate.
static std::string_view take_piece(std::string_view &rest) {
  const std::size_t comma = find_outside(rest, ',');
  const std::string_view piece = rest.substr(0, comma);
  rest = comma == npos ? std::string_view() : rest.substr(comma + 1);
  return piece;
}

static bool is_enclosed(std::string_view text, char open) {
  return text.size() >= 2 && text.front() == open && text.back() == closing(open);
}

static void read_fields(std::string_view text, const std::string &prefix,
                        std::vector<config_field> &fields);

static void read_value(std::string_view value, std::string name,
                       std::vector<config_field> &fields) {
  const std::string_view inner =
      value.size() >= 2 ? value.substr(1, value.size() - 2) : std::string_view();
  if (is_enclosed(value, '{') && find_outside(inner, '=') != npos) {
    read_fields(inner, name + ".", fields);
    return;
  }
  if (is_enclosed(value, '[') && !inner.empty()) {
    std::string_view rest = inner;
    for (std::size_t i = 0; !rest.empty(); ++i)
      read_value(take_piece(rest), name + "[" + std::to_string(i) + "]", fields);
    return;
  }
  fields.push_back({std::move(name), std::string(value)});
}

static void read_fields(std::string_view text, const std::string &prefix,
                        std::vector<config_field> &fields) {
  const std::size_t first = fields.size();
  while (!text.empty()) {
    const std::string_view piece = take_piece(text);
    const std::size_t equal = find_outside(piece, '=');
    if (equal != npos)
      read_value(piece.substr(equal + 1), prefix + std::string(piece.substr(0, equal)), fields);
    else if (fields.size() > first)
      fields.back().value.append(1, ',').append(piece);
    else
      fields.push_back({prefix, std::string(piece)});
  }
}

std::vector<config_field> read_config(std::string_view text) {
  std::vector<config_field> fields;
  read_fields(text, "", fields);
  return fields;
}

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"')
    return std::string(value);
  value = value.substr(1, value.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      text += value[i];
      continue;
    }
    const char c = value[++i];
    if (c == 'x' && i + 2 < value.size()) {
      text += static_cast<char>(std::stoi(std::string(value.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      text += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
  return text;
}

std::string config_value(std::string_view text) {
  const auto special = [](char c) { return c == '"' || c == '\\' || c == ';' || c < ' '; };
  const bool plain = std::none_of(text.begin(), text.end(), special) &&
                     scan(text, ',', true).balanced && scan(text, ',', true).at == npos;
  if (plain)
    return std::string(text);
  static constexpr char digits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (quoted += '\\') += c;
    else if (static_cast<unsigned char>(c) < ' ')
      ((quoted += "\\x") += digits[c >> 4 & 15]) += digits[c & 15];
    else
      quoted += c;
  }
  return quoted += '"';
}

} // namespace tl::rt
