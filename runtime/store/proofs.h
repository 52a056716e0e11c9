// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows of the table of proofs. Private to the store; functions that write expect to be in a
// transaction.

#ifndef TL_RUNTIME_STORE_PROOFS_H
#define TL_RUNTIME_STORE_PROOFS_H

#include "runtime/store/database.h"
#include "runtime/store/records.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tl::rt::store {

/// In the order in which they were made, in a file of schema `version`. Rows whose checksum is
/// wrong are left out, which is said once.
std::vector<proof_record> find_proofs(connection &db, int version, const winner_key &key);

/// Writes them; a later one of the same config and facts replaces the earlier one.
void put_proofs(connection &db, std::int64_t problem_id, const winner_key &key,
                std::span<const proof_record> proofs);

/// Configs that the key's last session measured, the fastest first.
std::vector<std::string> find_measured(connection &db, const winner_key &key);

} // namespace tl::rt::store

#endif
