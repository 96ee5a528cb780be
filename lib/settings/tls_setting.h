/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_TLS_SETTING_H
#define LIB_SETTINGS_TLS_SETTING_H

/*
 * The settings of the TLS library, in a key ...\TLS_Server or ...\TLS_Client: their names, the
 * names of files in them, and those that stand where they count for nothing.  What the others mean
 * is for the library.
 */
#include "lib/settings/settings.h"

enum tls_setting {
	TLS_LEVEL,
	TLS_KEY_FILE,
	TLS_CERT_FILE,
	TLS_TRUSTED,
	TLS_CRL_FILE,
	TLS_MIN_VERSION,
	TLS_EXPIRY_WARN_DAYS,
	TLS_ASK_CLIENT_CERT,
	TLS_SETTING_COUNT
};

const char *tls_setting_name(enum tls_setting s);

/* Most days of TLS_ExpiryWarnDays. */
#define TLS_WARN_DAYS_MAX 3650

/* Whether a key is one of a side: its last part is TLS_Client or TLS_Server. */
bool tls_setting_is_side(const char *key);

/* Whether it names files. */
bool tls_setting_is_file(enum tls_setting s);

/* The setting of a name; -1: none. */
int tls_setting_find(const char *name);

/* The words of TLS_RequiredLevel. */
enum tls_level { TLS_LEVEL_NONE, TLS_LEVEL_NO_PEER_AUTH, TLS_LEVEL_PEER_AUTH, TLS_LEVEL_COUNT };
const char *tls_level_name(enum tls_level level);

/* The level of a word, which counts as it is written; -1: none. */
int tls_level_find(const char *word);

/*
 * Append the names of files in a value: %NAME% expanded, with '/' as separators or what people
 * write on this system, without blanks at the ends.  Returns 0, or -1 as expand(), or ERR_CONFIG:
 * the value isn't a text.
 */
int tls_setting_files(const struct value *v, struct buf *out, struct err *e);

/*
 * Texts for people, to be freed.  A hint that can't be had is NULL: nothing fails for its sake.
 *
 * A key and the file (or registry) that has it; NULL with ERR_NOMEM.
 */
char *tls_setting_where(struct settings *s, const char *key, struct err *e);

/* That a key has names that no setting has, which count for nothing; NULL: it has none. */
char *tls_setting_tell_unknown(struct settings *s, const char *key);

/* That the level isn't set in a key, and where it stands instead. */
char *tls_setting_tell_absent(struct settings *s, const char *key);

/* The same of a setting without which no connection is made. */
char *tls_setting_tell_missing(struct settings *s, const char *key, enum tls_setting which);

/*
 * Where a setting stands that isn't in a key, in the commonest wrong places: one and two keys up,
 * the other side's branch, and the same key of HKCU.  NULL: nowhere.
 */
char *tls_setting_elsewhere(struct settings *s, const char *key, enum tls_setting which);

#endif
