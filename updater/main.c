/*
 * slipway: all of it is in a library, so that tests link what ships.
 */
#include "cmd.h"

int
main(int argc, char **argv)
{
	return slipway_main(argc, argv);
}
