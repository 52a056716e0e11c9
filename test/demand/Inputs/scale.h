// What the tests of this folder compile on demand: 256 combinations, of which 208 are admitted.

#ifndef SCALE_H
#define SCALE_H

#include <cstdio>
#include <tl/autotune.h>
#include <vector>

struct config {
  int tile = 8;
  int unroll = 1;
  bool slow = true;
  int kind = 0;
};
constexpr auto all = tl::space<config>()
                         .axis(&config::tile, {1, 2, 4, 8, 16, 32, 64, 128})
                         .axis(&config::unroll, {1, 2, 4, 8})
                         .axis(&config::slow, {false, true})
                         .axis(&config::kind, {0, 1, 2, 3})
                         .where([](config c) { return c.tile >= c.unroll; });

/// Takes time that the compiler cannot take away.
inline void waste(int n) {
  for (int i = 0; i < n; ++i)
    asm volatile("" ::: "memory");
}

#endif
