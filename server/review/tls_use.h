/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_TLS_USE_H
#define SERVER_REVIEW_TLS_USE_H

/* The TLS settings that the scripts of a release leave, and the files of the release in them. */
#include "lib/base/list.h"
#include "lib/settings/tls_setting.h"
#include "server/review/outcome.h"

struct tls_use {
	const char *key, *text; /* text NULL: the value is no text */
	const char *system;	/* "linux"; NULL: all, with the same TLS settings in the key */
	/* what other settings the same system has; see outcome.h */
	const json_t *settings;
	const char *value; /* the form of key files: "dword:30" */
};

/*
 * Call each() for each key ...\TLS_Client or ...\TLS_Server in which the setting is set, once where
 * the systems have the same TLS settings in it.  Returns 0, or -1 after a call that returned -1.
 */
int tls_uses(const struct outcome *o, enum tls_setting which,
    int (*each)(void *arg, const struct tls_use *u, struct err *e), void *arg, struct err *e);

/*
 * Whether another setting is set in the same key, or in that of the other hive, and isn't empty: of
 * files, has a name of one.
 */
bool tls_use_has(const struct tls_use *u, enum tls_setting other);

/*
 * Call each() for each name of a file in the value that stands for a file of the release:
 * "app/server.crt" for "%AppDir%\server.crt", "install/..." for InstallDir.  Returns 0 or -1.
 */
int tls_use_files(const struct tls_use *u,
    int (*each)(void *arg, const struct tls_use *u, const char *path, struct err *e), void *arg,
    struct err *e);

/* Notes of tls_use_strays(). */
#define TLS_STRAYS_MAX 10

/*
 * Append notes for people, each once: of names in these keys that no TLS setting has, and of a
 * level in another key, which count for nothing.  Returns 0 or -1.
 */
int tls_use_strays(const struct outcome *o, struct strings *notes, struct err *e);

#endif
