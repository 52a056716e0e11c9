// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/compile_command.h"
#include "doctor/checks.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include <sys/wait.h>

namespace tl::tool {

/// The compiler where none is given.
static std::string usual_compiler() {
  for (const char *name : {"clang++-22", "clang++-19"})
    if (!find_program(name).empty())
      return name;
  return "clang++";
}

/// What says what is to be made, where, and what of it is to be written down elsewhere.
static bool is_about_output(std::string_view word) {
  constexpr std::string_view alone[] = {"-c", "-S", "-E", "-M", "-MM", "-MD", "-MMD", "-MP"};
  return word == "-fsyntax-only" ||
         std::find(std::begin(alone), std::end(alone), word) != std::end(alone);
}

static bool takes_output(std::string_view word) {
  return word == "-o" || word == "-MF" || word == "-MT" || word == "-MQ";
}

static bool is_same_file(const std::string &a, const std::string &b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

compile_command::compile_command(std::string source, std::vector<std::string> words)
    : source_(std::move(source)) {
  if (!words.empty() &&
      std::filesystem::path(words.front()).filename().string().ends_with("ccache"))
    words.erase(words.begin());
  compiler_ = words.empty() ? usual_compiler() : words.front();
  if (words.empty())
    words_ = {"-std=c++20", "-O2"};
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (takes_output(words[i]))
      ++i;
    else if (!is_about_output(words[i]) && !words[i].starts_with("-l") &&
             !is_same_file(words[i], source_))
      words_.push_back(words[i]);
  }
}

bool compile_command::loads_plugin() const {
  return std::any_of(words_.begin(), words_.end(), [](const std::string &word) {
    return word.starts_with("-fplugin=") && word.find("tlplugin") != std::string::npos;
  });
}

compile_command compile_command::without_plugin() const {
  compile_command plain = *this;
  std::erase_if(plain.words_, [](const std::string &word) {
    return word.starts_with("-fplugin=") || word.starts_with("-fplugin-arg-");
  });
  return plain;
}

compile_result compile_command::run(const std::vector<std::string> &further,
                                    const std::string &output) const {
  std::string line = quoted(compiler_);
  for (const std::vector<std::string> *part : {&words_, &further})
    for (const std::string &word : *part)
      line += " " + quoted(word);
  line += output.empty() ? " -fsyntax-only" : " -c -o " + quoted(output);
  line += " " + quoted(source_) + " 2>&1 < /dev/null";
  compile_result result;
  const auto begin = std::chrono::steady_clock::now();
  std::FILE *pipe = popen(line.c_str(), "r");
  if (!pipe)
    return result;
  char buffer[1 << 12];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
    result.output.append(buffer, size);
  const int status = pclose(pipe);
  result.status = status == -1 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

} // namespace tl::tool
