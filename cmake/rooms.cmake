# SPDX-License-Identifier: ISC
# A room is a folder of modules with one duty, and one static library.  docs/architecture.md has the picture.
#
# room(NAME SOURCES FILE... [WINDOWS FILE...] [USES ROOM...] [PUBLIC LIBRARY...] [PRIVATE LIBRARY...])
# USES names the rooms below that the room's code may include and call.  WINDOWS names sources without a POSIX twin.
#
# Two checks hold the arrows, because a static library takes any name that another library of the program has:
# - arrows_NAME, a program of all objects of the room and of the rooms that it uses, doesn't link when the room
#   calls a room above or beside it;
# - scripts/rooms.py compares each #include with rooms.txt, because structs and macros leave no symbol.
function(room name)
	cmake_parse_arguments(ROOM "" "" "SOURCES;WINDOWS;USES;PUBLIC;PRIVATE" ${ARGN})
	add_library(${name} STATIC ${ROOM_SOURCES})
	if(WIN32)
		target_sources(${name} PRIVATE ${ROOM_WINDOWS})
	endif()
	target_link_libraries(${name}
		PUBLIC ${ROOM_USES} ${ROOM_PUBLIC}
		PRIVATE ${ROOM_PRIVATE} slipway_flags)
	room_is(${name} "${ROOM_SOURCES};${ROOM_WINDOWS}" "${ROOM_USES}")
	if(BUILD_TESTING AND NOT WIN32)
		room_arrows(${name} ${ROOM_USES} ${ROOM_PUBLIC} ${ROOM_PRIVATE})
	endif()
endfunction()

# room_is(NAME SOURCES USES): what rooms_write() tells of a room.
function(room_is name sources uses)
	file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
	string(GENEX_STRIP "${sources}" sources)
	list(JOIN sources " " sources)
	list(JOIN uses " " uses)
	set_property(GLOBAL APPEND PROPERTY SLIPWAY_ROOMS "${name}: ${folder}: ${sources}: ${uses}")
endfunction()

# room_arrows(TARGET LIBRARY...): the program arrows_TARGET.  It is linked and never run.
function(room_arrows target)
	add_executable(arrows_${target} ${PROJECT_SOURCE_DIR}/cmake/arrows.c $<TARGET_OBJECTS:${target}>)
	target_link_libraries(arrows_${target} PRIVATE ${ARGN} slipway_flags)
	set_target_properties(arrows_${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/arrows)
endfunction()

# rooms_write(): rooms.txt in the build directory, a line "NAME: FOLDER: SOURCES: USES" for each room.
function(rooms_write)
	get_property(rooms GLOBAL PROPERTY SLIPWAY_ROOMS)
	list(JOIN rooms "\n" rooms)
	file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/rooms.txt CONTENT "@rooms@\n" @ONLY)
endfunction()
