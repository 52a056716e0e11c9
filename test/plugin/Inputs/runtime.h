// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A runtime for tests of the plugin alone: it never tunes and runs the variant whose number is in
// RUN, the default one without. With LIST set it lists what was registered.

#ifndef TL_TEST_PLUGIN_RUNTIME_H
#define TL_TEST_PLUGIN_RUNTIME_H

#include <tl/abi.h>

#include <cstdio>
#include <cstdlib>

extern "C" inline void tl_rt_register(const tl_factory *factory, void *) {
  if (!std::getenv("LIST"))
    return;
  // Each file that calls a factory registers it.
  static const tl_factory *known[64];
  for (const tl_factory *&it : known) {
    if (it == factory)
      return;
    if (!it) {
      it = factory;
      break;
    }
  }
  std::printf("registered %s\n", factory->name);
  for (unsigned i = 0; i < factory->variant_count; ++i)
    std::printf("  %u: %s%s\n", i, factory->configs[i],
                i == factory->default_variant ? " (default)" : "");
}
extern "C" inline uint32_t tl_rt_find(const tl_dispatch_slot *, const uint64_t *, uint32_t) {
  return UINT32_MAX;
}
extern "C" inline uint32_t tl_rt_resolve(const tl_factory *factory, const tl_call *) {
  const char *run = std::getenv("RUN");
  return run ? static_cast<uint32_t>(std::atoi(run)) % factory->variant_count
             : factory->default_variant;
}
extern "C" inline void *tl_rt_select(const tl_factory *factory, void *const *, tl_last_call *) {
  return static_cast<void *const *>(factory->functions)[tl_rt_resolve(factory, nullptr)];
}
extern "C" inline uint32_t tl_rt_find_for(const tl_factory *, const uint64_t *, void *const *) {
  return UINT32_MAX;
}
extern "C" inline uint32_t tl_rt_refused(const tl_factory *, const tl_call *, uint32_t) {
  return UINT32_MAX;
}
extern "C" inline void *tl_rt_reselect(const tl_factory *, void *const *, void *) { return nullptr; }
extern "C" inline void tl_rt_rebase_pointer(void *, void *) {}
extern "C" inline void tl_rt_make_key(const tl_factory *, void *const *, uint64_t *) {}
extern "C" inline void tl_rt_make_call(const tl_factory *, void *const *, tl_call *,
                                       uint64_t *, void (*)(void *, const char *), void *) {}
extern "C" inline void tl_rt_warn_not_compiled(const tl_factory *, uint64_t) {}
extern "C" inline const char *tl_rt_last_error() { return ""; }
extern "C" inline uint32_t tl_rt_abi_version() { return TL_ABI_VERSION; }

#endif
