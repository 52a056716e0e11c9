// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/checks.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

namespace tl::tool {

command_result run_command(const std::string &command) {
  std::FILE *pipe = popen(command.c_str(), "r");
  if (!pipe)
    return {-1, ""};
  std::string line;
  bool first = true;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c == '\n')
      first = false;
    else if (first)
      line += static_cast<char>(c);
  }
  const int status = pclose(pipe);
  return {status == -1 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status), line};
}

std::string read_line(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string find_program(const std::string &name) {
  const char *const variable = std::getenv("PATH");
  std::string rest = variable ? variable : "";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string path = rest.substr(0, colon) + "/" + name;
    if (access(path.c_str(), X_OK) == 0)
      return path;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

} // namespace tl::tool
