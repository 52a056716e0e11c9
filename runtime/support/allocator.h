// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whose malloc() this process has. Asked of a block, not of the loader: in a program that is linked
// to fixed addresses and takes malloc's, the loader says that the program has one of its own
// (Debian's python3 is such a program).

#ifndef TL_RUNTIME_SUPPORT_ALLOCATOR_H
#define TL_RUNTIME_SUPPORT_ALLOCATOR_H

namespace tl::rt {

/// Whether this process's malloc() is another one than glibc's. False under a sanitizer, which
/// knows each block. Thread-safe; asked once.
bool has_foreign_allocator();

} // namespace tl::rt

#endif
