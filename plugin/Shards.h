// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-shard=i/n: one source compiled n times, each time with its part of the variants.
//
// Shard 0 is the ordinary object, but for the variants of the others, which it only declares. The
// others define their variants and nothing else that the program must have once: functions and
// variables with external linkage become references to those of shard 0. Dispatchers that only a
// variant's body asks for are defined, with all of their variants, wherever they are asked for; the
// linker merges them.

#ifndef TL_PLUGIN_SHARDS_H
#define TL_PLUGIN_SHARDS_H

#include "plugin/Session.h"

namespace tlplugin {

/// Whether the variants of D are divided up.
bool isSharded(const Session &T, const Dispatcher &D);

/// Whether this shard defines the tables and the dispatcher of D.
bool definesDispatcher(const Session &T, const Dispatcher &D);

/// Takes D out of what a shard other than the first defines.
void leaveToFirstShard(Session &T, clang::Decl *D);

/// Refuses what would exist once per shard. Called at the end.
void checkShard(Session &T);

/// Makes a variant one that this shard defines whether it uses it or not, or one that it only
/// declares.
void placeVariant(Session &T, clang::FunctionDecl *FD, bool Mine, clang::SourceLocation Loc);

} // namespace tlplugin

#endif
