/*
 * slipway-repo: the maintainer's side of Slipway.
 */
#include "command.h"

int
main(int argc, char **argv)
{
	return server_main(argc, argv);
}
