// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The trial engine of GPUs on a device that is not there: its memory is the host's, its kernels are
// the runtime's own, compiled for the host. So what is copied, poisoned, guarded and compared is
// tested on every machine.

#include "runtime/backend/gpu/engine.h"
#include "runtime/backend/gpu/kernels.cu"
#include "runtime/backend/gpu/problem.h"
#include "runtime/backend/gpu/take_apart.h"

#include "test/utils/handwritten.h"

#include <tl/autotune.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <thread>
#include <vector>

namespace {

using tl::rt::status;
using tl::rt::trial_status;
using tl::rt::verdict;
namespace gpu = tl::rt::gpu;

/// Runs everything at once, on the spot.
class pretended_device final : public gpu::device {
public:
  ~pretended_device() override {
    for (const auto &[base, bytes] : blocks_)
      std::free(reinterpret_cast<void *>(base));
  }
  void use_default_stream() override {}
  void *stream() override { return this; }
  gpu::memory_info inspect(const void *pointer) override {
    const gpu::address at = gpu::address_of(pointer);
    auto after = blocks_.upper_bound(at);
    if (after == blocks_.begin())
      return {};
    --after;
    if (at >= after->first + after->second)
      return {};
    return {gpu::place::exportable, after->first, after->second};
  }
  status allocate(std::uint64_t bytes, gpu::address &to) override {
    to = gpu::address_of(std::malloc(bytes));
    blocks_[to] = bytes;
    return status::ok();
  }
  void release(gpu::address of) override {
    if (blocks_.erase(of) != 0)
      std::free(reinterpret_cast<void *>(of));
  }
  status export_memory(gpu::address, gpu::ipc_handle &) override { return status::ok(); }
  status import_memory(const gpu::ipc_handle &, gpu::address &) override {
    return status::unsupported("no");
  }
  void close_memory(gpu::address) override {}
  status copy(gpu::address to, gpu::address from, std::uint64_t bytes) override {
    std::memmove(reinterpret_cast<void *>(to), reinterpret_cast<const void *>(from), bytes);
    return status::ok();
  }
  status fill(gpu::address to, unsigned char byte, std::uint64_t bytes) override {
    std::memset(reinterpret_cast<void *>(to), byte, bytes);
    return status::ok();
  }
  status flush_cache() override {
    ++flushes;
    std::this_thread::sleep_for(flush_takes);
    return status::ok();
  }
  status synchronize() override { return status::ok(); }
  status wait_for_caller(void *) override { return status::ok(); }
  status compare(const gpu::compare_parameters &p, gpu::address result) override {
    tl_compare(p, reinterpret_cast<gpu::compare_result *>(result));
    return status::ok();
  }
  status guard(gpu::address zone, std::uint64_t bytes, gpu::address result) override {
    tl_guard(zone, bytes, reinterpret_cast<gpu::guard_result *>(result));
    return status::ok();
  }
  status spin(std::uint64_t, gpu::address) override { return status::ok(); }
  status supply(const tl::rt::supply_parameters &p) override {
    tl_supply(p);
    return status::ok();
  }
  status begin_kernel_times() override { return status::unsupported("there is no profiler"); }
  status end_kernel_times(double &) override { return status::ok(); }
  status stamp(std::size_t index) override {
    if (index >= stamps_.size())
      stamps_.resize(index + 1);
    stamps_[index] = std::chrono::steady_clock::now();
    return status::ok();
  }
  status elapsed(std::size_t from, std::size_t to, double &ns) override {
    ns = std::chrono::duration<double, std::nano>(stamps_.at(to) - stamps_.at(from)).count();
    return status::ok();
  }
  status begin_capture() override { return status::ok(); }
  status end_capture(std::size_t) override { return status::ok(); }
  status replay(std::size_t) override { return status::ok(); }
  void drop_captures() override {}
  bool watch_launches() override { return false; }
  gpu::launch_report launches_seen() override { return {}; }
  bool lost() const override { return false; }
  double nominal_ghz() const override { return 0; }

  int flushes = 0;
  std::chrono::milliseconds flush_takes{0};

private:
  std::map<gpu::address, std::uint64_t> blocks_;
  std::vector<std::chrono::steady_clock::time_point> stamps_;
};

enum class habit { good, wrong, forgetful, idle, past_the_end, before_the_start, fickle, throws };
int fickle_runs = 0;

template <habit H> void twice(int n, const float *x, float *y) {
  if (H == habit::throws)
    throw 1;
  if (H == habit::idle)
    return;
  for (int i = 0; i < n; ++i)
    if (H != habit::forgetful || i != 5)
      y[i] = 2 * x[i] + (H == habit::wrong && i % 2 ? 100 : 0);
  if (H == habit::past_the_end)
    y[n] = 1;
  if (H == habit::before_the_start)
    y[-1] = 1;
  if (H == habit::fickle)
    y[0] += 0.001f * static_cast<float>(++fickle_runs);
}

/// A factory over these functions, as the plugin would write it down. One per signature and test.
template <class Tag, class... Arguments> struct factory_of {
  static inline std::vector<void (*)(Arguments...)> functions;
  static const tl_factory *get() {
    static const char *const configs[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    using table = tl::handwritten::parameter_table<void(Arguments...)>;
    static constexpr auto parameters = []<std::size_t... I>(std::index_sequence<I...>) {
      constexpr const char *names[] = {"a", "b", "c", "d"};
      return table(names[I]...);
    }(std::index_sequence_for<Arguments...>{});
    static tl_dispatch_slot slot;
    static const tl_factory factory = tl::detail::describe(tl::handwritten::complete(
        tl::detail::generated{"id", "factory", "file", 1, "00000000000000000000000000000000",
                              configs, functions.data(), static_cast<unsigned>(functions.size()),
                              0},
        parameters, slot));
    return &factory;
  }
};

class GpuEngine : public ::testing::Test {
protected:
  float *floats(std::size_t count) {
    gpu::address made = 0;
    EXPECT_TRUE(device.allocate(count * sizeof(float), made).is_ok());
    auto *data = reinterpret_cast<float *>(made);
    for (std::size_t i = 0; i < count; ++i)
      data[i] = static_cast<float>(i) - 3;
    return data;
  }

  template <class... Arguments>
  void open(const tl_factory *factory, tl_options options, Arguments &...arguments) {
    void *addresses[] = {&arguments..., nullptr};
    tl_call call{};
    call.struct_size = sizeof call;
    call.arguments = addresses;
    const tl::rt::tuning_task task{.factory = factory,
                                   .call = &call,
                                   .options = options,
                                   .cold = true,
                                   .in_process = true,
                                   .seed = 1};
    gpu::problem parts;
    const status taken = gpu::take_apart(device, task, parts);
    ASSERT_TRUE(taken.is_ok()) << taken.text();
    // As a worker gets it.
    const std::vector<std::byte> bytes = parts.serialise();
    gpu::problem arrived;
    ASSERT_TRUE(gpu::problem::parse(bytes.data(), bytes.size(), arrived));
    for (std::size_t size = 0; size < bytes.size(); size += 13) {
      gpu::problem half;
      ASSERT_FALSE(gpu::problem::parse(bytes.data(), size, half)) << size;
    }
    regions = arrived.regions.size();
    in_process = parts.in_process;
    engine = std::make_unique<gpu::engine>(device, *factory, arrived, false);
    ASSERT_TRUE(engine->set_up().is_ok());
    const verdict prepared = engine->prepare();
    ASSERT_TRUE(prepared.right()) << prepared.reason;
  }

  trial_status probe(habit h) { return engine->probe(static_cast<std::uint32_t>(h)).status(); }

  pretended_device device;
  std::unique_ptr<gpu::engine> engine;
  std::size_t regions = 0;
  std::string in_process; ///< why no other process can be given the arguments
};

struct twice_tag;
using twice_factory = factory_of<twice_tag, int, const float *, float *>;
const tl_factory *make_twice() {
  twice_factory::functions = {&twice<habit::good>,         &twice<habit::wrong>,
                              &twice<habit::forgetful>,    &twice<habit::idle>,
                              &twice<habit::past_the_end>, &twice<habit::before_the_start>,
                              &twice<habit::fickle>,       &twice<habit::throws>};
  return twice_factory::get();
}

TEST_F(GpuEngine, RejectsWhatIsWrong) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  const std::vector<float> before_x(x, x + n), before_y(y, y + n);
  open(factory, factory->options, n, x, y);
  EXPECT_EQ(probe(habit::good), trial_status::measured);
  const verdict wrong = engine->probe(static_cast<std::uint32_t>(habit::wrong));
  EXPECT_EQ(wrong.failure, trial_status::wrong);
  EXPECT_EQ(wrong.reason, "32 of 64 elements of c differ, the first is c[1]: got 96, expected -4");
  EXPECT_EQ(probe(habit::throws), trial_status::threw);
  EXPECT_FALSE(engine->tainted());
  EXPECT_EQ(std::vector<float>(x, x + n), before_x);
  EXPECT_EQ(std::vector<float>(y, y + n), before_y);
}

// The caller's buffer holds the right results already, and a raw pointer says nothing about being
// an output: only poison tells.
TEST_F(GpuEngine, FindsOutWhatIsNotWritten) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
  tl_options options = factory->options;
  options.max_mismatched_ratio = 0;
  open(factory, options, n, x, y);
  EXPECT_EQ(probe(habit::idle), trial_status::wrong);
  EXPECT_EQ(probe(habit::forgetful), trial_status::wrong);
  EXPECT_EQ(probe(habit::good), trial_status::measured);
}

// Flushing before each launch is not part of the time that a sample is asked to last.
TEST_F(GpuEngine, MakesDoWithFewerColdLaunches) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  device.flush_takes = std::chrono::milliseconds(2);
  open(factory, factory->options, n, x, y);
  ASSERT_EQ(probe(habit::good), trial_status::measured);
  device.flushes = 0;
  const tl::rt::sample_request many{static_cast<std::uint32_t>(habit::good), 10'000};
  tl::rt::timed_round taken;
  ASSERT_TRUE(engine->round({&many, 1}, taken).is_ok());
  ASSERT_EQ(taken.samples.size(), 1u);
  EXPECT_GE(taken.samples[0].launches, 1u);
  EXPECT_LE(taken.samples[0].launches, 5u);
  EXPECT_EQ(static_cast<std::uint32_t>(device.flushes), taken.samples[0].launches);
}

TEST_F(GpuEngine, SeesWritesOutside) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  open(factory, factory->options, n, x, y);
  const verdict after = engine->probe(static_cast<std::uint32_t>(habit::past_the_end));
  EXPECT_EQ(after.failure, trial_status::out_of_bounds);
  EXPECT_EQ(after.reason, "wrote 4 bytes past the end of c, the first 0 bytes after it");
  EXPECT_TRUE(engine->tainted());
}

TEST_F(GpuEngine, SeesWritesBefore) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  open(factory, factory->options, n, x, y);
  EXPECT_EQ(probe(habit::before_the_start), trial_status::out_of_bounds);
}

TEST_F(GpuEngine, RepeatsToFindRaces) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  tl_options options = factory->options;
  options.check_repeat = 3;
  open(factory, options, n, x, y);
  EXPECT_EQ(probe(habit::fickle), trial_status::inconsistent);
  EXPECT_EQ(probe(habit::good), trial_status::measured) << "the expected results came back";
}

TEST_F(GpuEngine, RepeatsAlsoAfterACheckOfTheProgram) {
  // The worker takes functions from its own factory.
  tl_factory factory = *make_twice();
  factory.options.check = [](const tl_factory *, void *const *, const void *) { return true; };
  factory.options.check_repeat = 3;
  int n = 64;
  float *x = floats(64), *y = floats(64);
  open(&factory, factory.options, n, x, y);
  EXPECT_EQ(probe(habit::fickle), trial_status::inconsistent);
  EXPECT_EQ(probe(habit::wrong), trial_status::measured) << "the check is all that counts";
}

TEST_F(GpuEngine, RejectsWhereTheCheckThrows) {
  tl_factory factory = *make_twice();
  factory.options.check = [](const tl_factory *, void *const *, const void *) -> bool { throw 3; };
  int n = 64;
  float *x = floats(64), *y = floats(64);
  open(&factory, factory.options, n, x, y);
  EXPECT_EQ(probe(habit::good), trial_status::wrong);
}

// There is no log in a worker: what has to be said goes to the program.
TEST_F(GpuEngine, SaysWhichProfilerIsReplaced) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  open(factory, factory->options, n, x, y);
  EXPECT_EQ(engine->remark(), "");
  tl_options options = factory->options;
  options.profiler = TL_PROFILER_CUPTI;
  open(factory, options, n, x, y);
  EXPECT_EQ(engine->remark(), "factory: there is no profiler; events take the times instead");
  options.profiler = TL_PROFILER_GRAPH;
  open(factory, options, n, x, y);
  EXPECT_EQ(engine->remark(), "factory: profiler = graph: launches on the default stream cannot be "
                              "captured; events take the times instead");
}

TEST_F(GpuEngine, TimesFromTheCallersContents) {
  const tl_factory *factory = make_twice();
  int n = 64;
  float *x = floats(64), *y = floats(64);
  open(factory, factory->options, n, x, y);
  const tl::rt::sample_request order[] = {{0, 3}, {1, 1}};
  tl::rt::timed_round taken;
  device.flushes = 0;
  ASSERT_TRUE(engine->round(order, taken).is_ok());
  ASSERT_EQ(taken.samples.size(), 2u);
  EXPECT_EQ(device.flushes, 4) << "one before each launch";
  EXPECT_GE(taken.samples[0].outcome.time_ns, 0);
}

template <int Step> void grow(int n, tl::inout<float> x) {
  for (int i = 0; i < n; ++i)
    x[i] = 3 * x[i] + Step;
}
struct grow_tag;
using grow_factory = factory_of<grow_tag, int, tl::inout<float>>;

TEST_F(GpuEngine, RunsInPlaceFromTheSameStart) {
  grow_factory::functions = {&grow<1>, &grow<1>, &grow<9>};
  int n = 40;
  float *x = floats(100);
  tl::inout<float> view(x + 7, 40);
  open(grow_factory::get(), grow_factory::get()->options, n, view);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
  EXPECT_EQ(x[7], 4);
}

template <int Step> void grow_some(int n, float *x) {
  for (int i = 0; i < n; ++i)
    x[i] = 3 * x[i] + Step;
}
struct some_tag;
using some_factory = factory_of<some_tag, int, float *>;

// One percent of the elements may differ: of those that are written, not of the block.
TEST_F(GpuEngine, CountsWhatIsWrittenOnly) {
  some_factory::functions = {&grow_some<1>, &grow_some<1>, &grow_some<9>};
  int n = 40;
  float *x = floats(100'000);
  x[50] = std::numeric_limits<float>::quiet_NaN(); // written by nobody, so nobody's fault
  open(some_factory::get(), some_factory::get()->options, n, x);
  EXPECT_TRUE(engine->probe(1).right());
  const verdict wrong = engine->probe(2);
  EXPECT_EQ(wrong.failure, trial_status::wrong);
  EXPECT_EQ(wrong.reason,
            "40 of 100000 elements of b differ, the first is b[0]: got 0, expected -8");
}

void shift(const float *from, float *to) {
  for (int i = 0; i < 16; ++i)
    to[i] = from[i] + 1;
}
struct shift_tag;
using shift_factory = factory_of<shift_tag, const float *, float *>;

TEST_F(GpuEngine, KeepsAliasesAliased) {
  shift_factory::functions = {&shift, &shift};
  float *x = floats(64);
  float *y = x + 8; // reads what it has written
  open(shift_factory::get(), shift_factory::get()->options, x, y);
  EXPECT_EQ(regions, 1u);
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(y[0], 5);
}

struct bundle {
  int n;
  float *x;
};
template <int Step> void grow_bundle(bundle what) {
  for (int i = 0; i < what.n; ++i)
    what.x[i] += Step;
}
struct bundle_tag;
using bundle_factory = factory_of<bundle_tag, bundle>;

TEST_F(GpuEngine, FindsAddressesInStructs) {
  bundle_factory::functions = {&grow_bundle<1>, &grow_bundle<1>, &grow_bundle<2>};
  float *x = floats(32);
  bundle what{32, x};
  open(bundle_factory::get(), bundle_factory::get()->options, what);
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
  EXPECT_EQ(x[0], -3) << "the caller's buffer";
}

int counted_runs = 0;
void counted(int n, float *x) {
  ++counted_runs;
  grow_some<1>(n, x);
}
struct counted_tag;
using counted_factory = factory_of<counted_tag, int, float *>;

// A variant may have had its first run on another device, or in a worker that is gone: what its
// code needs to load is not timed.
TEST_F(GpuEngine, LoadsCodeBeforeItTakesTimes) {
  counted_factory::functions = {&grow_some<1>, &counted};
  int n = 40;
  float *x = floats(64);
  open(counted_factory::get(), counted_factory::get()->options, n, x);
  const tl::rt::sample_request order[] = {{1, 1}};
  tl::rt::timed_round taken;
  counted_runs = 0;
  ASSERT_TRUE(engine->round(order, taken).is_ok());
  EXPECT_EQ(counted_runs, 3) << "to load it, to know about how long it takes, and the sample";
  ASSERT_TRUE(engine->round(order, taken).is_ok());
  EXPECT_EQ(counted_runs, 4);
}

/// What no other process can be handed: only its own copy constructor knows how it is copied.
struct handle {
  handle(int count, float *to) : n(count), x(to) {}
  handle(const handle &other) : n(other.n), x(other.x) {}
  int n;
  float *x;
};
template <int Step> void grow_handle(handle what) {
  for (int i = 0; i < what.n; ++i)
    what.x[i] += Step;
}
template <int Step> void grow_referred(const handle &what) { grow_handle<Step>(what); }
struct handle_tag;
using handle_factory = factory_of<handle_tag, handle>;
using referred_factory = factory_of<handle_tag, const handle &>;

// Tried inside the program, but on copies of what it leads to.
TEST_F(GpuEngine, FindsAddressesInObjectsOfAnyClass) {
  handle_factory::functions = {&grow_handle<1>, &grow_handle<1>, &grow_handle<2>};
  float *x = floats(32);
  handle what(32, x);
  open(handle_factory::get(), handle_factory::get()->options, what);
  EXPECT_EQ(in_process, "a is an object of a class that cannot be copied to another process");
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
  EXPECT_EQ(x[0], -3) << "the caller's buffer";

  referred_factory::functions = {&grow_referred<1>, &grow_referred<1>, &grow_referred<2>};
  open(referred_factory::get(), referred_factory::get()->options, what);
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
  EXPECT_EQ(x[0], -3) << "the caller's buffer";
  EXPECT_EQ(what.x, x);
}

template <int Value> void put_nan(tl::out<float> x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = Value ? 1.0f : std::numeric_limits<float>::quiet_NaN();
}
struct nan_tag;
using nan_factory = factory_of<nan_tag, tl::out<float>>;

TEST_F(GpuEngine, ComparesNanAsTold) {
  nan_factory::functions = {&put_nan<0>, &put_nan<0>, &put_nan<1>};
  float *x = floats(32);
  tl::out<float> view(x, 32);
  tl_options options = nan_factory::get()->options;
  open(nan_factory::get(), options, view);
  EXPECT_EQ(engine->probe(1).failure, trial_status::wrong);
  options.equal_nan = 1;
  open(nan_factory::get(), options, view);
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
}

float held_total[4], *held_buffer;
int held_count;
template <int Step> void add_up(const float *x) {
  for (int i = 0; i < held_count; ++i)
    held_buffer[i] = x[i] + Step;
  held_total[0] += Step;
}
struct held_tag;
using held_factory = factory_of<held_tag, const float *>;

// Variables outside of the arguments: what they lead to is copied, what is written compared, and
// all of it is as it was in the end.
TEST_F(GpuEngine, TriesOnTheStateThatTheCallFinds) {
  held_factory::functions = {&add_up<1>, &add_up<1>, &add_up<2>};
  static const tl_pointer buffer_in[] = {
      {0, TL_ELEMENT_F32, TL_ACCESS_UNKNOWN, TL_CONTENT_POINTERS}};
  static const tl_variable variables[] = {
      {"held_buffer", &held_buffer, nullptr, sizeof held_buffer, TL_MEMORY_HOST, TL_VARIABLE_READ,
       TL_CONTENT_POINTERS, TL_ELEMENT_POINTER, buffer_in, 1, 0},
      {"held_total", held_total, nullptr, sizeof held_total, TL_MEMORY_DEVICE,
       TL_VARIABLE_READ | TL_VARIABLE_WRITTEN, TL_CONTENT_BYTES, TL_ELEMENT_F32, nullptr, 0, 0},
      {"held_count", &held_count, nullptr, sizeof held_count, TL_MEMORY_HOST, TL_VARIABLE_READ,
       TL_CONTENT_BYTES, TL_ELEMENT_I32, nullptr, 0, 0}};
  tl_factory factory = *held_factory::get();
  factory.variables = variables;
  factory.variable_count = 3;
  factory.find_symbol = [](const void *shadow, void **at, std::uint64_t *bytes) {
    *at = const_cast<void *>(shadow);
    *bytes = sizeof held_total;
    return true;
  };
  float *x = floats(16), *const buffer = held_buffer = floats(16);
  held_count = 16;
  held_total[0] = 5;
  open(&factory, factory.options, x);
  EXPECT_EQ(in_process, "");
  EXPECT_TRUE(engine->probe(1).right());
  const verdict wrong = engine->probe(2);
  EXPECT_EQ(wrong.failure, trial_status::wrong);
  EXPECT_EQ(wrong.reason,
            "1 of 4 elements of held_total differ, the first is held_total[0]: got 7, expected 6");
  EXPECT_TRUE(engine->prove(1).right());
  EXPECT_EQ(engine->prove(2).failure, trial_status::wrong);
  EXPECT_NE(held_buffer, buffer);
  engine.reset();
  EXPECT_EQ(held_buffer, buffer);
  EXPECT_EQ(held_total[0], 5);
  EXPECT_EQ(buffer[0], -3);
}

/// Inside of an object that is handed over by reference.
struct parameters {
  float *x;
  int n;
};
template <int Step> void grow_parameters(parameters &p) {
  for (int i = 0; i < p.n; ++i)
    p.x[i] = p.x[i] + Step + (Step == 1 ? 0.001f * float(i % 2) : 0);
}
struct parameters_tag;
using parameters_factory = factory_of<parameters_tag, parameters &>;

TEST_F(GpuEngine, FindsBuffersInReferredObjects) {
  parameters_factory::functions = {&grow_parameters<3>, &grow_parameters<3>, &grow_parameters<4>};
  static const tl_pointer in[] = {{0, TL_ELEMENT_F32, TL_ACCESS_UNKNOWN, TL_CONTENT_POINTERS}};
  tl_factory factory = *parameters_factory::get();
  tl_parameter row = factory.parameters[0];
  row.pointers = in;
  row.pointer_count = 1;
  factory.parameters = &row;
  float *x = floats(32);
  parameters p{x, 32};
  open(&factory, factory.options, p);
  EXPECT_EQ(in_process, "");
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).reason,
            "32 of 32 elements of a differ, the first is a[0]: got 1, expected 0");
  EXPECT_EQ(x[0], -3);
  EXPECT_EQ(p.x, x);
}

template <int Last> void grow_rows(int rows, float *const *y) {
  for (int row = 0; row < rows - Last; ++row)
    y[row][0] += 1;
}
struct rows_tag;
using rows_factory = factory_of<rows_tag, int, float *const *>;

TEST_F(GpuEngine, FollowsTablesOfAddresses) {
  rows_factory::functions = {&grow_rows<0>, &grow_rows<0>, &grow_rows<1>};
  float **table = reinterpret_cast<float **>(floats(8));
  for (int i = 0; i < 4; ++i)
    table[i] = i < 3 ? floats(4) : nullptr;
  int rows = 3;
  float *const *y = table;
  open(rows_factory::get(), rows_factory::get()->options, rows, y);
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
  EXPECT_EQ(table[2][0], -3);
}

template <int Keeps> void time_step(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = x[i] + (Keeps ? y[i] : 0);
}
struct step_tag;
using step_factory = factory_of<step_tag, int, const float *, float *>;

// Zeros added to zeros: nothing changes, and what forgets about them looks right.
TEST_F(GpuEngine, ChangesWhatTheReferenceLeavesAlone) {
  step_factory::functions = {&time_step<1>, &time_step<1>, &time_step<0>};
  int n = 64;
  float *x = floats(64), *y = floats(64);
  std::fill(x, x + n, 0.0f);
  std::fill(y, y + n, 0.0f);
  open(step_factory::get(), step_factory::get()->options, n, x, y);
  EXPECT_TRUE(engine->probe(1).right());
  const verdict wrong = engine->probe(2);
  EXPECT_EQ(wrong.failure, trial_status::wrong);
  EXPECT_TRUE(wrong.reason.ends_with("with other contents in what the reference leaves as it was"))
      << wrong.reason;
  EXPECT_EQ(y[0], 0);
}

/// Numbers of two sizes, all of them off by the same.
template <bool Off> void sized(int n, float size, float error, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = size * (i % 2 ? 1e-4F : 1) + (Off ? error : 0);
}
struct sized_tag;
using sized_factory = factory_of<sized_tag, int, float, float, float *>;

TEST_F(GpuEngine, JudgesByTheSizeOfTheWholeOutput) {
  sized_factory::functions = {&sized<false>, &sized<true>};
  int n = 64;
  float size = 1000, error = 0.1F, *y = floats(64);
  tl_options options = sized_factory::get()->options;
  open(sized_factory::get(), options, n, size, error, y);
  EXPECT_EQ(engine->probe(1).failure, trial_status::wrong);
  const tl::tolerance_t whole = tl::rms(1e-3);
  options.rtol = whole.rtol;
  options.atol = whole.atol;
  options.max_mismatched_ratio = whole.max_mismatched_ratio;
  options.rms = whole.rms;
  open(sized_factory::get(), options, n, size, error, y);
  EXPECT_TRUE(engine->probe(1).right());
  size = 1;
  open(sized_factory::get(), options, n, size, error, y);
  EXPECT_EQ(engine->probe(1).failure, trial_status::wrong);
}

/// Element 77 is `in_one_place` where `Off`; every 200th is a little off as well.
template <bool Off> void spoilt(int n, float in_one_place, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = Off && i % 200 == 0 ? 2.06F : 2;
  if (Off)
    y[77] = in_one_place;
}
struct spoilt_tag;
using spoilt_factory = factory_of<spoilt_tag, int, float, float *>;

TEST_F(GpuEngine, TakesNoElementThatIsFarOffForRounding) {
  spoilt_factory::functions = {&spoilt<false>, &spoilt<true>};
  int n = 1000;
  float *y = floats(1000);
  const tl_options options = spoilt_factory::get()->options;
  tl_options given = options;
  given.max_mismatched_ratio = 0.02;
  for (float in_one_place : {0.0F, 4.0F, std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::infinity()}) {
    open(spoilt_factory::get(), options, n, in_one_place, y);
    EXPECT_EQ(engine->probe(1).failure, trial_status::wrong) << in_one_place;
    open(spoilt_factory::get(), given, n, in_one_place, y);
    EXPECT_TRUE(engine->probe(1).right()) << "who gives a share means it";
  }
  float rounded = 2.06F;
  open(spoilt_factory::get(), options, n, rounded, y);
  EXPECT_TRUE(engine->probe(1).right());
}

const float *restored_at;
int restored_times;
void restore_all(const tl_factory *, void *const *arguments) {
  float *const data = *static_cast<float *const *>(arguments[1]);
  for (int i = 0; i < *static_cast<const int *>(arguments[0]); ++i)
    data[i] = 2;
  restored_at = data;
  ++restored_times;
}

TEST_F(GpuEngine, LetsTheProgramPutBackBeforeEachLaunch) {
  some_factory::functions = {&grow_some<1>, &grow_some<1>, &grow_some<9>};
  int n = 40;
  float *x = floats(40);
  tl_factory factory = *some_factory::get();
  factory.options.restore = restore_all;
  open(&factory, factory.options, n, x);
  EXPECT_TRUE(engine->probe(1).right());
  EXPECT_EQ(engine->probe(2).failure, trial_status::wrong);
  EXPECT_NE(restored_at, x) << "not the caller's";
  EXPECT_EQ(x[3], 0);
  restored_times = 0;
  const tl::rt::sample_request order[] = {{1, 4}};
  tl::rt::timed_round round;
  ASSERT_TRUE(engine->round(order, round).is_ok());
  EXPECT_GE(restored_times, 4);
}

TEST(GpuKernels, SmallFloats) {
  EXPECT_EQ(gpu::small_float(0x3c00, 5, 10, false), 1.0f); // f16
  EXPECT_EQ(gpu::small_float(0xc400, 5, 10, false), -4.0f);
  EXPECT_EQ(gpu::small_float(0x0001, 5, 10, false), 5.9604644775390625e-8f);
  EXPECT_TRUE(gpu::small_float(0x7c00, 5, 10, false) > 3e38f);
  EXPECT_NE(gpu::small_float(0x7e00, 5, 10, false), gpu::small_float(0x7e00, 5, 10, false));
  EXPECT_EQ(gpu::small_float(0x7e, 4, 3, true), 448.0f); // e4m3's largest
  EXPECT_NE(gpu::small_float(0x7f, 4, 3, true), gpu::small_float(0x7f, 4, 3, true));
  EXPECT_EQ(gpu::small_float(0x01, 4, 3, true), 0.001953125f);
  EXPECT_EQ(gpu::small_float(0x7b, 5, 2, false), 57344.0f); // e5m2's largest
  EXPECT_TRUE(gpu::small_float(0x7c, 5, 2, false) > 3e38f);
}

} // namespace
