/* SPDX-License-Identifier: ISC */
/* Where things are: what all platforms share. */
#include "lib/os/places_system.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/text.h"

int
place_known(const char *name, size_t len, struct buf *out, struct err *e)
{
	for (const struct place_known *k = place_known_folders; k->name != NULL; k++)
		if (ascii_same_n(k->name, strlen(k->name), name, len))
			return k->get(out, e) == -1 ? -1 : 1;
	return 0;
}

bool
place_of_user(const char *name, size_t len)
{
	static const char *const names[] = { "AppData", "LocalAppData", "UserProfile", "Temp" };

	for (size_t i = 0; i < N(names); i++)
		if (ascii_same_n(names[i], strlen(names[i]), name, len))
			return true;
	return false;
}

const char *
place_known_name(size_t i)
{
	return place_known_folders[i].name;
}
