// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/clock.h"
#include "runtime/store/store.h"
#include "runtime/store/store_impl.h"

#include <utility>

namespace tl::rt::store {

/// First schema version with the table.
static constexpr int first_version = 4;

static std::string memory_key(const factory_record &factory) {
  return factory.id + ' ' + factory.fingerprint;
}

static constexpr const char *with_factory =
    "(SELECT id FROM factories WHERE factory = ?1 AND fingerprint = ?2 AND abi = ?3)";

std::string tuning_store::untunable(const factory_record &factory) {
  const mutex_lock lock(store_mutex());
  if (const auto kept = impl_->untunable.find(memory_key(factory)); kept != impl_->untunable.end())
    return kept->second;
  std::string reason;
  const auto ask = [&](connection &db, int version) {
    reason.clear();
    if (version < first_version)
      return;
    statement query =
        db.prepare(std::string("SELECT reason FROM untunable WHERE factory_id = ") + with_factory);
    query.bind(factory.id, factory.fingerprint, factory.abi);
    if (query.step())
      reason = query.text(0);
  };
  static_cast<void>(impl_->own.read(ask));
  for (const auto &layer : impl_->layers)
    if (reason.empty())
      static_cast<void>(layer->read(ask));
  return reason;
}

void tuning_store::note_untunable(const factory_record &factory, std::string_view reason) {
  const mutex_lock lock(store_mutex());
  const status written = impl_->write([&](connection &db) {
    statement change =
        reason.empty()
            ? db.prepare(std::string("DELETE FROM untunable WHERE factory_id = ") + with_factory)
            : db.prepare(std::string("INSERT OR REPLACE INTO untunable (factory_id, reason, found) "
                                     "SELECT id, ?4, ?5 FROM factories WHERE id = ") +
                         with_factory);
    if (reason.empty())
      change.bind(factory.id, factory.fingerprint, factory.abi);
    else
      change.bind(factory.id, factory.fingerprint, factory.abi, reason, now_ms());
    change.run();
  });
  impl_->untunable.erase(memory_key(factory));
  if (!written && !reason.empty())
    impl_->untunable.emplace(memory_key(factory), reason);
}

std::vector<untunable_record> tuning_store::list_untunable(const filter &f, rt::status *why) {
  const mutex_lock lock(store_mutex());
  std::vector<untunable_record> all;
  status asked = impl_->own.read([&](connection &db, int version) {
    all.clear();
    if (version < first_version)
      return;
    statement query = db.prepare(
        "SELECT f.factory, f.fingerprint, f.abi, f.name, f.location, f.parameters, "
        "f.default_config, f.configs, f.last_seen, u.reason, u.found FROM untunable u JOIN "
        "factories f ON f.id = u.factory_id WHERE (?1 = '' OR f.factory = ?1 OR f.name = ?1 OR "
        "f.factory GLOB ?1 OR f.name GLOB ?1) AND (?2 = '' OR f.fingerprint = ?2) ORDER BY f.id");
    query.bind(f.factory, f.fingerprint);
    while (query.step())
      all.push_back({{.id = query.text(0),
                      .fingerprint = query.text(1),
                      .abi = static_cast<std::uint32_t>(query.integer(2)),
                      .name = query.text(3),
                      .location = query.text(4),
                      .parameters = query.text(5),
                      .default_config = query.text(6),
                      .configs = static_cast<std::uint32_t>(query.integer(7)),
                      .last_seen = query.integer(8)},
                     query.text(9),
                     query.integer(10)});
  });
  if (why)
    *why = asked || asked.code() == status_code::not_found ? rt::status() : std::move(asked);
  return all;
}

void tuning_store::rest() {
  const mutex_lock lock(store_mutex());
  impl_->own.rest();
  for (const auto &layer : impl_->layers)
    layer->rest();
}

} // namespace tl::rt::store
