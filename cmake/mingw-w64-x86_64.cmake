# SPDX-License-Identifier: ISC
# Windows x86-64, cross-built with Debian's mingw-w64; tests run under wine.  The preset "windows" uses it.
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(triple x86_64-w64-mingw32)
set(folder "")
include(${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake)
