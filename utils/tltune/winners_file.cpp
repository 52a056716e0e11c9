// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "winners_file.h"
#include "format.h"

#include <algorithm>

namespace tl::tool {

static constexpr const char *head =
    "# Winners for -fplugin-arg-tl-use, written by `tltune bake`: keep it beside the source. Two\n"
    "# files of one project can be merged line by line.\n"
    "tl-winners 1\n";

/// A word as it is, quoted where it has to be.
static std::string word(const std::string &text) {
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '\\' && c != 0x7f;
  };
  if (!text.empty() && text.front() != '#' && std::all_of(text.begin(), text.end(), plain))
    return text;
  static constexpr char digits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      quoted += '\\';
    if (code < ' ' || code == 0x7f)
      (quoted += "\\x") += {digits[code >> 4], digits[code & 15]};
    else
      quoted += c;
  }
  return quoted + '"';
}

/// "192.8us"
static std::string time_word(double ns) {
  std::string text = format_time(ns);
  std::erase(text, ' ');
  return text;
}

std::string to_text(const winners_file &file) {
  std::string text = head;
  for (const auto &[key, factory] : file) {
    text += "\nfactory " + word(key.first) + "\n  name " + word(factory.name) + "\n  fingerprint " +
            word(key.second) + "\n  default " + word(factory.default_config) + "\n";
    for (const std::string &config : factory.keep)
      text += "  keep " + word(config) + "\n";
    for (const auto &[device, winners] : factory.winners) {
      text += "  device " + device.second + " " + word(device.first) + "\n";
      for (const auto &[problem, row] : winners) {
        text += "    winner " + word(problem) + " " + word(row.config) + " " +
                time_word(row.time_ns) + " " + format_date(row.when).substr(0, 10);
        for (const std::string &facts : row.facts)
          text += " " + word(facts);
        text += "\n";
      }
    }
  }
  return text;
}

} // namespace tl::tool
