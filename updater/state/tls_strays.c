/* SPDX-License-Identifier: ISC */
/* Settings of the TLS library that count for nothing. */
#include "updater/state/tls_strays.h"

#include <stdlib.h>
#include <string.h>

#include "lib/settings/application.h"
#include "lib/settings/tls_setting.h"

static bool
is_set(struct settings *s, const char *key, enum tls_setting which)
{
	struct value v = VALUE_INIT;
	struct err ignored;
	/* One that can't be read is no hint. */
	bool set = settings_get(s, key, tls_setting_name(which), &v, &ignored) != 0;

	value_free(&v);
	return set;
}

static bool
is_there(struct settings *s, const char *key)
{
	const struct settings_walk nothing = { NULL, NULL, NULL };
	struct err ignored;

	return settings_list(s, key, &nothing, &ignored) == 1;
}

/*
 * Whether the level of a side that has no settings stands elsewhere by mistake: beside a
 * TLS_KeyFile it is a Kernel's own.
 */
static bool
is_misplaced(struct settings *s, const char *key)
{
	char *there = tls_setting_elsewhere(s, key);
	bool misplaced = there != NULL && !is_set(s, there, TLS_KEY_FILE);

	free(there);
	return misplaced;
}

/* Append a line, which is freed. */
static int
tell(struct strings *out, char *line, struct err *e)
{
	int rc = line == NULL ? 0 : strings_add(out, line, e);

	free(line);
	return rc;
}

int
tls_strays(struct settings *s, const struct station *st, struct strings *out, struct err *e)
{
	static const char *const sides[] = { "TLS_Client", "TLS_Server" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < N(sides); i++) {
		struct buf key = BUF_INIT(SETTING_KEY_MAX);

		if (application_key(&key, st->installation, st->application, e) == -1 ||
		    buf_addf(&key, e, "\\%s", sides[i]) == -1) {
			rc = -1;
		} else if (is_there(s, buf_text(&key)) ||
		    (i == 0 && is_misplaced(s, buf_text(&key)))) {
			rc = tell(out, tls_setting_tell_unknown(s, buf_text(&key)), e);
			if (rc == 0 && !is_set(s, buf_text(&key), TLS_LEVEL))
				rc = tell(out, tls_setting_tell_absent(s, buf_text(&key)), e);
		}
		buf_free(&key);
	}
	return rc;
}
