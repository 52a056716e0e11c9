# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The libraries that the runtime links. Installed beside tlConfig.cmake, which uses it too.

find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)

# The static runtime takes SQLite's archive where there is one: a program linked that way runs on
# machines that have no SQLite.
if(NOT TARGET tl::sqlite3_archive)
  find_library(TL_SQLITE3_ARCHIVE NAMES libsqlite3.a DOC "static SQLite for tl::runtime_static")
  mark_as_advanced(TL_SQLITE3_ARCHIVE)
  add_library(tl::sqlite3_archive INTERFACE IMPORTED)
  if(TL_SQLITE3_ARCHIVE)
    set_target_properties(tl::sqlite3_archive PROPERTIES
      INTERFACE_LINK_LIBRARIES "${TL_SQLITE3_ARCHIVE};m;Threads::Threads;${CMAKE_DL_LIBS}")
  else()
    set_target_properties(tl::sqlite3_archive PROPERTIES INTERFACE_LINK_LIBRARIES SQLite::SQLite3)
  endif()
endif()
