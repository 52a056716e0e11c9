// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keeps files of the runtime from becoming standard streams of a program that has closed its own.

#ifndef TL_RUNTIME_SUPPORT_STANDARD_STREAMS_H
#define TL_RUNTIME_SUPPORT_STANDARD_STREAMS_H

namespace tl::rt {

/// While one lives, descriptors 0 to 2 are taken: where they are closed, by placeholders that fail
/// as closed ones do when they are read or written. Whoever opens a file meanwhile gets none of
/// them. Thread-safe; what the program itself puts there stays.
class standard_streams_guard {
public:
  standard_streams_guard() noexcept;
  ~standard_streams_guard();
  standard_streams_guard(const standard_streams_guard &) = delete;
  standard_streams_guard &operator=(const standard_streams_guard &) = delete;
};

/// Whether a guard has found descriptor 2 closed: what is there by now is a file of the program,
/// and no place for messages.
bool standard_error_is_gone() noexcept;

} // namespace tl::rt

#endif
