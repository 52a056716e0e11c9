#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# run.sh prefix|deb|wheel BUILD WORK CLANGXX MAJOR
#
# Installs into a folder (from the build tree, from the Debian packages, or from a Python wheel) and uses what is there by
# pkg-config, by a plain command line, by make and by CMake, as docs/compilation.md says. Every command
# must succeed, and every tuned program must have left a winner.

set -euo pipefail
mode=$1 build=$2 work=$3 clangxx=$4 major=$5
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
rm -rf "$work"
mkdir -p "$work"
cd "$work"

fail() {
  echo "package test: $*" >&2
  exit 1
}

case $mode in
  prefix)
    cmake --install "$build" --prefix "$work/first" > install.log
    # An installation may be moved.
    mv first prefix
    prefix=$work/prefix
    ;;
  deb)
    (cd "$build" && cpack -G DEB -B "$work/packages") > cpack.log 2>&1 || { cat cpack.log; fail "cpack failed"; }
    packages=(packages/*.deb)
    [[ ${#packages[@]} -eq 4 ]] || fail "expected 4 packages, found: ${packages[*]}"
    for package in "${packages[@]}"; do
      dpkg-deb -x "$package" root
      dpkg-deb -f "$package" Package Depends
    done > packages.txt
    cat packages.txt
    grep -q "^Package: tl-plugin-$major$" packages.txt || fail "no plugin package for Clang $major"
    grep -q "clang-$major" packages.txt || fail "the plugin's package does not ask for its Clang"
    grep -A1 "^Package: libtlruntime0$" packages.txt | grep -q "libsqlite3" || fail "the runtime's package does not ask for SQLite"
    ! grep -A1 "^Package: tl-plugin" packages.txt | grep -qi "llvm" || fail "the plugin links LLVM"
    for package in $(sed -n 's/^Package: //p' packages.txt); do
      grep -q "Apache License" "root/usr/share/doc/$package/copyright" || fail "$package has no copyright file"
    done
    dpkg-deb -I packages/libtlruntime0_*.deb shlibs | grep -q "^libtlruntime 0 libtlruntime0" ||
      fail "the runtime's package has no shlibs file"
    prefix=$work/root/usr
    ;;
  wheel)
    "$source/utils/wheel" --build "$build" -o wheels > wheel.log
    # Debian's own: a venv of it has the pip that installs without a network.
    /usr/bin/python3 -m venv venv
    venv/bin/pip install -q --no-index wheels/*.whl || fail "pip does not install the wheel"
    prefix=$(venv/bin/python -m tl_autotune --cmake-dir)
    for part in pkg-config-dir include-dir library-dir plugin; do
      found=$(venv/bin/python -m tl_autotune --$part) || fail "no --$part"
      [[ -e $found ]] || fail "--$part: there is no $found"
    done
    venv/bin/tltune --version > /dev/null || fail "the wheel's tltune does not run"
    ;;
esac

pc=$(dirname "$(find "$prefix" -name tl.pc)")
libdir=$(dirname "$pc")
plugin=$libdir/tl/clang-$major/libtlplugin.so
export PKG_CONFIG_PATH=$pc LD_LIBRARY_PATH=$libdir
[[ -e $plugin ]] || fail "no $plugin"

# tuned PROGRAM: runs it twice; the second run must find what the first one stored.
tuned() {
  export TL_CACHE_DIR=$work/cache-$(basename "$1")
  "$1" | grep -q right || fail "$1 is wrong"
  TL_TUNE=require "$1" | grep -q right || fail "$1 left no winner"
  "$prefix/bin/tltune" list | grep -q "^transpose.*n=960" || fail "tltune lists no winner of $1"
}

cp "$source"/docs/snippets/transpose.cpp "$source"/docs/snippets/build/{Makefile,CMakeLists.txt} .
flags=(-std=c++20 -O1)

"$clangxx" "${flags[@]}" transpose.cpp -o by-pkg-config $(pkg-config --cflags --libs "tl-clang-$major")
tuned ./by-pkg-config

"$clangxx" "${flags[@]}" -fplugin="$plugin" -I"$prefix/include" transpose.cpp -o by-hand -L"$libdir" -ltlruntime
tuned ./by-hand

"$clangxx" "${flags[@]}" -fplugin="$plugin" -I"$prefix/include" transpose.cpp -o static \
  "$libdir/libtlruntime.a" -lsqlite3 -pthread -ldl
tuned ./static

if [[ $major == 22 ]]; then
  make CXX="$clangxx" > make.log || fail "make failed"
  tuned ./transpose
fi

cmake -S . -B cmake -G Ninja -DCMAKE_CXX_COMPILER="$clangxx" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release > cmake.log
cmake --build cmake >> cmake.log || { cat cmake.log; fail "the CMake project does not build"; }
cp cmake/transpose by-cmake
tuned ./by-cmake

for kind in shards dropped; do
  mkdir $kind
  cp transpose.cpp "$source/docs/snippets/build/$kind/CMakeLists.txt" $kind
  cmake -S $kind -B cmake-$kind -G Ninja -DCMAKE_CXX_COMPILER="$clangxx" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release > $kind.log
  cmake --build cmake-$kind >> $kind.log || { cat $kind.log; fail "the CMake project in $kind does not build"; }
  cp cmake-$kind/transpose by-$kind
  tuned ./by-$kind
done
grep -q tl-drop-failed cmake-dropped/build.ninja || fail "DROP_FAILED has no effect"

# Built with what was tuned: first without the file, then with it; the program needs no database any more.
mkdir release
cp transpose.cpp "$source/docs/snippets/build/release/CMakeLists.txt" release
options=(-G Ninja -DCMAKE_CXX_COMPILER="$clangxx" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release)
cmake -S release -B cmake-release "${options[@]}" > release.log 2>&1
tr -s ' \n' ' ' < release.log | grep -q "built with all variants, since there is no .*winners.tl" ||
  { cat release.log; fail "CMake does not say that there is no winners.tl"; }
cmake --build cmake-release >> release.log || { cat release.log; fail "the CMake project in release does not build"; }
cp cmake-release/transpose before-release
tuned ./before-release
"$prefix/bin/tltune" bake -o release/winners.tl 2>> release.log || fail "tltune bake failed"
cmake -S release -B cmake-release >> release.log 2>&1
cmake --build cmake-release >> release.log || { cat release.log; fail "the baked CMake project does not build"; }
export TL_CACHE_DIR=$work/no-cache
TL_TUNE=require cmake-release/transpose | grep -q right || fail "the baked program has no winner"
[[ ! -e $TL_CACHE_DIR ]] || fail "the baked program has made a database"
# Another file is another build.
sed -i 's/^# Winners/# The winners/' release/winners.tl
cmake --build cmake-release > rebuilt.log
grep -q "transpose.cpp.o" rebuilt.log || { cat rebuilt.log; fail "a changed winners.tl rebuilds nothing"; }

# The tool finds what is installed beside it, and its documents are in place.
"$prefix/bin/tltune" doctor > doctor.txt || { cat doctor.txt; fail "tltune doctor found a problem"; }
grep -q "plugin for clang $major.*loads" doctor.txt || { cat doctor.txt; fail "doctor does not find the plugin"; }
grep -q "ok .*runtime .*ABI" doctor.txt || { cat doctor.txt; fail "doctor does not find the runtime"; }
[[ -n $(find "$prefix/share" -name 'tltune.1*') ]] || fail "no man page"
[[ -e $prefix/share/bash-completion/completions/tltune ]] || fail "no completion"
echo "package test: $mode is usable"
