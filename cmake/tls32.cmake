# SPDX-License-Identifier: ISC
# The DLL of the TLS library for 32-bit programs, as D2000's may be: a build of its own within the one for Windows.
if(NOT WIN32)
	return()
endif()
include(ExternalProject)
set(tls32 ${PROJECT_BINARY_DIR}/tls32)
ExternalProject_Add(slipway-tls-32
	SOURCE_DIR ${PROJECT_SOURCE_DIR}
	BINARY_DIR ${tls32}
	CMAKE_ARGS -DCMAKE_TOOLCHAIN_FILE=${PROJECT_SOURCE_DIR}/cmake/mingw-w64-i686.cmake -DSLIPWAY_TLS_ONLY=ON
		-DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -DSLIPWAY_WERROR=${SLIPWAY_WERROR}
		-DSLIPWAY_WINDOWS_DEPS=${SLIPWAY_WINDOWS_DEPS} -DCMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER}
	BUILD_ALWAYS ON
	INSTALL_COMMAND ""
	BUILD_BYPRODUCTS ${tls32}/lib/tls/libslipway-tls.dll ${tls32}/lib/tls/libslipway-tls.dll.a)
install(FILES ${tls32}/lib/tls/libslipway-tls.dll ${tls32}/lib/tls/libslipway-tls.dll.a DESTINATION lib32
	COMPONENT development)
