# SPDX-License-Identifier: ISC
# What a program has on Windows besides its sources.  On other platforms nothing of this happens.
if(WIN32)
	enable_language(RC)
endif()

# What Explorer shows of a target's file, and what else is in cmake/program.rc.in.
function(windows_resource target name ending type manifest description)
	set(resource ${CMAKE_CURRENT_BINARY_DIR}/${target}.rc)
	configure_file(${PROJECT_SOURCE_DIR}/cmake/program.rc.in ${resource} @ONLY)
	target_sources(${target} PRIVATE ${resource})
	set_property(GLOBAL APPEND PROPERTY SLIPWAY_WINDOWS_PROGRAMS ${target})
endfunction()

# windows_program(TARGET DESCRIPTION): arguments in UTF-8, what Explorer shows of the file, a manifest.
function(windows_program target description)
	if(NOT WIN32)
		return()
	endif()
	set(manifest ${PROJECT_SOURCE_DIR}/cmake/program.manifest)
	windows_resource(${target} ${target} exe APP "1 24 \"${manifest}\"" "${description}")
	set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/${target}.rc PROPERTIES OBJECT_DEPENDS ${manifest})
	target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/lib/os/main_windows.c)
	target_link_libraries(${target} PRIVATE os slipway_flags)
	target_link_options(${target} PRIVATE -municode)
endfunction()

# windows_library(TARGET NAME DESCRIPTION): what Explorer shows of NAME.dll.
function(windows_library target name description)
	windows_resource(${target} ${name} dll DLL "" "${description}")
endfunction()
