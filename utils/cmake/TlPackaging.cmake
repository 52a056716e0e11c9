# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# `cpack -G DEB` makes one package per component: the runtime that programs need, what compiling
# against it needs, the plugin of one Clang major (packages of several majors can be installed side by
# side), and the tool.

set(CPACK_PACKAGE_NAME tl-autotune)
set(CPACK_PACKAGE_VENDOR "TL Autotune")
set(CPACK_PACKAGE_CONTACT "TL Autotune developers <tl-autotune@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL runtime dev plugin tool)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_STRIP_FILES ON)

set(version "${PROJECT_VERSION}")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libtlruntime${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "Runtime of programs with autotuned functions")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libtl-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libtlruntime${PROJECT_VERSION_MAJOR} (= ${version}), libsqlite3-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "python3") # for tl-drop-failed
set(CPACK_DEBIAN_DEV_DESCRIPTION "Headers, static runtime and build files for autotuned functions")
set(CPACK_DEBIAN_PLUGIN_PACKAGE_NAME tl-plugin-${TL_LLVM_MAJOR})
set(CPACK_DEBIAN_PLUGIN_PACKAGE_DEPENDS "clang-${TL_LLVM_MAJOR}, libtl-dev (= ${version})")
# The plugin links nothing but the C and C++ libraries; Clang itself provides the rest.
set(CPACK_DEBIAN_PLUGIN_DESCRIPTION "Clang ${TL_LLVM_MAJOR} plugin that compiles autotuned functions")
set(CPACK_DEBIAN_TOOL_PACKAGE_NAME tltune)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOL_DESCRIPTION "Tool for the database of autotuned functions")

# Programs that link the runtime find its package by the shlibs file, and the dynamic linker's cache is renewed.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/install/triggers)
file(WRITE ${PROJECT_BINARY_DIR}/install/triggers "activate-noawait ldconfig\n")

# The licence, where Debian looks for it.
file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
configure_file(${PROJECT_SOURCE_DIR}/utils/cmake/copyright.in ${PROJECT_BINARY_DIR}/install/copyright @ONLY)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} upper)
  install(FILES ${PROJECT_BINARY_DIR}/install/copyright COMPONENT ${component}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
endforeach()

include(CPack)
