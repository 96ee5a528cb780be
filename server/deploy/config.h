/* SPDX-License-Identifier: ISC */
#ifndef SERVER_DEPLOY_CONFIG_H
#define SERVER_DEPLOY_CONFIG_H

/*
 * Where a repository is deployed: deploy.json in the repository, never below served/.
 *
 *	{"format": 1, "place": "sftp://USER@HOST/PATH", "key": FILE, "host_keys": ["SHA256:…"]}
 *	{"format": 1, "place": "/absolute/directory"}
 */
#include "lib/base/list.h"
#include "lib/os/file.h"

#define DEPLOY_FILE "deploy.json"

/* In keys/ACCOUNT/ of a shared repository: this person's login key, instead of the one above. */
#define DEPLOY_OWN_KEY "deploy"

#define DEPLOY_HOST_KEYS_MAX 16

struct deploy_config {
	char *place; /* owned, as all texts here */
	char *key;   /* private login key; NULL for a directory */
	struct strings host_keys;
};

/* Reads the file; top is the repository.  1, 0 (never set), or -1 with ERR_CONFIG and others. */
int deploy_config_read(struct dir *top, struct deploy_config *out, struct err *e);

/* Checks c and writes it.  0, or -1 with ERR_USAGE and others. */
int deploy_config_write(struct dir *top, const struct deploy_config *c, struct err *e);

void deploy_config_free(struct deploy_config *c);

#endif
