// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/checks.h"
#include "format.h"

#include <cstdlib>
#include <fstream>
#include <thread>

#include <sched.h>

namespace tl::tool {

static std::string model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      return line.substr(line.find(':') + 2);
  return "unknown CPU";
}

static int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0
             ? CPU_COUNT(&set)
             : static_cast<int>(std::thread::hardware_concurrency());
}

static void check_frequency(findings &found) {
  const std::string policy = "/sys/devices/system/cpu/cpu0/cpufreq/";
  const std::string governor = read_line(policy + "scaling_governor");
  if (governor.empty()) {
    found.push_back(
        {"cpu clock", severity::note,
         "the kernel shows no frequency control (a virtual machine or container, most likely)",
         "races are paired so that drift cancels; nothing to do"});
    return;
  }
  const std::string text =
      "governor " + governor + ", " +
      format_number(std::atof(read_line(policy + "cpuinfo_min_freq").c_str()) / 1e3) + " to " +
      format_number(std::atof(read_line(policy + "cpuinfo_max_freq").c_str()) / 1e3) + " MHz";
  if (governor == "performance")
    found.push_back({"cpu clock", severity::good, text, ""});
  else
    found.push_back(
        {"cpu clock", severity::warning, text,
         "sudo cpupower frequency-set -g performance makes sessions shorter and surer"});
}

static void check_quota(findings &found) {
  // cgroup v2: "max 100000" or "<quota> <period>".
  const std::string quota = read_line("/sys/fs/cgroup/cpu.max");
  const std::size_t space = quota.find(' ');
  if (quota.empty() || quota.starts_with("max") || space == std::string::npos)
    return;
  const double share = std::atof(quota.c_str()) / std::atof(quota.c_str() + space);
  found.push_back({"cpu quota", severity::warning,
                   "this control group gets " + format_number(share, 3) +
                       " CPUs of time; work beyond it is paused",
                   "tune without a quota: pauses fall into samples"});
}

void check_cpu(findings &found) {
  const int cpus = usable_cpus();
  found.push_back(
      {"cpu", severity::good,
       model() + ", " + std::to_string(cpus) + (cpus == 1 ? " CPU" : " CPUs") + " usable here",
       ""});
  check_frequency(found);
  check_quota(found);
  double load = 0;
  if (getloadavg(&load, 1) == 1 && load > 0.5 * cpus)
    found.push_back({"cpu load", severity::warning, "load average " + format_number(load, 3),
                     "other work disturbs measurements on the CPU: tune on an idle machine"});
}

} // namespace tl::tool
