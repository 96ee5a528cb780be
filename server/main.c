/*
 * slipway-repo: the maintainer's side of Slipway.
 */
#include "command.h"
#include "script/runner.h"

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &script_child_role, NULL };

	child_main(roles, argc, argv);
	return server_main(argc, argv);
}
