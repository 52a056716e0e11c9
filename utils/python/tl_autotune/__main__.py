# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python -m tl_autotune --cmake-dir | --pkg-config-dir | --include-dir | --library-dir | --plugin"""

import argparse
import os
import sys

import tl_autotune


def main():
    parser = argparse.ArgumentParser(prog="python -m tl_autotune", description="Prints where a part of TL Autotune is.")
    which = parser.add_mutually_exclusive_group(required=True)
    for name in ("cmake_dir", "pkg_config_dir", "include_dir", "library_dir", "plugin"):
        find = getattr(tl_autotune, name)
        which.add_argument(f"--{name.replace('_', '-')}", dest="find", action="store_const", const=find,
                           help=find.__doc__)
    print(parser.parse_args().find())


def tltune():
    """The command that pip puts into PATH."""
    program = os.path.join(tl_autotune.prefix, "bin", "tltune")
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
