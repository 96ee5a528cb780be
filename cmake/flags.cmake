# SPDX-License-Identifier: ISC
# One INTERFACE target carries our warnings, hardening and sanitizers, so that nothing we link to
# gets them.  Every target of ours links to slipway_flags.
option(SLIPWAY_WERROR "treat warnings as errors (CI does)" OFF)
option(SLIPWAY_FUZZ "build the harnesses in tests/fuzz as fuzzers (clang, libFuzzer); never for use" OFF)
option(SLIPWAY_MUTATE "add the test mutate, which takes two cores for minutes (CI does, once)" OFF)
set(SLIPWAY_SANITIZE "" CACHE STRING "sanitizers to build with, such as address,undefined")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
if(WIN32)
	set(CMAKE_C_EXTENSIONS ON)	# mingw-w64 hides strdup() and the like from strict C11
endif()
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

include(CheckPIESupported)
check_pie_supported()

add_library(slipway_flags INTERFACE)
target_compile_definitions(slipway_flags INTERFACE
	$<$<NOT:$<BOOL:${WIN32}>>:_GNU_SOURCE>
	SLIPWAY_VERSION="${PROJECT_VERSION}")
target_compile_options(slipway_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
	-Wpointer-arith -Wcast-qual -Wformat=2 -Wvla -Wundef
	-fstack-protector-strong
	$<$<BOOL:${SLIPWAY_WERROR}>:-Werror>)
# One way of including: "lib/base/err.h", from the root of the sources.
target_include_directories(slipway_flags INTERFACE ${PROJECT_SOURCE_DIR})

if(SLIPWAY_SANITIZE)
	target_compile_options(slipway_flags INTERFACE
		-fsanitize=${SLIPWAY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
		# Without any optimisation the sanitizers take twice as long.
		$<$<CONFIG:Debug>:-O1>)
	target_compile_definitions(slipway_flags INTERFACE SCRIPT_TIME_MAX_MS=20000)
	target_link_options(slipway_flags INTERFACE -fsanitize=${SLIPWAY_SANITIZE})
else()
	# _FORTIFY_SOURCE needs optimisation, and hides errors from AddressSanitizer.
	target_compile_options(slipway_flags INTERFACE
		$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endif()
if(SLIPWAY_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
		message(FATAL_ERROR "SLIPWAY_FUZZ: want clang, got ${CMAKE_C_COMPILER_ID}; use the preset \"fuzz\"")
	endif()
	target_compile_options(slipway_flags INTERFACE -fsanitize=fuzzer-no-link)
	target_link_options(slipway_flags INTERFACE -fsanitize=fuzzer-no-link)
	# Limits on work that an input may ask for, lower so that each one takes milliseconds.
	target_compile_definitions(slipway_flags INTERFACE
		SCRIPT_INSTRUCTIONS_MAX=20000ull)
endif()
if(WIN32)
	# Windows 10 and later, its wide API, and printf() as C11 has it.  What formats are given is checked by the
	# build for Linux: mingw's gcc takes the attribute "printf" for Microsoft's.
	target_compile_definitions(slipway_flags INTERFACE
		_WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN UNICODE _UNICODE __USE_MINGW_ANSI_STDIO=1)
	target_compile_options(slipway_flags INTERFACE -Wno-format -fcf-protection=none)
	target_link_options(slipway_flags INTERFACE
		-fstack-protector-strong LINKER:--dynamicbase,--nxcompat
		$<$<EQUAL:${CMAKE_SIZEOF_VOID_P},8>:LINKER:--high-entropy-va>)
else()
	target_link_options(slipway_flags INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)
endif()
