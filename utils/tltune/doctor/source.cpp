// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune doctor --source: what a file and the command that compiles it lack for being tuned.

#include "doctor/checks.h"
#include "doctor/compile_command.h"
#include "doctor/generated.h"
#include "format.h"

#include <tl/abi.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include <unistd.h>

namespace tl::tool {

namespace fs = std::filesystem;

/// Errors and warnings that are shown, of each kind.
static constexpr std::size_t most_messages = 5;
/// Variants that are compiled to estimate what all of them take.
static constexpr std::size_t sample_variants = 4;

namespace {
/// "FILE:LINE:COLUMN: error: TEXT"
struct message {
  std::string place, kind, text;
};
} // namespace

static std::vector<message> messages_in(const std::string &output) {
  std::vector<message> all;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);)
    for (const char *kind : {"fatal error", "error", "warning", "remark"}) {
      const std::string mark = std::string(": ") + kind + ": ";
      const std::size_t at = line.find(mark);
      if (at == std::string::npos)
        continue;
      all.push_back({line.substr(0, at), kind, line.substr(at + mark.size())});
      break;
    }
  return all;
}

/// A macro's value after the file's command, "" where it is not set.
static std::string macro(const compile_command &command, const std::string &name) {
  const std::string mark = "#define " + name + " ";
  const compile_result macros = command.without_plugin().run({"-E", "-dM", "-w"});
  const std::size_t at = macros.output.find(mark);
  return at == std::string::npos
             ? std::string()
             : macros.output.substr(at + mark.size(),
                                    macros.output.find('\n', at) - at - mark.size());
}

/// The plugin, which is added where the command has none. False where there is none to add.
static bool check_plugin_of(findings &found, compile_command &command, int major) {
  if (command.loads_plugin())
    return true;
  const std::string plugin = find_plugin(major);
  found.push_back(
      {"plugin", severity::problem, "the command does not load it: nothing is tuned",
       "add -fplugin=" +
           (plugin.empty() ? "<libdir>/tl/clang-" + std::to_string(major) + "/libtlplugin.so"
                           : plugin) +
           ", or tl_autotune(target) in CMake"});
  if (plugin.empty())
    return false;
  command.add("-fplugin=" + plugin);
  return true;
}

static void check_flags(findings &found, compile_command &command) {
  if (const std::string standard = macro(command, "__cplusplus");
      !standard.empty() && std::atol(standard.c_str()) < 202002) {
    found.push_back({"standard", severity::problem,
                     "__cplusplus is " + std::to_string(std::atol(standard.c_str())) +
                         ", factories need 202002 or later",
                     "add -std=c++20 for this file; callers may have an older one, see "
                     "docs/adopting.md"});
    command.add("-std=c++20");
  }
  if (macro(command, "__OPTIMIZE__").empty())
    found.push_back({"flags", severity::warning, "the command does not optimise",
                     "add -O2 or what the program is shipped with: winners are of other flags "
                     "otherwise"});
}

/// Where our headers are, the folder is added.
static void check_headers(findings &found, compile_command &command,
                          const std::vector<message> &said) {
  const bool missing = std::any_of(said.begin(), said.end(), [](const message &it) {
    return it.text.find("'tl/autotune.h' file not found") != std::string::npos;
  });
  if (!missing)
    return;
  const std::string folder = find_headers();
  found.push_back({"include path", severity::problem, "'tl/autotune.h' is not found",
                   "add -I" + (folder.empty() ? std::string("<prefix>/include") : folder) +
                       ", or pkg-config --cflags tl"});
  if (!folder.empty())
    command.add("-I" + folder);
}

static void add_messages(findings &found, const std::vector<message> &said, const char *kind,
                         severity level, const std::string &advice) {
  std::size_t shown = 0, all = 0;
  for (const message &it : said)
    if (it.kind.ends_with(kind) && ++all <= most_messages) {
      found.push_back({kind, level, it.place + ": " + it.text, shown == 0 ? advice : ""});
      ++shown;
    }
  if (all > shown)
    found.push_back({kind, level, std::to_string(all - shown) + " more", ""});
}

/// Whether a class is one of those that say how much memory they mean, or a stream.
static bool is_view(const std::string &type) {
  for (const char *beginning : {"tl::in<", "tl::out<", "tl::inout<", "tl::scratch<", "tl::tensor<",
                                "std::span<", "std::vector<", "std::array<"})
    if (type.starts_with(beginning))
      return true;
  return type.find("stream") != std::string::npos; // cudaStream_t, hipStream_t
}

static void check_parameters(findings &found, const generated_factory &factory) {
  bool writes = false;
  for (const generated_parameter &it : factory.parameters) {
    const bool leads = it.kind == TL_PARAMETER_POINTER || it.kind == TL_PARAMETER_VIEW ||
                       it.kind == TL_PARAMETER_REFERENCE;
    writes |= leads && it.access != TL_ACCESS_IN && it.access != TL_ACCESS_SCRATCH;
    if (it.kind == TL_PARAMETER_OPAQUE && !it.members && !is_view(it.type))
      found.push_back({factory.name, severity::warning,
                       "what is in '" + it.name +
                           "' is not seen: sizes in it tell no problems apart, and pointers in it "
                           "lead trials nowhere else than the call",
                       "pass sizes and buffers beside it, or the object by value"});
    writes |= it.kind == TL_PARAMETER_OPAQUE && !it.type.starts_with("tl::in<") &&
              !it.type.starts_with("const ");
    if (it.kind == TL_PARAMETER_POINTER && it.access == TL_ACCESS_UNKNOWN)
      found.push_back({factory.name, severity::note,
                       "how far '" + it.name + "' reaches, and whether it is read, is not known",
                       "tl::out, tl::inout or tl::scratch say it: exact comparisons, and no copies "
                       "of more than that"});
  }
  if (!factory.copyable)
    found.push_back({factory.name, severity::problem,
                     "one of its arguments cannot be copied: it always runs its default config",
                     "take a reference, a pointer or a view in place of an object that moves"});
  if (!writes)
    found.push_back({factory.name, severity::warning,
                     "it writes nothing that its arguments lead to: unless it returns its result, "
                     "variants cannot be compared",
                     "pass the output as an argument, or give `check = fn`"});
}

static void check_factories(findings &found, const std::vector<generated_factory> &factories,
                            const std::vector<message> &said) {
  for (const generated_factory &it : factories) {
    found.push_back({it.name, severity::good,
                     std::to_string(it.variants) + " variants, default " +
                         (it.default_config.empty() ? "config" : it.default_config),
                     ""});
    check_parameters(found, it);
  }
  for (const message &it : said)
    if (it.kind == "remark" && it.text.find(" reaches variable ") != std::string::npos)
      found.push_back({"variable", severity::note, it.place + ": " + it.text,
                       "trials see its value at the call and change copies only; where its value "
                       "decides speed or results, make it an argument"});
}

/// Why there is no factory to speak of.
static void explain_none(findings &found, const compile_command &command) {
  std::ifstream file(command.source());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.find("autotune(") == std::string::npos && text.find("AUTOTUNE(") == std::string::npos)
    found.push_back({"factories", severity::problem, "there is none in this file",
                     "[[tl::autotune(...)]] on a function template makes one"});
  else
    found.push_back({"factories", severity::warning,
                     "none is called here, so that nothing is compiled of them",
                     "variants belong to the file that calls: give this one, or an explicit "
                     "instantiation"});
}

static double size_of(const fs::path &file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return error ? 0 : static_cast<double>(bytes);
}

/// From the file without the plugin, and with a few of its variants.
static void estimate_cost(findings &found, const compile_command &command,
                          const std::vector<generated_factory> &factories) {
  std::size_t variants = 0;
  for (const generated_factory &it : factories)
    variants += it.variants;
  char folder[] = "/tmp/tltune-doctor-XXXXXX";
  if (!mkdtemp(folder))
    return;
  const fs::path object = fs::path(folder) / "file.o";
  const compile_result plain =
      command.without_plugin().run({"-Wno-unknown-attributes", "-w"}, object.string());
  const double plain_bytes = size_of(object);
  const std::size_t shards = std::max<std::size_t>(1, variants / sample_variants);
  std::vector<std::string> some{"-w"};
  if (shards > 1)
    some.push_back("-fplugin-arg-tl-shard=1/" + std::to_string(shards));
  const compile_result part = command.run(some, object.string());
  const double times = static_cast<double>(shards), part_bytes = size_of(object);
  std::error_code error;
  fs::remove_all(folder, error);
  if (plain.status != 0 || part.status != 0)
    return;
  const double seconds = plain.seconds + times * std::max(0.0, part.seconds - plain.seconds);
  const double bytes = plain_bytes + times * std::max(0.0, part_bytes - plain_bytes);
  found.push_back({"cost", severity::note,
                   "about " + format_time(1e9 * seconds) + " to compile and " +
                       format_bytes(bytes) + " of object code for " + std::to_string(variants) +
                       " variants; " + format_time(1e9 * plain.seconds) + " and " +
                       format_bytes(plain_bytes) + " untuned",
                   ""});
}

void check_source(findings &found, const std::string &source,
                  const std::vector<std::string> &words) {
  compile_command command(source, words);
  const int major = clang_major(command.compiler());
  if (major != 22 && major != 19) {
    found.push_back(
        {"compiler", severity::problem,
         command.compiler() + (major ? " is Clang " + std::to_string(major) : " is no Clang"),
         "the plugin is for Clang 22 and 19; others compile the default config"});
    return;
  }
  found.push_back(
      {"compiler", severity::good, command.compiler() + " is Clang " + std::to_string(major), ""});
  check_flags(found, command);
  if (!check_plugin_of(found, command, major))
    return;
  const auto look = [&] {
    return command.run({"-fplugin-arg-tl-dump", "-fplugin-arg-tl-remarks", "-fno-color-diagnostics",
                        "-ferror-limit=0"});
  };
  compile_result seen = look();
  const std::size_t before = found.size();
  check_headers(found, command, messages_in(seen.output));
  if (found.size() != before)
    seen = look();
  const std::vector<message> said = messages_in(seen.output);
  add_messages(found, said, "error", severity::problem,
               "docs/troubleshooting.md has an entry for each message of the plugin");
  add_messages(found, said, "warning", severity::warning, "");
  const std::vector<generated_factory> factories = read_generated(seen.output);
  check_factories(found, factories, said);
  if (seen.status != 0) {
    if (said.empty())
      found.push_back({"command", severity::problem, seen.output.substr(0, seen.output.find('\n')),
                       "try it as it is"});
    return;
  }
  if (factories.empty())
    return explain_none(found, command);
  estimate_cost(found, command, factories);
}

} // namespace tl::tool
