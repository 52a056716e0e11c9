// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranks that agree: each one finds other configs fast, and all run the same one.
//
//   mpirun -n 4 agree
//
// `agree die` ends rank 3 in the middle, without a word, to show that nobody waits for it for ever.

#include "mpi_all_gather.h"

#include <tl/agreement.h>
#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 3, 4});

static int rank = 0;

/// How long a variant takes is made up, so that ranks find different ones fastest: 2 is the best on
/// rank 0, 3 on rank 1, and so on; 4 is never the best and never far from it.
static void take_time(int unroll) {
  const int best = 1 + (rank + 1) % 3;
  const int us = unroll == 4 ? 400 : unroll == best ? 200 : 1600;
  std::this_thread::sleep_for(std::chrono::microseconds(us));
}

template <config C = config{}>
[[tl::autotune(configs = space, timeout = 20, budget = 10, rep = 5)]] void
    scale(int n, const float *from, float *to, tl::scratch<int> who) {
  take_time(C.unroll);
  for (int i = 0; i < n; ++i)
    to[i] = 2 * from[i];
  *who.data() = C.unroll;
}

static int call(int n) {
  std::vector<float> from(n, 1.0f), to(n);
  int who = 0;
  scale(n, from.data(), to.data(), tl::scratch<int>(&who, 1));
  for (const float it : to)
    if (it != 2.0f)
      return -1;
  return who;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  int ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const bool dies = argc > 1 && std::strcmp(argv[1], "die") == 0;
  // Each rank pretends to be a machine of its own.
  if (const char *cache = std::getenv("TL_CACHE_DIR"))
    setenv("TL_CACHE_DIR", (std::string(cache) + "/rank" + std::to_string(rank)).c_str(), 1);
  const double limit_s = dies ? 20 : 120;
  // snippet: set
  // On all ranks, before the first tuned call.
  tl::set_agreement(mpi_all_gather(MPI_COMM_WORLD), limit_s);
  // end
  for (const int n : {100, 200}) {
    if (dies && rank == ranks - 1 && n == 200)
      _exit(0); // as if its machine were gone
    const int mine = call(n);
    if (dies && n == 200) {
      std::printf("rank %d goes on with %d\n", rank, mine);
      std::fflush(stdout);
      _exit(0); // MPI itself does not survive the loss of a rank
    }
    std::vector<int> all(ranks);
    MPI_Gather(&mine, 1, MPI_INT, all.data(), 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (rank == 0) {
      bool same = true;
      for (const int it : all)
        same = same && it == all[0];
      std::printf("n=%d: %d ranks, %s, unroll=%d\n", n, ranks,
                  same && mine > 0 ? "all the same" : "DIFFERENT", all[0]);
      std::fflush(stdout);
    }
  }
  MPI_Finalize();
}
