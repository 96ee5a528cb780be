# SPDX-License-Identifier: ISC
# The zip for Windows: programs, guides, and the licences of what the programs hold.
if(NOT WIN32)
	return()
endif()

set(guides README.md CHANGELOG.md docs/windows.md docs/settings.md docs/scripts.md docs/trust.md docs/reliability.md
	docs/tls-in-15-minutes.md docs/from-d2000.md docs/tls-library.md)
foreach(guide ${guides})
	get_filename_component(folder ${guide} DIRECTORY)
	install(FILES ${guide} DESTINATION ./${folder} COMPONENT documentation)
endforeach()
file(GLOB starters CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/share/scripts/*.lua)
install(FILES ${starters} DESTINATION scripts COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/share/windows/slipway-update.xml DESTINATION . COMPONENT station)

# Libraries that are linked in; and the compiler's and mingw-w64's own parts, which come with Debian's packages.
get_filename_component(libraries ${OPENSSL_INCLUDE_DIR} DIRECTORY)
install(DIRECTORY ${libraries}/share/licenses/ DESTINATION licenses COMPONENT documentation)
foreach(package mingw-w64-x86-64-dev gcc-mingw-w64-x86-64-win32 mingw-w64-i686-dev gcc-mingw-w64-i686-win32)
	install(FILES /usr/share/doc/${package}/copyright DESTINATION licenses RENAME ${package}.txt
		COMPONENT documentation)
endforeach()

set(CPACK_GENERATOR ZIP)
set(CPACK_PACKAGE_NAME slipway)
set(CPACK_PACKAGE_FILE_NAME slipway-${PROJECT_VERSION}-windows-x86_64)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
