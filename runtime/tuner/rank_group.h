// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ranks of a job that are to run the same variants, by way of the all-gather that the program
// has handed over.

#ifndef TL_RUNTIME_TUNER_RANK_GROUP_H
#define TL_RUNTIME_TUNER_RANK_GROUP_H

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace tl::rt {

class rank_group {
public:
  /// Receives everybody's bytes in the order of the ranks, the caller's own among them. False where
  /// that was not possible within the limit [s].
  using all_gather =
      std::function<bool(std::string_view mine, double limit_s, std::vector<std::string> &all)>;

  /// From now on; an empty function ends it. Not while another thread is in a call.
  void set(all_gather gather, double limit_s);

  /// Whether calls have to be agreed on. In a forked child they have not: it is no rank.
  bool is_set() const;

  /// One exchange. Empty where it failed: then all later ones fail at once, since nobody knows any
  /// more who is at which. `why` says it in words.
  std::vector<std::string> exchange(std::string_view mine, std::string &why);

  /// The program's own; never destroyed.
  static rank_group &of_program();

private:
  std::mutex guard_; ///< one exchange at a time
  all_gather gather_;
  double limit_s_ = 0;
  pid_t process_ = 0;
  std::string broken_; ///< why there are no more exchanges, "": there are
};

} // namespace tl::rt

#endif
