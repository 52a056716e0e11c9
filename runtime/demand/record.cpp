// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/record.h"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::demand {

/// Longer ones than any that a compiler was seen to need.
static constexpr std::size_t most_arguments = 4096;

static bool unescape(std::string_view text, std::string &out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char next = ++i < text.size() ? text[i] : ' ';
    if (next != '\\' && next != 'n' && next != 'r')
      return false;
    out += next == 'n' ? '\n' : next == 'r' ? '\r' : next;
  }
  return true;
}

/// Options that would make the compiler write other files than it is told to: no record of the
/// plugin's has them.
static bool is_forbidden(std::string_view argument) {
  return argument == "-o" || argument == "-dependency-file" || argument == "-MF" ||
         argument.starts_with("@") || argument.starts_with("-cc1");
}

status read_record(std::string_view text, compile_record &out) {
  out = {};
  const auto take_line = [&] {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
  };
  const std::string_view format = take_line();
  if (format != "tl-compile 1" && format != "tl-compile 2")
    return status::foreign("the record of how it was compiled is of an unknown format");
  while (!text.empty()) {
    const std::string_view line = take_line();
    const std::size_t blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    std::string value;
    if (blank == std::string_view::npos || !unescape(line.substr(blank + 1), value))
      return status::corrupt("the record of how it was compiled is damaged");
    if (word == "not")
      return status::unsupported(value);
    if (word == "by")
      out.compiler = value;
    else if (word == "plugin")
      out.plugin = value;
    else if (word == "in")
      out.directory = value;
    else if (word == "from")
      out.source = value;
    else if (word == "cuda" || word == "hip") {
      out.toolkit = value;
      out.is_hip = word == "hip";
    } else if (word == "w" && out.wrapper.size() < most_arguments)
      out.wrapper.push_back(value);
    else if (word != "a" && word != "f")
      return status::corrupt("the record of how it was compiled is damaged");
    else if (out.arguments.size() >= most_arguments || is_forbidden(value))
      return status::corrupt(fmt::format(
          "the record of how it was compiled has an argument '{}' that none has", value));
    else if (word == "f")
      out.arguments.insert(out.arguments.end(), {"-target-feature", value});
    else
      out.arguments.push_back(value);
  }
  for (const std::string *const path : {&out.compiler, &out.plugin, &out.directory, &out.source})
    if (!path->starts_with('/'))
      return status::corrupt("the record of how it was compiled is damaged");
  // Only the driver compiles for a device, and it knows other arguments.
  if ((format == "tl-compile 2") != out.toolkit.starts_with('/') ||
      (!out.wrapper.empty() &&
       !(out.has_device_code() && out.wrapper.size() >= 2 && out.wrapper[0].starts_with('/') &&
         out.wrapper[1].starts_with('/'))))
    return status::corrupt("the record of how it was compiled is damaged");
  return {};
}

std::string why_no_compiler(const compile_record &record) {
  const auto is_file = [](const std::string &path, int mode) {
    struct stat about{};
    return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
           ::access(path.c_str(), mode) == 0;
  };
  if (!is_file(record.compiler, X_OK))
    return fmt::format("the compiler {} is not there", record.compiler);
  if (!record.wrapper.empty() &&
      !(is_file(record.wrapper[0], X_OK) && is_file(record.wrapper[1], R_OK)))
    return fmt::format("the compiler's wrapper {} is not there", record.wrapper[1]);
  if (!is_file(record.plugin, R_OK))
    return fmt::format("the plugin {} is not there", record.plugin);
  if (!is_file(record.source, R_OK))
    return fmt::format("the source {} is not there", record.source);
  return {};
}

} // namespace tl::rt::demand
