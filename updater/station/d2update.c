/* SPDX-License-Identifier: ISC */
/* D2000's own updater. */
#include "updater/station/d2update.h"

#include "lib/base/text.h"
#include "lib/os/places.h"
#include "lib/settings/application.h"
#include "lib/settings/view.h"

/* Whether a key is there: 1, 0, -1. */
static int
key_is_there(struct settings *s, const char *key, struct err *e)
{
	static const struct settings_walk nothing = { NULL, NULL, NULL };

	return settings_list(s, key, &nothing, e);
}

static int
check_d2update_key(struct settings *s, const char *key, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = key_is_there(s, key, e), got;
	bool off;

	if (rc != 1)
		return rc;
	if ((got = settings_get(s, key, SETTINGS_D2UPDATE_PROTOCOL, &v, e)) == -1)
		return -1;
	off = got == 1 && ascii_same(value_get_text(&v), SETTINGS_D2UPDATE_OFF);
	if (!off)
		err_setx(e, ERR_CONFIG,
		    "D2Update is on (%s: %s is %.40s): a program that Slipway starts fetches with it, "
		    "too, into the same folders; switch it off: slipway settings set %c%s%c %s %s",
		    key, SETTINGS_D2UPDATE_PROTOCOL,
		    got == 0	     ? "not set, which is FTP"
			: v.len == 0 ? "empty"
				     : value_get_text(&v),
		    place_quote(), key, place_quote(), SETTINGS_D2UPDATE_PROTOCOL,
		    SETTINGS_D2UPDATE_OFF);
	value_free(&v);
	return off ? 0 : -1;
}

int
d2update_check(struct settings *s, const char *installation, struct err *e)
{
	struct buf key = BUF_INIT(2 * SETTING_KEY_MAX), key32 = BUF_INIT(2 * SETTING_KEY_MAX);
	int rc = buf_addf(&key, e, SETTINGS_VENDOR_KEY "\\%s\\" SETTINGS_D2UPDATE, installation);

	if (rc == 0)
		rc = view32_of(buf_text(&key), &key32, e) == -1 ? -1 : 0;
	if (rc == 0)
		rc = check_d2update_key(s, buf_text(&key), e);
	if (rc == 0)
		rc = check_d2update_key(s, buf_text(&key32), e);
	buf_free(&key);
	buf_free(&key32);
	return rc;
}
