// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "transfer.h"

#include "backend.h"
#include "failure.h"
#include "format.h"
#include "json.h"

#include <algorithm>
#include <cstdio>
#include <fnmatch.h>
#include <set>

namespace tl::tool::remote {

using namespace rt::store;

/// Machines of one model whose times differ by more than this disagree.
static constexpr double agreement = 0.1;
static constexpr int longest_work_ms = 60'000;
/// Winners that go into the database in one transaction.
static constexpr std::size_t batch = 1000;

static std::unique_ptr<tuning_store> open_store(const std::string &path, bool read_only) {
  store_options options;
  options.path = path;
  options.read_only = read_only;
  options.work_ms = longest_work_ms;
  return std::make_unique<tuning_store>(options);
}

static void require(const rt::status &status) {
  if (!status)
    throw failure(exit_database, status.text());
}

static bool matches(const std::string &part, const std::string &text) {
  return part.empty() || text.find(part) != std::string::npos ||
         ::fnmatch(part.c_str(), text.c_str(), 0) == 0;
}

static bool is_wanted(const transfer_options &options, const listed_winner &w) {
  return (matches(options.factory, w.factory.name) || options.factory == w.factory.id) &&
         matches(options.device, w.device.identity);
}

int push(const settings &with, const transfer_options &options) {
  if (with.read_only)
    throw failure(exit_usage, with.shown_url() + " is only read: TL_REMOTE has the word read-only, "
                                                 "or a web address and no bearer-token");
  const auto store = open_store(options.database, true);
  rt::status why;
  const std::vector<listed_winner> winners = store->list_winners({}, &why);
  require(why);
  const auto place = open_backend(with);
  std::size_t wanted = 0, stored = 0, left_out = 0;
  for (const listed_winner &w : winners) {
    if (!is_wanted(options, w) || !(w.best.median_ns > 0))
      continue;
    if (wanted++ == options.most)
      break;
    row made{w, own_origin(with.host, w.key.device, w.best.updated)};
    if (made.winner.proofs.size() > most_proofs)
      made.winner.proofs.resize(most_proofs);
    const std::string name = object_name(w.key);
    const stored_object object = made_object(with, name, made);
    std::string reason;
    settings unsigned_too = with; // our own row; who reads it judges the signature
    unsigned_too.signers.clear();
    if (!checked(unsigned_too, name, object, reason)) {
      std::fprintf(stderr, "tltune: warning: left out: %s\n", harmless(reason).c_str());
      ++left_out;
      continue;
    }
    stored += place->put(name, made, object);
    if (w.best.state == winner_state::final)
      place->add_measurement(name, {with.host, w.best.config, w.best.median_ns, w.best.updated});
  }
  wanted = std::min(wanted, options.most);
  if (options.json)
    print({{"remote", with.shown_url()},
           {"winners", wanted},
           {"stored", stored},
           {"left_out", left_out}});
  else
    std::printf("%zu of %zu winners are new or better there\n", stored, wanted);
  return left_out == 0 ? exit_ok : exit_findings;
}

int pull(const settings &with, const transfer_options &options) {
  const auto place = open_backend(with);
  std::vector<session_bundle> bundles;
  std::size_t taken = 0, refused = 0;
  const auto store = open_store(options.database, false);
  if (store->mode() != store_mode::read_write)
    throw failure(exit_database, store->mode_reason());
  const counts before = store->count();
  const auto write = [&] {
    require(store->import(bundles));
    bundles.clear();
  };
  place->list(SIZE_MAX, [&](const std::string &name, const stored_object &object) {
    std::string why;
    std::optional<row> found = checked(with, name, object, why);
    if (!found) {
      constexpr std::size_t most_told = 10;
      if (refused++ < most_told)
        std::fprintf(stderr, "tltune: warning: left out: %s\n", harmless(why).c_str());
      return true;
    }
    listed_winner &w = found->winner;
    if (!is_wanted(options, w))
      return true;
    session_bundle only; // filled member by member: GCC 12 warns of designated initialisers here
    only.factory = std::move(w.factory);
    // A place for people; what was seen here last counts here.
    only.factory.last_seen = std::min(only.factory.last_seen, now_ms());
    only.device = std::move(w.device);
    only.mode = w.key.mode;
    only.problem = std::move(w.key.problem);
    w.best.updated = std::min(w.best.updated, now_ms());
    only.best = std::move(w.best);
    // Otherwise it is proven here, before its first use.
    if (with.trust_proofs)
      only.proofs = std::move(w.proofs);
    bundles.push_back(std::move(only));
    if (bundles.size() == batch)
      write();
    return ++taken < options.most;
  });
  write();
  rt::status why;
  const counts after = store->count(&why);
  require(why);
  if (options.json)
    print({{"remote", with.shown_url()},
           {"winners", taken},
           {"added", after.winners - before.winners},
           {"left_out", refused}});
  else
    std::printf("%zu winners were there, %lld are new here\n", taken,
                static_cast<long long>(after.winners - before.winners));
  return refused == 0 ? exit_ok : exit_findings;
}

int list(const settings &with, const transfer_options &options) {
  const auto place = open_backend(with);
  json rows = json::array();
  std::size_t refused = 0, shown = 0;
  place->list(SIZE_MAX, [&](const std::string &name, const stored_object &object) {
    std::string why;
    const std::optional<row> found = checked(with, name, object, why);
    if (!found) {
      ++refused;
      return true;
    }
    const listed_winner &w = found->winner;
    if (!is_wanted(options, w))
      return true;
    const std::vector<measurement> machines = place->measurements(name);
    std::set<std::string> configs, hosts;
    double fastest = w.best.median_ns, slowest = w.best.median_ns;
    std::string slow_host;
    for (const measurement &it : machines) {
      configs.insert(it.config);
      hosts.insert(it.host);
      if (it.median_ns > slowest) {
        slowest = it.median_ns;
        slow_host = it.host;
      }
      fastest = std::min(fastest, it.median_ns);
    }
    const bool apart = slowest > (1 + agreement) * fastest && fastest > 0;
    if (options.json) {
      json entry = to_json(w);
      entry["origin"] = {{"host", found->from.host},
                         {"user", found->from.user},
                         {"driver", found->from.driver},
                         {"measured_ms", found->from.measured_ms}};
      entry["signed"] = !object.signature.empty();
      json measured = json::array();
      for (const measurement &it : machines)
        measured.push_back({{"host", it.host},
                            {"config", it.config},
                            {"median_ns", it.median_ns},
                            {"at_ms", it.at_ms}});
      entry["measured"] = std::move(measured);
      entry["disagree"] = apart || configs.size() > 1;
      rows.push_back(std::move(entry));
    } else {
      std::printf("%s %s on %s: %s, %s; by %s, %s; %zu machine%s\n",
                  harmless(w.factory.name).c_str(), harmless(w.key.problem).c_str(),
                  harmless(w.device.identity).c_str(), harmless(w.best.config).c_str(),
                  format_time(w.best.median_ns).c_str(), describe(found->from).c_str(),
                  object.signature.empty() ? "unsigned" : "signed", hosts.size(),
                  hosts.size() == 1 ? "" : "s");
      if (configs.size() > 1) {
        std::printf("  machines of this model disagree:");
        for (const measurement &it : machines)
          std::printf(" %s: %s, %s;", harmless(it.host).c_str(), harmless(it.config).c_str(),
                      format_time(it.median_ns).c_str());
        std::printf("\n");
      }
      if (apart && !slow_host.empty())
        std::printf("  %s is slow: %s, %s elsewhere\n", harmless(slow_host).c_str(),
                    format_time(slowest).c_str(), format_time(fastest).c_str());
    }
    return ++shown < options.most;
  });
  if (options.json)
    print({{"remote", with.shown_url()}, {"winners", rows}, {"left_out", refused}});
  else if (refused != 0)
    std::fprintf(stderr,
                 "tltune: warning: %zu rows are left out: damaged, not signed as demanded, "
                 "or beyond the limits\n",
                 refused);
  return shown == 0 || refused != 0 ? exit_findings : exit_ok;
}

} // namespace tl::tool::remote
