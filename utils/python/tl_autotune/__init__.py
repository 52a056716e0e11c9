# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""TL Autotune, installed as a Python package: where its parts are. `python -m tl_autotune --help` prints them."""

import glob
import os

#: The installation: bin, include, lib.
prefix = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prefix")


def _only(pattern):
    found = glob.glob(os.path.join(prefix, "lib*", pattern)) + glob.glob(os.path.join(prefix, "lib", "*", pattern))
    if not found:
        raise FileNotFoundError(f"no {pattern} in {prefix}: the installation is damaged")
    return found[0]


def cmake_dir():
    """The folder to put in CMAKE_PREFIX_PATH, for find_package(tl)."""
    return prefix


def pkg_config_dir():
    """The folder to put in PKG_CONFIG_PATH, for `pkg-config tl-clang-22`."""
    return os.path.dirname(_only("pkgconfig/tl.pc"))


def include_dir():
    """The folder of <tl/autotune.h>."""
    return os.path.join(prefix, "include")


def library_dir():
    """The folder of libtlruntime, which programs need when they run."""
    return os.path.dirname(pkg_config_dir())


def plugin():
    """The plugin, for clang++ -fplugin=."""
    return _only("tl/clang-*/libtlplugin.so")
