// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A place for winners outside of this machine: a web server or PostgreSQL. Nothing here judges
// what it finds there; documents and signatures are texts.

#ifndef TL_TOOL_REMOTE_BACKEND_H
#define TL_TOOL_REMOTE_BACKEND_H

#include "document.h"
#include "settings.h"

#include "runtime/remote/fleet.h"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tl::tool::remote {

/// The place cannot be used now, or not in this way.
struct unreachable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct stored_object {
  std::string text, signature;
};

/// What one machine found for one problem, whether or not that was the best.
struct measurement {
  std::string host, config;
  double median_ns = 0;
  std::int64_t at_ms = 0;
};

struct lease_result {
  enum class outcome { granted, held, unsupported };
  outcome state = outcome::unsupported;
  std::string text; ///< the holder, or why there are none
};

/// Every function may be called by several threads at once, ends within some seconds, and throws
/// unreachable.
class backend {
public:
  virtual ~backend() = default;

  virtual std::optional<stored_object> get(const std::string &name) = 0;
  /// Stores a winner unless a better one is there. Whether it was stored.
  virtual bool put(const std::string &name, const row &what, const stored_object &object) = 0;
  /// A lease that is ours is prolonged.
  virtual lease_result lease(const std::string &name, const std::string &holder, int seconds) = 0;
  virtual void release(const std::string &name, const std::string &holder) = 0;
  virtual void add_measurement(const std::string &name, const measurement &made) = 0;
  /// Trials are for whoever analyses them; a place may have none.
  virtual void add_trials(const std::string &name, const rt::remote::finding &found) = 0;
  virtual std::vector<measurement> measurements(const std::string &name) = 0;
  /// Calls `each` for every object, at most `most`; a false answer ends it.
  virtual void
  list(std::size_t most,
       const std::function<bool(const std::string &name, const stored_object &)> &each) = 0;
};

std::unique_ptr<backend> open_web(const settings &with);
std::unique_ptr<backend> open_postgres(const settings &with);

inline std::unique_ptr<backend> open_backend(const settings &with) {
  return with.is_postgres() ? open_postgres(with) : open_web(with);
}

/// The winner, checked against limits, name and signature. Nothing where it must not be used, and
/// `why` says so.
std::optional<row> checked(const settings &with, const std::string &name,
                           const stored_object &object, std::string &why);

/// A winner as it is written, signed where there is a key.
stored_object made_object(const settings &with, const std::string &name, const row &what);

} // namespace tl::tool::remote

#endif
