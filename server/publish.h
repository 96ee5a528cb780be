#ifndef SERVER_PUBLISH_H
#define SERVER_PUBLISH_H

/*
 * Publishing a release of an application: target files first, then the application's role, targets (when the
 * application is new), snapshot, and timestamp last.
 */
#include <stdbool.h>
#include <stdint.h>

#include "passphrase.h"
#include "release.h"
#include "repo.h"
#include "tuf/sign.h"

struct published {
	bool new_app;		/* the application was delegated by this */
	char keyid[SHA256_HEX_SIZE];	/* its key, when new_app */
	int64_t release;	/* number of the release */
	size_t files, stored;	/* files in it, and how many were not in the repository yet */
	uint64_t bytes;
};

/*
 * r must be locked.  0, or -1 with ERR_CONFLICT (the current release is the same), what release_scan() gave,
 * what reading the keys gave, and others.
 */
int publish_release(struct repo *r, const char *app, const char *path, const struct passphrases *p,
    struct published *out, struct err *e);

#endif
