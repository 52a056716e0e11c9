// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The space of a factory whose variants are compiled on demand, as combinations of its axes:
// numbers of which the last axis is the fastest digit. Nothing here is a list of them.

#ifndef TL_RUNTIME_DEMAND_COMBINATIONS_H
#define TL_RUNTIME_DEMAND_COMBINATIONS_H

#include <tl/abi.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::demand {

/// As thread-safe as the predicates of the space. The factory outlives it.
class combinations {
public:
  /// `also`: what else a combination has to satisfy; null: nothing.
  explicit combinations(const tl_factory &factory,
                        std::function<bool(std::uint64_t combination)> also = nullptr);

  std::uint64_t count() const { return of_.combinations; }
  bool admits(std::uint64_t combination) const {
    return of_.admits(of_.space, combination) && (!also_ || also_(combination));
  }

  /// The config's text.
  std::string text(std::uint64_t combination) const;
  /// The combination with this text, whether a predicate refuses it or not.
  std::optional<std::uint64_t> find(std::string_view text) const;

  /// An admitted one, each as likely as the others; nothing where so many draws in a row found none
  /// and none follows the last one within as many.
  std::optional<std::uint64_t> draw(std::mt19937_64 &random) const;

  /// The admitted ones that are one step away along one axis.
  std::vector<std::uint64_t> neighbors(std::uint64_t combination) const;
  /// One with a value drawn at random on `axes` axes, which are drawn, too; nothing where it is not
  /// admitted.
  std::optional<std::uint64_t> vary(std::uint64_t combination, unsigned axes,
                                    std::mt19937_64 &random) const;
  /// One with the values of either of two on each axis, drawn at random; nothing where it is not
  /// admitted.
  std::optional<std::uint64_t> cross(std::uint64_t a, std::uint64_t b,
                                     std::mt19937_64 &random) const;

  /// Which value of each axis it has, as a position on a scale from 0 to 1.
  std::vector<double> point(std::uint64_t combination) const;

private:
  const tl_on_demand &of_;
  std::function<bool(std::uint64_t)> also_;
  std::vector<std::string_view> items_;
  std::vector<std::vector<std::string_view>> texts_; ///< of each axis
};

} // namespace tl::rt::demand

#endif
