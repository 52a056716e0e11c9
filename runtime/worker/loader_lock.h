// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dynamic loader's locks, which a fork may take over locked.

#ifndef TL_RUNTIME_WORKER_LOADER_LOCK_H
#define TL_RUNTIME_WORKER_LOADER_LOCK_H

namespace tl::rt {

/// Whether another thread was in the loader (dlopen, dl_iterate_phdr) when the program forked this
/// process: it does not exist here, and whoever looks something up waits for it for ever. Found out
/// once for each process, by one that is forked for it, which takes a few milliseconds, or a second
/// where it is so; in a process that was not forked at once. Thread-safe.
bool loader_is_stuck();

/// What is said then.
inline constexpr const char *loader_is_stuck_text =
    "the program has forked this process while another thread of it was in the dynamic loader "
    "(dlopen, dl_iterate_phdr), whose lock nobody gives back here: fork at another time, or call "
    "exec";

} // namespace tl::rt

#endif
