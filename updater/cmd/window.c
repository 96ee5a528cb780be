/* SPDX-License-Identifier: ISC */
/* When a person gets a window. */
#include "updater/cmd/window.h"

bool
window_is_due(bool heard, bool seen, bool silent)
{
	return !heard && seen && !silent;
}
