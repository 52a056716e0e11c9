// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unistd.h>

namespace tl::rt::demand {
namespace {

/// What both the preamble and the variants are compiled with by the front end.
std::vector<std::string> front_end_flags() {
  return {"-w",  "-ferror-limit", "0", "-mrelocation-model",
          "pic", "-pic-level",    "2", "-fno-temp-file"};
}

using words = std::vector<std::string>;

void add(words &to, words more) { std::ranges::move(more, std::back_inserter(to)); }

} // namespace

bool may_precompile(const compile_record &record) { return !record.has_device_code(); }

words preamble_command(const compile_record &record, const std::string &header,
                       const std::string &out) {
  words command{record.compiler, "-cc1"};
  for (std::size_t i = 0; i < record.arguments.size(); ++i) {
    command.push_back(record.arguments[i]);
    if (record.arguments[i] == "-x" && i + 1 < record.arguments.size())
      command.push_back(record.arguments[++i] + "-header");
  }
  add(command, front_end_flags());
  // Its files are found as from the source's own directory. What they instantiate is instantiated
  // once, and not by each process that reads it.
  add(command, {"-iquote", record.source.substr(0, record.source.rfind('/')),
                "-fpch-instantiate-templates", "-emit-pch", "-o", out, header});
  return command;
}

words compile_command(const compile_record &record, std::string_view factory,
                      std::span<const std::uint64_t> combinations, const std::string &base,
                      const std::string &precompiled) {
  const std::string wanted = fmt::format("demand={}:{}", factory,
                                         fmt::join(combinations.begin(), combinations.end(), ","));
  const std::string report = fmt::format("report={}.report", base);
  words command = record.wrapper;
  command.push_back(record.compiler);
  if (record.has_device_code()) {
    command.push_back("--driver-mode=g++");
    add(command, record.arguments);
    // Everything is visible, so that a library and the program share what they share by name.
    add(command,
        {"-w", "-ferror-limit=0", "-fPIC", "-fvisibility=default", "-fno-visibility-inlines-hidden",
         "-fplugin-arg-tl-" + wanted, "-fplugin-arg-tl-" + report, "-c", "-o", base + ".o", "-x",
         record.is_hip ? "hip" : "cuda", record.source});
    return command;
  }
  command.push_back("-cc1");
  add(command, record.arguments);
  add(command, front_end_flags());
  if (!precompiled.empty())
    add(command, {"-include-pch", precompiled});
  add(command, {"-emit-obj", "-plugin-arg-tl", wanted, "-plugin-arg-tl", report, "-o", base + ".o",
                record.source});
  return command;
}

words link_command(const compile_record &record, const std::string &image, const std::string &base,
                   const std::string &cudart) {
  words command{record.compiler};
  const auto triple = std::ranges::find(record.arguments, "-triple");
  if (triple != record.arguments.end() && triple + 1 != record.arguments.end())
    command.push_back("--target=" + *(triple + 1));
  add(command,
      {"-shared", "-nostdlib", "-nostartfiles", "-Wl,--build-id=none",
       "-Wl,--defsym=__dso_handle=tl_on_demand_library", "-o", base + ".part", base + ".o"});
  if (record.has_device_code()) {
    // A kernel that the program has as well is registered once for each: with its own host
    // function.
    command.push_back("-Wl,-Bsymbolic-functions");
    if (!cudart.empty())
      add(command, {"-L" + cudart, "-Wl,-rpath," + cudart, "-lcudart"});
    command.push_back("-lc"); // what Clang registers device code with ends at the program's exit
  }
  if (!image.empty())
    command.push_back(image);
  return command;
}

std::string find_cudart(const compile_record &record) {
  for (const char *const folder : {"/../lib64", "/../lib", "/../../../lib64"}) {
    std::string path = record.toolkit + folder;
    if (::access((path + "/libcudart.so").c_str(), R_OK) == 0)
      return path;
  }
  return {};
}

} // namespace tl::rt::demand
