# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a file against the T4 results format, written from the published schemas: schema_version 1.1.0 of
AutoTuningAssociation/autotuning_methodology (src/autotuning_methodology/schemas/T4.json), and what 1.0.0 of
KernelTuner/kernel_tuner (kernel_tuner/schema/T4/1.0.0/results-schema.json) asks beyond it. Both require
configuration, times, invalidity and correctness of a result. Prints what is wrong."""

import json
import re
import sys

INVALIDITY = {"timeout", "compile", "runtime", "correctness", "constraints", "correct"}
TIMES = {"compilation_time", "framework", "search_algorithm", "validation", "data", "kernel_overhead", "profiling_runs",
         "profiling_overhead"}
COMPILED = {"max_work_group_size", "local_memory_size", "private_memory_size", "constant_memory_size", "registers",
            "global_size", "local_size"}
APIS = {"OpenCL", "CUDA", "Vulkan"}
COUNTERS = {"Int", "UnsignedInt", "Double", "Percent", "Throughput", "UtilizationLevel"}
UNITS = {"nanoseconds", "microseconds", "milliseconds", "seconds"}
errors = []


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def expect(condition, where, what):
    if not condition:
        errors.append(f"{where}: {what}")


def check_result(where, result):
    for name in ("configuration", "times", "invalidity", "correctness"):
        expect(name in result, where, f"'{name}' is missing")
    expect(isinstance(result.get("timestamp", ""), str), where, "timestamp is no string")
    expect(isinstance(result.get("configuration"), dict), where, "configuration is no object")
    expect(all(isinstance(o, str) for o in result.get("objectives", [])), where, "objectives are no strings")
    expect(result.get("invalidity") in INVALIDITY, where, f"invalidity {result.get('invalidity')!r}")
    expect(number(result.get("correctness")) and result["correctness"] in (0, 1), where, "correctness is not 0 or 1")
    times = result.get("times", {})
    expect(isinstance(times, dict), where, "times is no object")
    for name in TIMES & set(times):
        expect(number(times[name]), where, f"times.{name} is no number")
    expect(isinstance(times.get("runtimes", []), list), where, "runtimes is no array")
    expect(all(number(t) for t in times.get("runtimes", [])), where, "a runtime is no number")
    for measurement in result.get("measurements", []):
        expect(isinstance(measurement.get("name"), str), where, "a measurement without a name")
        value = measurement.get("value")
        expect(number(value) or isinstance(value, (str, list)), where, f"value of {measurement.get('name')}")
        expect(isinstance(measurement.get("unit", ""), str), where, "a unit that is no string")
        expect(measurement.get("type", "Int") in COUNTERS, where, f"a measurement of type {measurement.get('type')!r}")
    if "compilation_data" in result:
        for name in COMPILED - set(result["compilation_data"]):
            errors.append(f"{where}: compilation_data without {name}")


def check(document):
    expect(isinstance(document, dict), "document", "is no object")
    version = document.get("schema_version", "")
    expect(re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version), "schema_version", repr(version))
    metadata = document.get("metadata", {})
    expect(metadata.get("timeunit", "milliseconds") in UNITS, "metadata", "timeunit")
    expect(metadata.get("compute_api", "CUDA") in APIS, "metadata", f"compute_api {metadata.get('compute_api')!r}")
    for name in ("platform", "device", "autotuner", "autotuner_version", "timestamp"):
        expect(isinstance(metadata.get(name, ""), str), "metadata", f"{name} is no string")
    expect(isinstance(document.get("results"), list), "results", "is no array")
    for i, result in enumerate(document.get("results", [])):
        check_result(f"results[{i}]", result)


check(json.load(open(sys.argv[1])))
for error in errors:
    print(error)
sys.exit(1 if errors else 0)
