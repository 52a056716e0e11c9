// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variables are nobody's result: by their names, the compiler's and those of what a program
// is linked with; and what libraries keep for themselves.

#ifndef TL_RUNTIME_BACKEND_CPU_PRIVATE_STATE_H
#define TL_RUNTIME_BACKEND_CPU_PRIVATE_STATE_H

#include "runtime/backend/cpu/memory/image_symbol.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace tl::rt {

/// A static variable of a function.
bool is_local_static(const std::string &symbol);

/// What the compiler, and the libraries of a program that is linked statically, keep to themselves.
bool is_internal(const std::string &symbol);

/// A variable without a name in the image that holds the runtime: a stripped program with the
/// static runtime.
bool may_be_ours(const image_object &found, std::uintptr_t at);

/// What libraries keep for themselves. Not thread-safe.
class library_state {
public:
  /// `address`: in the image that holds the factory, of which nothing is private.
  void set_own_image(std::uintptr_t address);

  /// A library without a symbol table is not of the program's own making, and what it keeps in
  /// variables that nobody else has a name for (threads, buffers, notes) is its business.
  bool is_private(const image_object &found) const;

  /// Something of that library was found changed, and is not compared.
  void leave_out(const image_object &found);
  /// Whose state that was: "liba.so, libb.so.1", "" of none.
  std::string left_out() const;

private:
  std::uintptr_t own_image_ = 0;                 ///< where it begins; 0: not known
  mutable std::map<std::string, bool> imported_; ///< by exported variable: all files are looked at
  std::set<std::string> left_out_;
};

} // namespace tl::rt

#endif
