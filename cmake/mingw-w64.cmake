# SPDX-License-Identifier: ISC
# What the toolchains for Windows share.  triple is set; folder, below that of the libraries, where theirs are.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_C_COMPILER ${triple}-gcc)
set(CMAKE_RC_COMPILER ${triple}-windres)

# Libraries come from where scripts/windows-deps.sh puts them, and from nowhere else.
set(CMAKE_FIND_ROOT_PATH /usr/${triple})
if(NOT SLIPWAY_WINDOWS_DEPS AND NOT CMAKE_INSTALL_PREFIX)
	execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/windows-deps.sh --print
		OUTPUT_VARIABLE SLIPWAY_WINDOWS_DEPS OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
if(SLIPWAY_WINDOWS_DEPS)
	list(PREPEND CMAKE_FIND_ROOT_PATH ${SLIPWAY_WINDOWS_DEPS}${folder})
elseif(CMAKE_INSTALL_PREFIX)
	list(PREPEND CMAKE_FIND_ROOT_PATH ${CMAKE_INSTALL_PREFIX})
endif()
list(GET CMAKE_FIND_ROOT_PATH 0 first)
set(ENV{PKG_CONFIG_LIBDIR} ${first}/lib/pkgconfig)
set(PKG_CONFIG_ARGN --static)
set(OPENSSL_USE_STATIC_LIBS ON)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SLIPWAY_WINDOWS_DEPS)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# One .exe is one file to copy.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../scripts/wine.sh)
