// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A factory as the plugin would describe it, built by hand from ordinary functions.

#ifndef TL_TEST_UNIT_TEST_FACTORY_H
#define TL_TEST_UNIT_TEST_FACTORY_H

#include "runtime/backend/find_backend.h"
#include "test/utils/handwritten.h"

#include <memory>
#include <string>
#include <vector>

namespace tl::rt {

template <class Signature> class test_factory;

/// Keeps the functions, the arguments and the task that refers to both. Variant 0 is the default.
template <class R, class... Args> class test_factory<R(Args...)> {
public:
  using function = R (*)(Args...);

  explicit test_factory(std::vector<function> variants, std::vector<std::string> names = {})
      : functions_(std::move(variants)), names_(std::move(names)) {
    names_.resize(sizeof...(Args));
    for (std::size_t i = 0; i < functions_.size(); ++i)
      configs_.push_back("i=" + std::to_string(i));
    for (const std::string &config : configs_)
      config_pointers_.push_back(config.c_str());
    const char *texts[sizeof...(Args) + 1] = {};
    for (std::size_t i = 0; i < names_.size(); ++i)
      texts[i] = names_[i].c_str();
    parameters_ = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::make_unique<handwritten::parameter_table<R(Args...)>>(texts[I]...);
    }(std::index_sequence_for<Args...>{});
    factory.abi_version = TL_ABI_VERSION;
    factory.struct_size = sizeof factory;
    factory.backend = TL_BACKEND_CPU;
    factory.variant_count = static_cast<std::uint32_t>(functions_.size());
    factory.parameter_count = sizeof...(Args);
    factory.tunable = 1;
    factory.id = factory.name = "test";
    factory.file = "test.cpp";
    factory.fingerprint = "00000000000000000000000000000000";
    factory.configs = config_pointers_.data();
    factory.parameters = parameters_->rows;
    factory.result = detail::describe_result<R>();
    factory.functions = functions_.data();
    factory.invoke = &detail::invoke_variant<R, Args...>;
    factory.options = detail::default_options;
    factory.options.timeout = 5;
  }

  /// The task of calling the factory with these arguments, which must stay where they are.
  tuning_task task(std::remove_reference_t<Args> &...arguments) {
    arguments_ = {
        const_cast<void *>(static_cast<const volatile void *>(std::addressof(arguments)))...};
    call_.struct_size = sizeof call_;
    call_.problem = "";
    call_.arguments = arguments_.data();
    call_.device = -1;
    return {.factory = &factory,
            .call = &call_,
            .options = factory.options,
            .cold = false,
            .in_process = factory.options.isolation == TL_ISOLATION_NONE,
            .seed = 1};
  }

  /// A bench for the task, or null with `error` set.
  std::unique_ptr<trial_bench> open(std::remove_reference_t<Args> &...arguments) {
    return find_backend(TL_BACKEND_CPU, error)->open(task(arguments...), error);
  }

  tl_factory factory{};
  std::string error;

private:
  std::vector<function> functions_;
  std::vector<std::string> names_;
  std::vector<std::string> configs_;
  std::vector<const char *> config_pointers_;
  std::unique_ptr<handwritten::parameter_table<R(Args...)>> parameters_;
  std::vector<void *> arguments_;
  tl_call call_{};
};

} // namespace tl::rt

#endif
