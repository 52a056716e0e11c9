// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain values that go into the store and come out of it. No SQLite here.
//
// Times of day are milliseconds since 1970-01-01 UTC [ms]; measured times are nanoseconds [ns]. A
// measured time of 0 means "not measured".

#ifndef TL_RUNTIME_STORE_RECORDS_H
#define TL_RUNTIME_STORE_RECORDS_H

#include "runtime/store/schema.h"

#include <tl/abi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tl::rt::store {

/// A factory as it was compiled. (id, fingerprint, abi) identify it; the rest is for people.
struct factory_record {
  std::string id;          ///< mangled name of the specialisation
  std::string fingerprint; ///< hash of everything compiled that can change a variant's behaviour
  std::uint32_t abi =
      TL_ABI_VERSION;     ///< TL_ABI_VERSION of the headers that the program was built with
  std::string name;       ///< "ns::gemm<float>"
  std::string location;   ///< "gemm.cpp:12"
  std::string parameters; ///< "m,n,k,a,b,c"
  std::string default_config;
  std::uint32_t configs = 0;  ///< number of compiled variants
  std::int64_t last_seen = 0; ///< set by the store: when it was last tuned [ms]

  bool operator==(const factory_record &) const = default;
};

/// A device. The identity text decides whether a winner fits; the properties are for people.
struct device_record {
  std::string identity;          ///< model, arch, units, memory, power limit, driver versions
  std::string properties = "{}"; ///< JSON object

  bool operator==(const device_record &) const = default;
};

/// A factory of which no trial can tell anything, whatever the problem: it always runs its default
/// config.
struct untunable_record {
  factory_record factory;
  std::string reason;
  std::int64_t found = 0; ///< when that was found out [ms]
};

/// What a winner is looked up by.
struct winner_key {
  std::string factory;                ///< factory_record::id
  std::string fingerprint;            ///< factory_record::fingerprint
  std::uint32_t abi = TL_ABI_VERSION; ///< factory_record::abi
  std::string device;                 ///< device_record::identity
  measure_mode mode = measure_mode::hot;
  std::string problem; ///< printed problem key, "m=1024,n=1024"

  auto operator<=>(const winner_key &) const = default;
};

/// The config installed for a problem.
struct winner {
  std::string config;
  double median_ns = 0;
  double default_median_ns = 0;   ///< of the default config, in the same session
  double reference_median_ns = 0; ///< of the user's reference function
  double margin = 0;     ///< median of the runner-up divided by median_ns, minus 1; 0 when unknown
  double confidence = 0; ///< probability, 0 to 1, that no other variant is more than 1 % better
  std::string runner_up; ///< its config, "" when there was none
  winner_state state = winner_state::provisional;
  std::uint32_t trials = 0; ///< number of trials behind it
  std::int64_t updated = 0; ///< [ms]; set by the store
  std::string source;       ///< set by lookups: the file it came from, "" for this process's memory

  bool operator==(const winner &) const = default;
};

/// One variant tried on one problem.
struct trial {
  std::string config;
  trial_status status = trial_status::running;
  std::string reason; ///< one line, "" when measured
  double median_ns = 0;
  double mean_ns = 0;
  double spread_ns = 0;           ///< 1.4826 times the median absolute deviation [ns]
  std::vector<double> samples_ns; ///< raw, in the order in which they were taken
  double clock = 0; ///< median over the samples, relative to the device's nominal clock; 0: unknown
  std::string resources = "{}"; ///< JSON object: registers, spills, shared memory, occupancy
  std::int64_t started = 0;     ///< [ms]; set by the store when 0
  std::int64_t ended = 0;       ///< [ms]; set by the store when 0
  std::uint32_t attempts = 1;   ///< set by the store: how often it was started

  bool operator==(const trial &) const = default;
};

/// What a variant was found to be under certain facts of a call: see docs/validity.md.
struct proof_record {
  std::string config;
  std::string facts;                             ///< "x=64 w=null x~y=apart beta=zero"
  trial_status outcome = trial_status::measured; ///< measured: right
  std::string reason;                            ///< one line, "" when right
  std::int64_t made = 0;                         ///< [ms]; set by the store when 0

  bool operator==(const proof_record &) const = default;
};

/// One tuning session.
struct session_record {
  std::int64_t id = 0; ///< only valid in the file it was read from
  std::string uid;     ///< unique everywhere; 32 hexadecimal digits
  std::int64_t started = 0;
  std::int64_t touched = 0;  ///< last time something was written for it
  std::int64_t finished = 0; ///< 0: not finished
  session_state state = session_state::running;
  std::string host;
  std::int64_t pid = 0;
  std::uint32_t runs = 1; ///< 1 + how often it was continued
  std::uint64_t seed = 0;
  std::string options = "{}"; ///< JSON object: limits, search, profiler, environment controls
  std::string compared;       ///< "y, 64 of 64 elements changed"; "" where nothing was, or unknown

  bool operator==(const session_record &) const = default;
};

} // namespace tl::rt::store

#endif
