// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plugin's command line, and the dependency file.
//
// RUN: not %clangxx %plugin -fplugin-arg-tl-dmup -fsyntax-only %s 2>&1 | FileCheck --check-prefix=UNKNOWN %s
// UNKNOWN: error: unknown argument '-fplugin-arg-tl-dmup'; expected dump, dump=fingerprint, remarks, limit=N, shard=I/N, use=FILE, legality=off|warn|prune, absent=LIST, report=FILE, kernels=FILE, kernels-by=COMPILER, device-compiler=TEXT, device-code=clang or drop-failed
// RUN: not %clangxx %plugin -fplugin-arg-tl-shard=2/2 -fsyntax-only %s 2>&1 | FileCheck --check-prefix=SHARD %s
// SHARD: error: unknown argument '-fplugin-arg-tl-shard=2/2'
// RUN: not %clangxx %plugin -fplugin-arg-tl-limit=many -fsyntax-only %s 2>&1 | FileCheck --check-prefix=LIMIT %s
// LIMIT: error: unknown argument '-fplugin-arg-tl-limit=many'
// RUN: not %clangxx %plugin -fplugin-arg-tl-absent=1 -fplugin-arg-tl-absent=f:3-1 -fplugin-arg-tl-absent=f:x -fplugin-arg-tl-report= -fsyntax-only %s 2>&1 | FileCheck --check-prefix=ABSENT %s
// ABSENT: error: unknown argument '-fplugin-arg-tl-absent=1'
// ABSENT: error: unknown argument '-fplugin-arg-tl-absent=f:3-1'
// ABSENT: error: unknown argument '-fplugin-arg-tl-absent=f:x'
// ABSENT: error: unknown argument '-fplugin-arg-tl-report='
// RUN: %clangxx %plugin -fplugin-arg-tl-absent=all -fplugin-arg-tl-absent=f:1,3-4=why:1-2 -fplugin-arg-tl-drop-failed -fsyntax-only %s
//
// RUN: %clangxx %plugin -MD -MF %t.d -c %s -o %t.o && %filecheck --check-prefix=DEPENDS --input-file=%t.d %s
// DEPENDS: tlplugin.so
//
// __has_cpp_attribute tells whether the plugin is there, also when only preprocessing.
// RUN: %clangxx %plugin -E -P %s | %filecheck --check-prefix=WITH %s
// RUN: %clangxx -E -P %s | %filecheck --check-prefix=WITHOUT %s
// WITH: int with_the_plugin;
// WITHOUT: int without_the_plugin;

#if __has_cpp_attribute(tl::autotune)
int with_the_plugin;
#else
int without_the_plugin;
#endif
