# SPDX-License-Identifier: ISC
# Debian's packages; nothing is vendored.  DEPENDENCIES in README.md says what each is for.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(LIBSSH2 REQUIRED IMPORTED_TARGET libssh2>=1.10)
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.4)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
	pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
endif()
if(BUILD_TESTING)
	pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
