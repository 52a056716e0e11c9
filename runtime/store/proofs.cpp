// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/proofs.h"

#include "runtime/store/clock.h"
#include "runtime/store/encoding.h"
#include "runtime/store/rows.h"
#include "runtime/store/store_impl.h"
#include "runtime/support/log.h"

#include <algorithm>

namespace tl::rt::store {

/// First version that has the table.
static constexpr int proofs_since = 3;

static constexpr const char *problem_of_key =
    "(SELECT p.id FROM problems p WHERE p.factory_id = (SELECT id FROM factories WHERE factory = "
    "?1 AND fingerprint = ?2 AND abi = ?3) AND p.device_id = (SELECT id FROM devices WHERE "
    "identity = ?4) AND p.mode = ?5 AND p.problem = ?6)";

std::vector<proof_record> find_proofs(connection &db, int version, const winner_key &key) {
  std::vector<proof_record> found;
  if (version < proofs_since)
    return found;
  statement query =
      db.prepare(std::string("SELECT config, facts, outcome, reason, made, checksum FROM proofs "
                             "WHERE problem_id = ") +
                 problem_of_key + " ORDER BY id");
  query.bind(key.factory, key.fingerprint, key.abi, key.device, key.mode, key.problem);
  while (query.step()) {
    proof_record proof;
    proof.config = query.text(0);
    proof.facts = query.text(1);
    proof.outcome = static_cast<trial_status>(query.integer(2));
    proof.reason = query.text(3);
    proof.made = query.integer(4);
    if (query.integer(5) == proof_checksum(key, proof))
      found.push_back(std::move(proof));
    else
      warn_once("damaged proof", "a stored proof does not match its checksum: it is not used");
  }
  return found;
}

void put_proofs(connection &db, std::int64_t problem_id, const winner_key &key,
                std::span<const proof_record> proofs) {
  statement insert =
      db.prepare("INSERT INTO proofs (problem_id, config, facts, outcome, reason, made, checksum) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (problem_id, config, facts) DO "
                 "UPDATE SET outcome = excluded.outcome, reason = excluded.reason, made = "
                 "excluded.made, checksum = excluded.checksum WHERE excluded.made >= made");
  for (proof_record proof : proofs) {
    proof.made = proof.made != 0 ? proof.made : now_ms();
    insert.bind(problem_id, proof.config, proof.facts, proof.outcome, proof.reason, proof.made,
                proof_checksum(key, proof));
    insert.run();
  }
}

std::vector<std::string> find_measured(connection &db, const winner_key &key) {
  statement query = db.prepare(
      std::string("SELECT config FROM trials WHERE status = ?7 AND session_id = (SELECT "
                  "id FROM sessions WHERE problem_id = ") +
      problem_of_key + " ORDER BY touched DESC, id DESC LIMIT 1) ORDER BY median_ns, id");
  query.bind(key.factory, key.fingerprint, key.abi, key.device, key.mode, key.problem,
             trial_status::measured);
  std::vector<std::string> found;
  while (query.step())
    found.push_back(query.text(0));
  return found;
}

// --- The public functions ------------------------------------------------------------------------

std::vector<proof_record> tuning_store::proofs(const winner_key &key) {
  const mutex_lock lock(store_mutex());
  std::vector<proof_record> all;
  if (const auto kept = impl_->unwritten_proofs.find(key); kept != impl_->unwritten_proofs.end())
    all = kept->second.proofs;
  const auto ask = [&](database_file &file) {
    std::vector<proof_record> found;
    if (file.read([&](connection &db, int version) { found = find_proofs(db, version, key); }))
      all.insert(all.end(), found.begin(), found.end());
  };
  ask(impl_->own);
  for (const auto &layer : impl_->layers)
    ask(*layer);
  return all;
}

std::vector<std::string> tuning_store::measured(const winner_key &key) {
  const mutex_lock lock(store_mutex());
  std::vector<std::string> found;
  const auto ask = [&](database_file &file) {
    if (found.empty())
      (void)file.read([&](connection &db, int) { found = find_measured(db, key); });
  };
  ask(impl_->own);
  for (const auto &layer : impl_->layers)
    ask(*layer);
  return found;
}

void tuning_store::impl::write_proofs(connection &db, const session_request &what,
                                      std::span<const proof_record> proofs) {
  if (proofs.empty())
    return;
  const winner_key key = what.key();
  const std::int64_t problem =
      ensure_problem(db, what.factory, what.device, what.mode, what.problem, now_ms());
  if (const auto kept = unwritten_proofs.find(key); kept != unwritten_proofs.end())
    put_proofs(db, problem, key, kept->second.proofs);
  put_proofs(db, problem, key, proofs);
}

void tuning_store::impl::keep_proofs(const winner_key &key, std::span<const proof_record> proofs) {
  if (proofs.empty())
    return;
  auto &kept = unwritten_proofs[key].proofs;
  kept.insert(kept.end(), proofs.begin(), proofs.end());
}

status tuning_store::add_proofs(const session_request &what, std::span<const proof_record> proofs) {
  if (proofs.empty())
    return status::ok();
  const mutex_lock lock(store_mutex());
  status written = impl_->write([&](connection &db) { impl_->write_proofs(db, what, proofs); });
  if (written)
    impl_->unwritten_proofs.erase(what.key());
  else
    impl_->keep_proofs(what.key(), proofs);
  return written;
}

} // namespace tl::rt::store
