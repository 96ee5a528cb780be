# SPDX-License-Identifier: ISC
# The target "uninstall": removes the files that the last "cmake --install" of this build put somewhere, and the
# directories of ours that are empty then.  What stations and repositories made stays.  CMake runs this file also as
# that target's script.
if(NOT CMAKE_SCRIPT_MODE_FILE)
	if(NOT WIN32) # there the zip's folder is removed
		add_custom_target(uninstall
			COMMAND ${CMAKE_COMMAND} -D BUILD=${PROJECT_BINARY_DIR} -P ${CMAKE_CURRENT_LIST_FILE} VERBATIM)
	endif()
	return()
endif()

# A component that was installed alone has a list of its own.
file(GLOB lists ${BUILD}/install_manifest.txt ${BUILD}/install_manifest_*.txt)
if(NOT lists)
	message(FATAL_ERROR "uninstall: want the list of an installation in ${BUILD}, found none; "
		"install with this build first, or remove the files by hand")
endif()

# An installation for a package has its files below $DESTDIR.
set(removed 0)
set(folders "")
foreach(list ${lists})
	file(STRINGS ${list} files ENCODING UTF-8)
	foreach(file ${files})
		set(file $ENV{DESTDIR}${file})
		if(EXISTS ${file} OR IS_SYMLINK ${file})
			file(REMOVE ${file})
			if(EXISTS ${file} OR IS_SYMLINK ${file})
				message(FATAL_ERROR "uninstall: ${file}: can't be removed; run this as who installed it")
			endif()
			math(EXPR removed "${removed} + 1")
		endif()
		get_filename_component(folder ${file} DIRECTORY)
		while(folder MATCHES "/slipway[^/]*(/|$)")
			list(APPEND folders ${folder})
			get_filename_component(folder ${folder} DIRECTORY)
		endwhile()
	endforeach()
endforeach()

# The deepest first.  rmdir leaves a directory that holds somebody else's files.
list(REMOVE_DUPLICATES folders)
list(SORT folders ORDER DESCENDING)
foreach(folder ${folders})
	execute_process(COMMAND rmdir ${folder} OUTPUT_QUIET ERROR_QUIET)
endforeach()
message(STATUS "uninstall: removed ${removed} files")
