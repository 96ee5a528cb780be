/* SPDX-License-Identifier: ISC */
/* Watching a key of the registry. */
#include "lib/settings/watch_windows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings/registry_windows.h"

static void
stop(struct watch *w)
{
	if (w->key != NULL)
		RegCloseKey(w->key);
	w->key = NULL;
	if (w->event != NULL)
		CloseHandle(w->event);
	w->event = NULL;
}

void
watch_end(struct watch *w)
{
	stop(w);
	free(w->watched);
	w->watched = NULL;
}

/* Begins to watch, or continues after a change.  A key that doesn't exist isn't watched. */
static void
watch(struct watch *w, const char *key)
{
	struct err ignored;

	w->notices++;
	if (w->key == NULL) {
		stop(w);
		if (registry_open(key, KEY_NOTIFY, &w->key, &ignored) != 1)
			w->key = NULL;
		else
			w->event = CreateEventW(NULL, FALSE, FALSE, NULL);
	}
	if (w->key != NULL &&
	    (w->event == NULL ||
		RegNotifyChangeKeyValue(w->key, TRUE,
		    REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET |
			REG_NOTIFY_THREAD_AGNOSTIC,
		    w->event, TRUE) != ERROR_SUCCESS))
		stop(w);
}

uint64_t
watch_stamp(struct watch *w, const char *key)
{
	bool new = w->watched == NULL || strcmp(w->watched, key) != 0;

	if (new) {
		stop(w);
		free(w->watched);
		w->watched = strdup(key);
	}
	/* Without a watch each stamp is new: the caller reads again, which is right but slow. */
	if (new || w->key == NULL || WaitForSingleObject(w->event, 0) != WAIT_TIMEOUT)
		watch(w, key);
	return w->notices;
}
