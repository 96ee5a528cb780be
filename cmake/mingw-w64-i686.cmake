# SPDX-License-Identifier: ISC
# 32-bit programs of Windows: the TLS library alone (SLIPWAY_TLS_ONLY), built within the preset "windows".
set(CMAKE_SYSTEM_PROCESSOR x86)
set(triple i686-w64-mingw32)
set(folder /i686)
include(${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake)
