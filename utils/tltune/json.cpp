// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "json.h"
#include "failure.h"

#include <tl/version.h>

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace tl::tool {

using namespace rt::store;

json parse(const std::string &text) {
  constexpr int deepest = 64; // what is deeper is no document of ours, and would end in recursion
  bool too_deep = false;
  json value = json::parse(
      text,
      [&](int depth, json::parse_event_t, json &) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
      },
      false);
  return too_deep ? json(json::value_t::discarded) : value;
}

/// JSON that the store keeps as text; text that is no JSON stays text.
static json embedded(const std::string &text) {
  json value = parse(text);
  return value.is_discarded() ? json(text) : value;
}

static std::string embedded_text(const json &value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

json to_json(const factory_record &factory) {
  return {{"id", factory.id},
          {"fingerprint", factory.fingerprint},
          {"abi", factory.abi},
          {"name", factory.name},
          {"location", factory.location},
          {"parameters", factory.parameters},
          {"default_config", factory.default_config},
          {"configs", factory.configs},
          {"last_seen_ms", factory.last_seen}};
}

json to_json(const device_record &device) {
  return {{"identity", device.identity}, {"properties", embedded(device.properties)}};
}

json to_json(const winner &w) {
  return {{"config", w.config},
          {"median_ns", w.median_ns},
          {"default_median_ns", w.default_median_ns},
          {"reference_median_ns", w.reference_median_ns},
          {"margin", w.margin},
          {"confidence", w.confidence},
          {"runner_up", w.runner_up},
          {"state", to_string(w.state)},
          {"trials", w.trials},
          {"updated_ms", w.updated}};
}

json to_json(const std::vector<proof_record> &proofs) {
  json list = json::array();
  for (const proof_record &p : proofs)
    list.push_back({{"config", p.config},
                    {"facts", p.facts},
                    {"outcome", to_string(p.outcome)},
                    {"reason", p.reason},
                    {"made_ms", p.made}});
  return list;
}

json to_json(const trial &t, bool samples) {
  json result{{"config", t.config},
              {"status", to_string(t.status)},
              {"reason", t.reason},
              {"median_ns", t.median_ns},
              {"mean_ns", t.mean_ns},
              {"spread_ns", t.spread_ns},
              {"samples", t.samples_ns.size()},
              {"clock", t.clock},
              {"resources", embedded(t.resources)},
              {"started_ms", t.started},
              {"ended_ms", t.ended},
              {"attempts", t.attempts}};
  if (samples)
    result["samples_ns"] = t.samples_ns;
  return result;
}

json to_json(const session_record &s) {
  return {{"uid", s.uid},
          {"started_ms", s.started},
          {"touched_ms", s.touched},
          {"finished_ms", s.finished},
          {"state", to_string(s.state)},
          {"host", s.host},
          {"pid", s.pid},
          {"runs", s.runs},
          {"compared", s.compared},
          {"seed", s.seed},
          {"options", embedded(s.options)}};
}

json to_json(const session_bundle &bundle) {
  json trials = json::array();
  for (const trial &t : bundle.trials)
    trials.push_back(to_json(t));
  return {{"factory", to_json(bundle.factory)},
          {"device", to_json(bundle.device)},
          {"mode", to_string(bundle.mode)},
          {"problem", bundle.problem},
          {"session", to_json(bundle.session)},
          {"winner", bundle.best ? to_json(*bundle.best) : json()},
          {"proofs", to_json(bundle.proofs)},
          {"trials", std::move(trials)}};
}

json to_json(const listed_winner &w) {
  return {{"factory", to_json(w.factory)}, {"device", to_json(w.device)},
          {"mode", to_string(w.key.mode)}, {"problem", w.key.problem},
          {"winner", to_json(w.best)},     {"proofs", to_json(w.proofs)}};
}

json to_json(const exported &content) {
  json sessions = json::array(), winners = json::array();
  for (const session_bundle &bundle : content.sessions)
    sessions.push_back(to_json(bundle));
  for (const listed_winner &w : content.winners)
    winners.push_back(to_json(w));
  return {{"format", "tltune"},
          {"version", 1},
          {"written_by", "tltune " TL_VERSION_STRING},
          {"sessions", std::move(sessions)},
          {"winners", std::move(winners)}};
}

/// Reads one member, which must be there and of the type that `target` has.
template <class T> static void get(const json &object, const char *name, T &target) {
  const auto found = object.find(name);
  if (found == object.end())
    throw failure(exit_file, std::string("member '") + name + "' is missing");
  try {
    found->get_to(target);
  } catch (const json::exception &error) {
    throw failure(exit_file, std::string("member '") + name + "': " + error.what());
  }
}

/// A member that holds the name of an enumerator.
template <class Enum>
static void get_enum(const json &object, const char *name, int count, Enum &target) {
  std::string text;
  get(object, name, text);
  for (int i = 0; i < count; ++i)
    if (to_string(static_cast<Enum>(i)) == text) {
      target = static_cast<Enum>(i);
      return;
    }
  throw failure(exit_file,
                std::string("member '") + name + "' is '" + text + "', which is not known");
}

static const json &child(const json &object, const char *name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_object())
    throw failure(exit_file, std::string("object '") + name + "' is missing");
  return *found;
}

static factory_record read_factory(const json &object) {
  factory_record f;
  get(object, "id", f.id);
  get(object, "fingerprint", f.fingerprint);
  get(object, "abi", f.abi);
  get(object, "name", f.name);
  get(object, "location", f.location);
  get(object, "parameters", f.parameters);
  get(object, "default_config", f.default_config);
  get(object, "configs", f.configs);
  get(object, "last_seen_ms", f.last_seen);
  return f;
}

static device_record read_device(const json &object) {
  device_record d;
  get(object, "identity", d.identity);
  d.properties = embedded_text(object.value("properties", json::object()));
  return d;
}

static winner read_winner(const json &object) {
  winner w;
  get(object, "config", w.config);
  get(object, "median_ns", w.median_ns);
  get(object, "default_median_ns", w.default_median_ns);
  get(object, "reference_median_ns", w.reference_median_ns);
  get(object, "margin", w.margin);
  get(object, "confidence", w.confidence);
  get(object, "runner_up", w.runner_up);
  get_enum(object, "state", 2, w.state);
  get(object, "trials", w.trials);
  get(object, "updated_ms", w.updated);
  return w;
}

static trial read_trial(const json &object) {
  trial t;
  get(object, "config", t.config);
  get_enum(object, "status", static_cast<int>(trial_status::stopped) + 1, t.status);
  get(object, "reason", t.reason);
  get(object, "median_ns", t.median_ns);
  get(object, "mean_ns", t.mean_ns);
  get(object, "spread_ns", t.spread_ns);
  get(object, "samples_ns", t.samples_ns);
  get(object, "clock", t.clock);
  t.resources = embedded_text(object.value("resources", json::object()));
  get(object, "started_ms", t.started);
  get(object, "ended_ms", t.ended);
  get(object, "attempts", t.attempts);
  return t;
}

static std::vector<proof_record> read_proofs(const json &entry) {
  std::vector<proof_record> proofs;
  for (const json &object : entry.value("proofs", json::array())) {
    proof_record p;
    get(object, "config", p.config);
    get(object, "facts", p.facts);
    get_enum(object, "outcome", static_cast<int>(trial_status::harness_error) + 1, p.outcome);
    get(object, "reason", p.reason);
    get(object, "made_ms", p.made);
    proofs.push_back(std::move(p));
  }
  return proofs;
}

static session_record read_session(const json &object) {
  session_record s;
  get(object, "uid", s.uid);
  get(object, "started_ms", s.started);
  get(object, "touched_ms", s.touched);
  get(object, "finished_ms", s.finished);
  get_enum(object, "state", static_cast<int>(session_state::abandoned) + 1, s.state);
  get(object, "host", s.host);
  get(object, "pid", s.pid);
  get(object, "runs", s.runs);
  if (object.contains("compared")) // not in what older versions have written
    get(object, "compared", s.compared);
  get(object, "seed", s.seed);
  s.options = embedded_text(object.value("options", json::object()));
  return s;
}

exported from_json(const json &document) {
  int version = 0;
  get(document, "version", version);
  if (version != 1)
    throw failure(exit_file, "version " + std::to_string(version) + " of the format, expected 1");
  exported content;
  for (const json &entry : document.value("sessions", json::array())) {
    session_bundle bundle;
    bundle.factory = read_factory(child(entry, "factory"));
    bundle.device = read_device(child(entry, "device"));
    get_enum(entry, "mode", 2, bundle.mode);
    get(entry, "problem", bundle.problem);
    bundle.session = read_session(child(entry, "session"));
    for (const json &t : entry.value("trials", json::array()))
      bundle.trials.push_back(read_trial(t));
    if (entry.contains("winner") && entry["winner"].is_object())
      bundle.best = read_winner(entry["winner"]);
    bundle.proofs = read_proofs(entry);
    content.sessions.push_back(std::move(bundle));
  }
  for (const json &entry : document.value("winners", json::array())) {
    listed_winner w;
    w.factory = read_factory(child(entry, "factory"));
    w.device = read_device(child(entry, "device"));
    get_enum(entry, "mode", 2, w.key.mode);
    get(entry, "problem", w.key.problem);
    w.best = read_winner(child(entry, "winner"));
    w.proofs = read_proofs(entry);
    w.key.factory = w.factory.id;
    w.key.fingerprint = w.factory.fingerprint;
    w.key.abi = w.factory.abi;
    w.key.device = w.device.identity;
    content.winners.push_back(std::move(w));
  }
  return content;
}

std::string text_of(const json &document, int indent) {
  // The library leaves DEL, the controls U+0080 to U+009F and those of the direction of writing as
  // they are, which terminals obey.
  std::string text;
  const std::string plain = document.dump(indent, ' ', false, json::error_handler_t::replace);
  const auto byte = [&plain](std::size_t at) {
    return at < plain.size() ? static_cast<unsigned char>(plain[at]) : 0u;
  };
  for (std::size_t at = 0; at < plain.size(); ++at) {
    if (byte(at) == 0x7f) {
      text += "\\u007f";
    } else if (byte(at) == 0xc2 && byte(at + 1) >= 0x80 && byte(at + 1) < 0xa0) {
      text += fmt::format("\\u{:04x}", byte(++at));
    } else if (byte(at) == 0xe2 && byte(at + 1) == 0x80 && byte(at + 2) >= 0xaa &&
               byte(at + 2) <= 0xae) {
      text += fmt::format("\\u20{:02x}", byte(at + 2) - 0x80);
      at += 2;
    } else {
      text += plain[at];
    }
  }
  return text;
}

void print(const json &document) {
  const std::string text = text_of(document, 2);
  std::printf("%s\n", text.c_str());
}

} // namespace tl::tool
