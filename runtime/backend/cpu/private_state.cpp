// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/private_state.h"

#include "runtime/backend/cpu/memory/own_variables.h"

namespace tl::rt {

static bool begins(const std::string &text, const char *with) { return text.rfind(with, 0) == 0; }

bool is_local_static(const std::string &symbol) { return begins(symbol, "_ZZ"); }

bool may_be_ours(const image_object &found, std::uintptr_t at) {
  return found.symbol.empty() && may_be_own_variable(at, found.base);
}

/// Counters of coverage and profiles, under names that only the compiler may give: each variant has
/// its own.
static bool counts_runs(const std::string &symbol) {
  return begins(symbol, "__prof") || begins(symbol, "__llvm_prof") ||
         begins(symbol, "__llvm_prf") || begins(symbol, "__llvm_gcov");
}

bool is_internal(const std::string &symbol) {
  return begins(symbol, "_ZGV") || begins(symbol, "_ZN2tl2rt") || begins(symbol, "_ZNSt") ||
         begins(symbol, "_ZSt") || begins(symbol, "_IO_") || symbol == "main_arena" ||
         symbol == "mp_" || symbol == "completed.0" || counts_runs(symbol);
}

void library_state::set_own_image(std::uintptr_t address) {
  if (const auto own = find_image_object(address))
    own_image_ = own->base;
}

bool library_state::is_private(const image_object &found) const {
  if (found.all_symbols || found.is_program || own_image_ == 0 || found.base == own_image_)
    return false;
  if (found.symbol.empty())
    return true;
  const auto [at, is_new] = imported_.try_emplace(found.symbol);
  if (is_new)
    at->second = is_imported(found.symbol, own_image_);
  return !at->second;
}

void library_state::leave_out(const image_object &found) {
  left_out_.insert(found.place.substr(0, found.place.rfind('+')));
}

std::string library_state::left_out() const {
  std::string names;
  for (const std::string &it : left_out_)
    names += (names.empty() ? "" : ", ") + it;
  return names;
}

} // namespace tl::rt
