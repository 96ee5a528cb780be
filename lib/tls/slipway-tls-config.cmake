# SPDX-License-Identifier: ISC
# find_package(slipway-tls): slipway::slipway-tls (shared) and slipway::slipway-tls-static.
include(CMakeFindDependencyMacro)
find_dependency(OpenSSL 3.0)
include(${CMAKE_CURRENT_LIST_DIR}/slipway-tls-targets.cmake)
