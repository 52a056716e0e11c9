// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "t4.h"
#include "database.h"
#include "failure.h"
#include "foreign.h"
#include "format.h"
#include "resources.h"
#include "runtime/support/config_text.h"

#include <tl/version.h>

namespace tl::tool {

using namespace rt::store;

/// T4's word for how a trial ended.
static const char *invalidity(trial_status status) {
  switch (status) {
  case trial_status::measured:
  case trial_status::cut: // right, only too slow to be measured for long
    return "correct";
  case trial_status::wrong:
  case trial_status::inconsistent:
  case trial_status::out_of_bounds:
    return "correctness";
  case trial_status::timed_out:
    return "timeout";
  case trial_status::infeasible:
  case trial_status::not_eligible:
    return "constraints";
  default:
    return "runtime";
  }
}

/// What tools of the hub expect in place of the time of a failed configuration.
static const char *error_word(std::string_view invalidity) {
  return invalidity == "constraints" ? "InvalidConfig" : "RuntimeFailedConfig";
}

static json config_values(const std::string &config) {
  json values = json::object();
  for (const auto &[name, text] : rt::read_config(config)) {
    const json value = parse(text);
    values[name] = value.is_number() || value.is_boolean() ? value : json(rt::unquoted(text));
  }
  return values;
}

static json result(const trial &t) {
  const std::string_view word = invalidity(t.status);
  const bool correct = word == "correct";
  json runtimes = json::array();
  for (const double sample : t.samples_ns)
    runtimes.push_back(sample / 1e6);
  json measurements = json::array();
  measurements.push_back({{"name", "time"},
                          {"value", correct ? json(t.median_ns / 1e6) : json(error_word(word))},
                          {"unit", correct ? "ms" : ""}});
  measurements.push_back({{"name", "status"}, {"value", to_string(t.status)}, {"unit", ""}});
  if (!t.reason.empty())
    measurements.push_back({{"name", "reason"}, {"value", t.reason}, {"unit", ""}});
  if (t.clock > 0) // relative to the device's nominal clock
    measurements.push_back({{"name", "relative_clock"}, {"value", t.clock}, {"unit", ""}});
  for (const auto &[name, value] : resource_values(t.resources))
    measurements.push_back(
        {{"name", name}, {"value", value}, {"unit", name.ends_with("_bytes") ? "B" : ""}});
  // Variants are compiled ahead of time, and nothing but the samples is timed by itself.
  return {{"timestamp", format_timestamp(t.started)},
          {"configuration", config_values(t.config)},
          {"objectives", {"time"}},
          {"times",
           {{"compilation_time", 0.0},
            {"runtimes", std::move(runtimes)},
            {"framework", 0.0},
            {"search_algorithm", 0.0},
            {"validation", 0.0}}},
          {"invalidity", word},
          {"correctness", correct ? 1 : 0},
          {"measurements", std::move(measurements)}};
}

json to_t4(const session_bundle &bundle) {
  json results = json::array();
  for (const trial &t : bundle.trials)
    if (t.status != trial_status::running)
      results.push_back(result(t));
  return {{"schema_version", "1.1.0"},
          {"metadata",
           {{"device", device_name(bundle.device.identity)},
            {"autotuner", "TL Autotune"},
            {"autotuner_version", TL_VERSION_STRING},
            {"timestamp", format_timestamp(bundle.session.started)},
            {"timeunit", "milliseconds"},
            {"factory", bundle.factory.name},
            {"problem", bundle.problem}}},
          {"results", std::move(results)}};
}

bool is_t4(const json &document) {
  return document.is_object() && document.contains("results") && document["results"].is_array() &&
         document.contains("schema_version");
}

static trial_status status_of(const std::string &word) {
  if (word == "correct")
    return trial_status::measured;
  if (word == "correctness")
    return trial_status::wrong;
  if (word == "timeout")
    return trial_status::timed_out;
  if (word == "runtime")
    return trial_status::device_error;
  if (word == "compile" || word == "constraints")
    return trial_status::infeasible;
  throw failure(exit_file, "invalidity '" + word + "' is not known");
}

/// Nanoseconds in the document's unit of time.
static double unit_ns(const json &document) {
  const json metadata = document.value("metadata", json::object());
  const std::string unit = metadata.value("timeunit", "milliseconds");
  return unit == "nanoseconds" ? 1 : unit == "microseconds" ? 1e3 : unit == "seconds" ? 1e9 : 1e6;
}

session_bundle from_t4(const json &document, const std::string &factory, const std::string &device,
                       const std::string &problem) {
  const double ns = unit_ns(document);
  foreign_space space(factory, device, problem);
  for (const json &entry : document["results"]) {
    if (!entry.is_object() || !entry.value("configuration", json()).is_object())
      throw failure(exit_file, "a result without a configuration");
    trial t;
    for (const auto &[name, value] : entry["configuration"].items())
      t.config += (t.config.empty() ? "" : ",") + name + "=" +
                  rt::config_value(value.is_string() ? value.get<std::string>() : value.dump());
    const std::string word = entry.value("invalidity", "");
    t.status = status_of(word);
    if (t.status != trial_status::measured)
      t.reason = word;
    for (const json &sample : entry.value("times", json::object()).value("runtimes", json::array()))
      if (sample.is_number())
        t.samples_ns.push_back(sample.get<double>() * ns);
    for (const json &m : entry.value("measurements", json::array()))
      if (m.value("name", "") == "time" && m.contains("value") && m["value"].is_number())
        t.mean_ns = m["value"].get<double>() * ns;
      else if (m.value("name", "") == "reason" && m.contains("value") && m["value"].is_string())
        t.reason = m["value"];
    t.started = parse_timestamp(entry.value("timestamp", ""));
    space.add(std::move(t));
  }
  return space.finish();
}

} // namespace tl::tool
