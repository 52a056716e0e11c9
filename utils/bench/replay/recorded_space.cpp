// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "recorded_space.h"
#include "runtime/measure/statistics.h"

#include <lzma.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace tl::replay {

static std::string decompress(const std::string &packed, const std::string &path) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
    throw std::runtime_error(path + ": cannot start the xz decoder");
  stream.next_in = reinterpret_cast<const std::uint8_t *>(packed.data());
  stream.avail_in = packed.size();
  std::string out;
  std::vector<std::uint8_t> buffer(1 << 20);
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    stream.next_out = buffer.data();
    stream.avail_out = buffer.size();
    status = lzma_code(&stream, LZMA_FINISH);
    out.append(reinterpret_cast<const char *>(buffer.data()), buffer.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (status != LZMA_STREAM_END)
    throw std::runtime_error(path + ": damaged xz data");
  return out;
}

/// The text with NaN and Infinity outside of strings as null.
static std::string without_nan(const std::string &text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && quoted)
      out += text[i++];
    else if (text[i] == '"')
      quoted = !quoted;
    bool replaced = false;
    for (const std::string_view word : {"NaN", "-Infinity", "Infinity"})
      if (!quoted && !replaced && text.compare(i, word.size(), word) == 0) {
        out += "null";
        i += word.size() - 1;
        replaced = true;
      }
    if (!replaced && i < text.size())
      out += text[i];
  }
  return out;
}

/// Values that are no numbers, per place in the key.
using names = std::map<std::pair<std::size_t, std::string>, double>;

/// "16,1,fast" as numbers.
static std::vector<double> point_of(const std::string &key, names &seen) {
  std::vector<double> point;
  std::stringstream fields(key);
  for (std::string field; std::getline(fields, field, ',');) {
    double number = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
    if (error != std::errc{} || end != field.data() + field.size())
      number =
          seen.try_emplace({point.size(), field}, static_cast<double>(seen.size())).first->second;
    point.push_back(number);
  }
  return point;
}

recorded_space read_space(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    throw std::runtime_error(path + ": cannot be read");
  std::filesystem::path name = std::filesystem::path(path).filename();
  if (name.extension() == ".xz") {
    text = decompress(text, path);
    name = name.stem();
  }
  recorded_space space;
  space.name = name.stem().string();
  const auto refuse = [&](const std::string &what) {
    return std::runtime_error(path + ": not a recorded space: " + what);
  };
  nlohmann::json root;
  try {
    // Python writes NaN and Infinity, which JSON does not know; both mean that nothing was
    // measured.
    root = nlohmann::json::parse(without_nan(text));
  } catch (const nlohmann::json::exception &e) {
    throw refuse(e.what());
  }
  const auto cache = root.find("cache");
  if (!root.is_object() || cache == root.end() || !cache->is_object())
    throw refuse("found no object 'cache', expected one that maps configs to their times");
  names seen;
  for (const auto &[key, config] : cache->items()) {
    if (!config.is_object())
      throw refuse("found " + std::string(config.type_name()) + " as config '" + key +
                   "', expected an object");
    const auto time = config.find("time"), times = config.find("times");
    const std::vector<double> point = point_of(key, seen);
    if (time != config.end() && time->is_string()) {
      space.failures.push_back(time->get<std::string>());
      space.failed_points.push_back(point);
      continue;
    }
    recorded_config c;
    if (times != config.end() && times->is_array())
      for (const nlohmann::json &it : *times)
        if (it.is_number() && it.get<double>() > 0)
          c.times_ns.push_back(1e6 * it.get<double>());
    if (c.times_ns.empty() && time != config.end() && time->is_number() && time->get<double>() > 0)
      c.times_ns.push_back(1e6 * time->get<double>());
    if (c.times_ns.empty()) {
      space.failures.push_back("no time recorded");
      space.failed_points.push_back(point);
      continue;
    }
    c.point = point;
    c.median_ns = rt::measure::median(c.times_ns);
    c.first_call = c.times_ns.front() / c.median_ns;
    space.configs.push_back(std::move(c));
  }
  const auto keys = root.find("tune_params_keys");
  if (keys != root.end() && std::find(keys->begin(), keys->end(), "REPEAT") != keys->end())
    space.configs.clear();
  return space;
}

std::vector<recorded_space> read_spaces(const std::string &directory) {
  std::vector<std::string> paths;
  for (const auto &entry : std::filesystem::directory_iterator(directory)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".json") || path.ends_with(".json.xz"))
      paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<recorded_space> spaces;
  for (const std::string &path : paths) {
    recorded_space space = read_space(path);
    if (space.configs.size() > 1)
      spaces.push_back(std::move(space));
  }
  return spaces;
}

} // namespace tl::replay
