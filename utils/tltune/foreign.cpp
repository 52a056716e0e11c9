// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "foreign.h"
#include "failure.h"
#include "format.h"
#include "runtime/support/config_text.h"
#include "statistics.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <tuple>

namespace tl::tool {

using namespace rt::store;

foreign_space::foreign_space(std::string factory, std::string device, std::string problem) {
  bundle_.factory.name = std::move(factory);
  bundle_.factory.id = "imported:" + bundle_.factory.name;
  bundle_.device.identity = std::move(device);
  bundle_.problem = std::move(problem);
  bundle_.mode = measure_mode::hot;
  bundle_.session.state = session_state::finished;
}

void foreign_space::add(trial t) {
  if (!t.samples_ns.empty()) {
    t.median_ns = median(t.samples_ns);
    t.mean_ns = std::accumulate(t.samples_ns.begin(), t.samples_ns.end(), 0.0) /
                static_cast<double>(t.samples_ns.size());
    t.spread_ns = spread(t.samples_ns);
  } else {
    t.median_ns = t.mean_ns;
  }
  if (t.status == trial_status::measured && !(t.median_ns > 0))
    throw failure(exit_file, "config '" + t.config + "' is said to be correct and has no time");
  t.ended = t.started;
  bundle_.trials.push_back(std::move(t));
}

session_bundle foreign_space::finish() {
  if (bundle_.trials.empty())
    throw failure(exit_file, "no configuration in the file");
  std::string content = bundle_.factory.id + bundle_.device.identity + bundle_.problem;
  std::vector<const trial *> measured;
  session_record &session = bundle_.session;
  for (const trial &t : bundle_.trials) {
    content += '\n' + t.config + ' ' + std::to_string(t.mean_ns) + t.reason;
    if (t.status == trial_status::measured)
      measured.push_back(&t);
    if (t.started != 0)
      session.started = session.started == 0 ? t.started : std::min(session.started, t.started);
    session.finished = std::max(session.finished, t.ended);
  }
  if (session.started == 0)
    session.started = session.finished = 1; // 0 means "not": the file has no times of day
  session.touched = session.finished;
  session.uid = hash_text(content);
  bundle_.factory.fingerprint = hash_text(bundle_.factory.id);
  bundle_.factory.configs = static_cast<std::uint32_t>(bundle_.trials.size());
  bundle_.factory.last_seen = session.finished;
  std::sort(measured.begin(), measured.end(), [](const trial *a, const trial *b) {
    return std::tie(a->median_ns, a->config) < std::tie(b->median_ns, b->config);
  });
  if (!measured.empty()) {
    winner best;
    best.config = measured[0]->config;
    best.median_ns = measured[0]->median_ns;
    best.state = winner_state::final;
    best.trials = static_cast<std::uint32_t>(bundle_.trials.size());
    best.updated = session.finished;
    if (measured.size() > 1) {
      best.runner_up = measured[1]->config;
      best.margin = measured[1]->median_ns / measured[0]->median_ns - 1;
    }
    bundle_.best = best;
  }
  return std::move(bundle_);
}

bool is_kernel_tuner(const json &document) {
  return document.is_object() && document.value("cache", json()).is_object() &&
         document.value("tune_params_keys", json()).is_array();
}

/// "4096x4096" from a number or an array of numbers.
static std::string size_text(const json &size) {
  if (!size.is_array())
    return size.is_string() ? size.get<std::string>() : size.dump();
  std::string text;
  for (const json &part : size)
    text += (text.empty() ? "" : "x") + part.dump();
  return text;
}

/// How Kernel Tuner writes that a configuration failed: a word in place of the time.
static void set_failure(trial &t, const std::string &word) {
  if (word == "CompilationFailedConfig") {
    t.status = trial_status::infeasible;
    t.reason = "does not compile";
  } else if (word == "InvalidConfig") {
    t.status = trial_status::infeasible;
    t.reason = "not a valid configuration";
  } else if (word == "RuntimeFailedConfig") {
    t.status = trial_status::device_error;
    t.reason = "failed to launch or to run";
  } else {
    t.status = trial_status::harness_error;
    t.reason = word;
  }
}

session_bundle from_kernel_tuner(const json &document, const std::string &fallback_device) {
  const std::string device = document.value("device_name", "");
  const json size = document.value("problem_size", json());
  foreign_space space(document.value("kernel_name", "kernel"),
                      device.empty() ? fallback_device : device,
                      size.is_null() ? "" : "size=" + size_text(size));
  const json &keys = document["tune_params_keys"];
  for (const auto &[name, entry] : document["cache"].items()) {
    trial t;
    for (const json &key : keys) {
      const auto value = entry.find(key.get<std::string>());
      if (value == entry.end())
        throw failure(exit_file,
                      "configuration '" + name + "' has no '" + key.get<std::string>() + "'");
      t.config += (t.config.empty() ? "" : ",") + key.get<std::string>() + "=" +
                  rt::config_value(value->is_string() ? value->get<std::string>() : value->dump());
    }
    const json time = entry.value("time", json());
    if (time.is_number()) {
      t.status = trial_status::measured;
      t.mean_ns = time.get<double>() * 1e6;
      for (const json &sample : entry.value("times", json::array()))
        t.samples_ns.push_back(sample.get<double>() * 1e6);
    } else if (time.is_string()) {
      set_failure(t, time.get<std::string>());
    } else {
      throw failure(exit_file, "configuration '" + name + "' has no time");
    }
    t.started = parse_timestamp(entry.value("timestamp", ""));
    space.add(std::move(t));
  }
  return space.finish();
}

std::int64_t parse_timestamp(const std::string &text) {
  std::tm parts{};
  int milliseconds = 0;
  char separator = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%d%c%d:%d:%d.%3d", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &separator, &parts.tm_hour, &parts.tm_min, &parts.tm_sec,
                  &milliseconds) < 7)
    return 0;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return static_cast<std::int64_t>(timegm(&parts)) * 1000 + milliseconds;
}

std::string format_timestamp(std::int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32], text[48];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%03d000+00:00", date, static_cast<int>(ms % 1000));
  return text;
}

} // namespace tl::tool
