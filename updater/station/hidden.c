/* SPDX-License-Identifier: ISC */
/* The enrolment that doesn't count beside the one that does. */
#include "updater/station/hidden.h"

#include <stdlib.h>

#include "lib/os/places.h"
#include "lib/settings/settings.h"
#include "updater/station/enrolled.h"
#include "updater/station/station.h"

/* What is enrolled in a key file; nothing where that can't be read. */
static int
read_enrolled(const char *path, struct application_pairs *all, struct strings *names, struct err *e)
{
	struct settings *s = settings_open_files(path, NULL, e);
	int rc = 0;

	if (s == NULL || enrolled_load(s, all, e) == -1)
		rc = e->code == ERR_NOMEM ? -1 : 0;
	for (size_t i = 0; rc == 0 && i < all->installations.n; i++) {
		struct buf name = BUF_INIT(2 * SETTING_PART_MAX + 2);

		rc = buf_addf(&name, e, "%s/%s", all->installations.v[i], all->applications.v[i]);
		if (rc == 0)
			rc = strings_add(names, buf_text(&name), e);
		buf_free(&name);
	}
	settings_close(s);
	return rc;
}

static int
add_text(const struct hidden *h, const struct application_pairs *all, bool own, struct buf *out,
    struct err *e)
{
	if (!own)
		return buf_addf(out, e,
		    "the enrolment of this computer in %s counts for nothing, because SLIPWAY_HOME is "
		    "set; unset it, or take away what is enrolled there: slipway unenroll",
		    h->settings);
	if (buf_addf(out, e,
		"your own enrolment of %s in %s counts for nothing, because this computer is a "
		"station for all users; take your own away: slipway unenroll --user",
		h->enrolled.v[0], h->settings) == -1)
		return -1;
	return h->enrolled.n == 1 ? 0
				  : buf_addf(out, e, " --installation %s --app %s",
					all->installations.v[0], all->applications.v[0]);
}

int
hidden_load(struct hidden *h, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX), text = BUF_INIT(2 * STATION_PATH_MAX);
	struct application_pairs all = APPLICATION_PAIRS_INIT;
	bool own;
	int rc;

	*h = (struct hidden){ .settings = NULL };
	if ((rc = place_hidden(&path, &own, e)) == 1 &&
	    (rc = read_enrolled(buf_text(&path), &all, &h->enrolled, e)) == 0 &&
	    h->enrolled.n > 0) {
		h->settings = (char *)buf_steal(&path);
		if ((rc = add_text(h, &all, own, &text, e)) == 0)
			h->text = (char *)buf_steal(&text);
	}
	application_pairs_free(&all);
	buf_free(&path);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

void
hidden_free(struct hidden *h)
{
	free(h->settings);
	free(h->text);
	strings_free(&h->enrolled);
	*h = (struct hidden){ .settings = NULL };
}
