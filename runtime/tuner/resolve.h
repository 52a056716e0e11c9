// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variant runs for a call whose key no dispatcher table holds yet.

#ifndef TL_RUNTIME_TUNER_RESOLVE_H
#define TL_RUNTIME_TUNER_RESOLVE_H

#include "runtime/tuner/session.h"

#include <tl/abi.h>

#include <cstdint>

namespace tl::rt {

/// In this order: TL_FORCE_CONFIG; the stored winner; what TL_TUNE says (tune now, the nearest
/// problem's winner, the default config, or the end of the program). A winner that is not proven
/// for the facts of this call is checked first, once; see proving.h. Installs the answer unless it
/// holds for this call only (a stream is being captured, a worker is running, a session of this
/// thread has called code that made this call). Whoever asks while another thread of this process
/// is finding the answer gets the same one. Leaves the calling thread as thread_guard says.
/// Thread-safe.
std::uint32_t resolve(const tl_factory &factory, const tl_call &call);

/// See tl_rt_refused. Thread-safe.
std::uint32_t refused(const tl_factory &factory, const tl_call &call, std::uint32_t variant);

/// A session that the program asked for, and what it was about.
struct explicit_result {
  session_result session;
  store::session_request request;
};

/// Tunes now, whatever is stored, and replaces the stored and the installed winner. Thread-safe.
explicit_result tune_explicitly(const tl_factory &factory, const tl_call &call);

} // namespace tl::rt

#endif
