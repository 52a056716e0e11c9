// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/capi/json_reader.h"

#include <fmt/format.h>

#include <cstdlib>

namespace tl::rt {
namespace {

/// Deeper than any file of ours, and far from the stack's end.
constexpr int deepest = 64;

class reader {
public:
  explicit reader(std::string_view input) : input_(input) {}

  bool read(json_value &to) {
    if (!value(to, 0))
      return false;
    skip_space();
    return at_ == input_.size() || fail("the end");
  }
  const std::string &error() const { return error_; }

private:
  bool fail(std::string_view expected) {
    if (error_.empty())
      error_ = fmt::format("byte {}: expected {}", at_, expected);
    return false;
  }
  char peek() const { return at_ < input_.size() ? input_[at_] : '\0'; }
  void skip_space() {
    while (at_ < input_.size() &&
           std::string_view(" \t\r\n").find(input_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (peek() != wanted)
      return false;
    ++at_;
    return true;
  }
  bool word(std::string_view wanted) {
    if (input_.substr(at_, wanted.size()) != wanted)
      return fail("a value");
    at_ += wanted.size();
    return true;
  }

  bool value(json_value &to, int depth) {
    skip_space();
    if (depth > deepest)
      return fail("fewer levels");
    const std::size_t begin = at_;
    const bool good = content(to, depth);
    to.source = input_.substr(begin, at_ - begin);
    return good;
  }

  bool content(json_value &to, int depth) {
    switch (peek()) {
    case '{':
      return object(to, depth);
    case '[':
      return array(to, depth);
    case '"':
      to.type = json_value::kind::text;
      return string(to.text);
    case 't':
    case 'f':
      to.type = json_value::kind::boolean;
      to.boolean = peek() == 't';
      return word(to.boolean ? "true" : "false");
    case 'n':
      return word("null");
    default:
      return number(to);
    }
  }

  bool object(json_value &to, int depth) {
    to.type = json_value::kind::object;
    ++at_;
    if (take('}'))
      return true;
    do {
      std::string name;
      skip_space();
      if (peek() != '"' || !string(name))
        return fail("a member's name");
      if (!take(':'))
        return fail("':'");
      if (!value(to.members[std::move(name)], depth + 1))
        return false;
    } while (take(','));
    return take('}') || fail("',' or '}'");
  }

  bool array(json_value &to, int depth) {
    to.type = json_value::kind::array;
    ++at_;
    if (take(']'))
      return true;
    do {
      if (!value(to.items.emplace_back(), depth + 1))
        return false;
    } while (take(','));
    return take(']') || fail("',' or ']'");
  }

  bool number(json_value &to) {
    to.type = json_value::kind::number;
    const std::size_t length = input_.substr(at_).find_first_not_of("+-.eE0123456789");
    const std::string text(input_.substr(at_, length));
    char *end = nullptr;
    to.number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0')
      return fail("a value");
    at_ += text.size();
    return true;
  }

  bool code_unit(unsigned &to) {
    to = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const std::size_t digit =
          std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
      if (c == '\0' || digit == std::string_view::npos)
        return fail("four hexadecimal digits");
      to = to * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    return true;
  }

  static void append_utf8(std::string &to, unsigned code) {
    if (code < 0x80) {
      to += static_cast<char>(code);
    } else if (code < 0x800) {
      to += static_cast<char>(0xc0 | code >> 6);
      to += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      to += static_cast<char>(0xe0 | code >> 12);
      to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      to += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      to += static_cast<char>(0xf0 | code >> 18);
      to += static_cast<char>(0x80 | (code >> 12 & 0x3f));
      to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      to += static_cast<char>(0x80 | (code & 0x3f));
    }
  }

  bool escape(std::string &to) {
    constexpr std::string_view from = "\"\\/bfnrt", meaning = "\"\\/\b\f\n\r\t";
    const char c = peek();
    ++at_;
    if (const std::size_t known = from.find(c); known != std::string_view::npos) {
      to += meaning[known];
      return true;
    }
    unsigned code = 0, low = 0;
    if (c != 'u' || !code_unit(code))
      return fail("an escape sequence");
    if (code >= 0xd800 && code < 0xdc00 && input_.substr(at_, 2) == "\\u") {
      at_ += 2;
      if (!code_unit(low))
        return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(to, code);
    return true;
  }

  bool string(std::string &to) {
    ++at_;
    while (at_ < input_.size() && input_[at_] != '"') {
      if (input_[at_] == '\\') {
        ++at_;
        if (!escape(to))
          return false;
      } else {
        to += input_[at_++];
      }
    }
    if (at_ == input_.size())
      return fail("'\"'");
    ++at_;
    return true;
  }

  std::string_view input_;
  std::size_t at_ = 0;
  std::string error_;
};

} // namespace

const json_value *json_value::find(std::string_view name) const {
  const auto found = members.find(name);
  return found == members.end() ? nullptr : &found->second;
}

std::string json_value::text_or(std::string_view name, const std::string &otherwise) const {
  const json_value *found = find(name);
  return found && found->type == kind::text ? found->text : otherwise;
}

std::optional<json_value> parse_json(std::string_view input, std::string &error) {
  json_value value;
  reader r(input);
  if (r.read(value))
    return value;
  error = r.error();
  return std::nullopt;
}

} // namespace tl::rt
