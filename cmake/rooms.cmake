# SPDX-License-Identifier: ISC
# A room is a folder of modules with one duty, and one static library.  docs/architecture.md has the picture.
#
# room(NAME SOURCES FILE... [USES ROOM...] [PUBLIC LIBRARY...] [PRIVATE LIBRARY...])
# USES names the rooms below that its code may include and call.
function(room name)
	cmake_parse_arguments(ROOM "" "" "SOURCES;USES;PUBLIC;PRIVATE" ${ARGN})
	add_library(${name} STATIC ${ROOM_SOURCES})
	target_link_libraries(${name}
		PUBLIC ${ROOM_USES} ${ROOM_PUBLIC}
		PRIVATE ${ROOM_PRIVATE} slipway_flags)
	set_property(GLOBAL APPEND PROPERTY SLIPWAY_ROOMS ${name})
	set_property(TARGET ${name} PROPERTY SLIPWAY_USES ${ROOM_USES})
endfunction()
