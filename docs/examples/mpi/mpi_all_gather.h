// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The all-gather that tl::set_agreement() wants, by MPI. It does not wait for a rank that is late
// or gone: operations that do not end in time are left to themselves, buffers and all, and no more
// are begun.

#ifndef TL_EXAMPLE_MPI_ALL_GATHER_H
#define TL_EXAMPLE_MPI_ALL_GATHER_H

#include <mpi.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// On a communicator of its own, so that the program's messages and these do not mix.
class mpi_all_gather {
public:
  explicit mpi_all_gather(MPI_Comm of) {
    MPI_Comm_dup(of, &among_);
    MPI_Comm_size(among_, &ranks_);
  }

  std::vector<std::string> operator()(std::string_view mine, double limit_s) const {
    const double deadline = MPI_Wtime() + limit_s;
    // Shared with nobody, and kept when an operation has to be left: it may still write there.
    auto sizes = std::make_unique<std::vector<int>>(ranks_);
    auto own = std::make_unique<int>(static_cast<int>(mine.size()));
    MPI_Request request;
    MPI_Iallgather(own.get(), 1, MPI_INT, sizes->data(), 1, MPI_INT, among_, &request);
    if (!ends(request, deadline)) {
      sizes.release();
      own.release();
      throw std::runtime_error("a rank did not come in time");
    }
    std::vector<int> offsets;
    int bytes = 0;
    for (const int size : *sizes) {
      offsets.push_back(bytes);
      bytes += size;
    }
    auto sent = std::make_unique<std::string>(mine);
    auto got = std::make_unique<std::string>(bytes, '\0');
    auto places = std::make_unique<std::vector<int>>(offsets);
    MPI_Iallgatherv(sent->data(), static_cast<int>(sent->size()), MPI_CHAR, got->data(),
                    sizes->data(), places->data(), MPI_CHAR, among_, &request);
    if (!ends(request, deadline)) {
      sizes.release();
      sent.release();
      got.release();
      places.release();
      throw std::runtime_error("a rank did not come in time");
    }
    std::vector<std::string> all;
    for (int rank = 0; rank < ranks_; ++rank)
      all.push_back(got->substr(offsets[rank], (*sizes)[rank]));
    return all;
  }

private:
  static bool ends(MPI_Request &request, double deadline) {
    while (true) {
      int done = 0;
      if (MPI_Test(&request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS)
        return false;
      if (done)
        return true;
      if (MPI_Wtime() > deadline)
        return false;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  MPI_Comm among_ = MPI_COMM_NULL;
  int ranks_ = 0;
};

#endif
