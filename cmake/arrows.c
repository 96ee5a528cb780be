/* SPDX-License-Identifier: ISC */
/* The main() of the programs arrows_ROOM, which only have to link; cmake/rooms.cmake. */
int
main(void)
{
	return 0;
}
