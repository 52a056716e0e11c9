// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "recorded_space.h"
#include "runtime/measure/statistics.h"

#include <lzma.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

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
  try {
    const nlohmann::json root = nlohmann::json::parse(text);
    for (const nlohmann::json &config : root.at("cache")) {
      const nlohmann::json &time = config.at("time");
      if (time.is_string()) {
        space.failures.push_back(time.get<std::string>());
        continue;
      }
      recorded_config c;
      const auto times = config.find("times");
      if (times != config.end() && times->is_array() && !times->empty())
        c.times_ns = times->get<std::vector<double>>();
      else
        c.times_ns.push_back(time.get<double>());
      for (double &t : c.times_ns)
        t *= 1e6;
      c.median_ns = rt::measure::median(c.times_ns);
      c.first_call = c.times_ns.front() / c.median_ns;
      if (c.median_ns > 0)
        space.configs.push_back(std::move(c));
    }
    const auto keys = root.find("tune_params_keys");
    if (keys != root.end() && std::find(keys->begin(), keys->end(), "REPEAT") != keys->end())
      space.configs.clear();
  } catch (const nlohmann::json::exception &e) {
    throw std::runtime_error(path + ": not a recorded space: " + e.what());
  }
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
