// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_identity.h"

#include "runtime/backend/cpu/cpu_caches.h"
#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sched.h>
#include <set>
#include <string_view>
#include <sys/utsname.h>

namespace tl::rt {
namespace {

struct processor_info {
  std::map<std::string, std::string> fields;                ///< of the first processor
  std::map<int, std::pair<std::string, std::string>> place; ///< processor -> (package, core)
};

} // namespace

static std::string trimmed(const std::string &text) {
  const std::size_t first = text.find_first_not_of(" \t");
  const std::size_t last = text.find_last_not_of(" \t");
  return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
}

static processor_info read_cpuinfo(const std::string &path) {
  processor_info info;
  const std::string text = read_small_file(path);
  int processor = -1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, newline - at);
    at = newline + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos)
      continue;
    const std::string key = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (key == "processor")
      processor = std::atoi(value.c_str());
    else if (key == "physical id")
      info.place[processor].first = value;
    else if (key == "core id")
      info.place[processor].second = value;
    info.fields.emplace(key, value);
  }
  return info;
}

static std::string field(const processor_info &info, std::initializer_list<const char *> names) {
  for (const char *name : names)
    if (const auto found = info.fields.find(name); found != info.fields.end())
      return found->second;
  return {};
}

// The extensions that compilers and libraries choose code by; the kernel's list has many more that
// change with its version (mitigations, virtualisation).
static std::string extensions(const processor_info &info) {
  static constexpr std::string_view counted[] = {
      "sse2",     "sse4_1",      "sse4_2",      "popcnt",      "avx",      "f16c",     "fma",
      "avx2",     "bmi1",        "bmi2",        "avx512f",     "avx512bw", "avx512cd", "avx512dq",
      "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_int8",
      "amx_bf16", "amx_fp16",    "neon",        "asimd",       "asimdhp",  "asimddp",  "sve",
      "sve2",     "bf16",        "i8mm",        "fphp",        "sme",
  };
  const std::string words = field(info, {"flags", "Features", "isa"});
  std::set<std::string> found;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t space = std::min(words.find(' ', at), words.size());
    const std::string word = words.substr(at, space - at);
    at = space + 1;
    if (std::ranges::find(counted, word) != std::end(counted))
      found.insert(word);
  }
  return fmt::format("{}", fmt::join(found, " "));
}

static std::pair<std::size_t, std::size_t> visible_cores_and_threads(const processor_info &info) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return {info.place.size(), info.place.size()};
  std::set<std::pair<std::string, std::string>> cores;
  for (const auto &[processor, place] : info.place)
    if (processor >= 0 && processor < CPU_SETSIZE && CPU_ISSET(processor, &allowed))
      cores.insert(place);
  const auto threads = static_cast<std::size_t>(CPU_COUNT(&allowed));
  return {cores.empty() ? threads : cores.size(), threads};
}

static std::string cache_text(const std::string &sys) {
  std::string text;
  for (const cpu_cache &cache : read_caches(sys)) {
    if (cache.type == "Instruction")
      continue;
    if (!text.empty())
      text += ' ';
    text += fmt::format("L{}={}K", cache.level, cache.bytes >> 10);
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> cpu_identity(const std::string &proc,
                                                              const std::string &sys) {
  const processor_info info = read_cpuinfo(proc + "/cpuinfo");
  utsname name{};
  ::uname(&name);
  const auto [cores, threads] = visible_cores_and_threads(info);
  return {
      {"arch", name.machine},
      {"model", field(info, {"model name", "Processor", "CPU part", "uarch"})},
      {"stepping", field(info, {"stepping", "CPU revision"})},
      {"cores", fmt::format("{}", cores)},
      {"threads", fmt::format("{}", threads)},
      {"caches", cache_text(sys)},
      {"isa", extensions(info)},
  };
}

} // namespace tl::rt
