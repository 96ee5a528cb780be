/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_CONFIG_H
#define LIB_TLS_CONFIG_H

/* What the settings say at one moment. */
#include "lib/settings/tls_setting.h"
#include "lib/x509/source.h"
#include "slipway/tls.h"

#define TLS_WARN_DAYS 30 /* default of TLS_ExpiryWarnDays */

struct tls_config {
	enum tls_level level;
	bool set[TLS_SETTING_COUNT];   /* others are absent */
	bool level_absent, tls12, ask; /* ask: for a client's certificate */
	unsigned warn_days;
	char *where; /* the level was looked for, owned; NULL: the program gave it */
	/* texts: names there that no setting has; that the level is absent; owned, or NULL */
	char *unknown, *absent;
	char *missing; /* text: a setting that isn't there, which the level needs; owned, or NULL */
	char *relative; /* at level None: what is wrong with a file's name; owned, or NULL */
	/* text is owned, "" when not set; NULL only before config_decide() */
	struct source source[TLS_SETTING_COUNT];
};

/*
 * Read the settings of an application from the store; *stamp is the store's before that.  Returns
 * 0, or -1 with e and c empty.
 */
int config_read(struct settings *s, enum slipway_tls_side side, const char *installation,
    const char *application, struct tls_config *c, struct settings_stamp *stamp, struct err *e);

/*
 * Set one setting from a copy of the caller's bytes; data NULL: it is absent.  Returns 0, or -1
 * with ERR_NOMEM.
 */
int config_set(struct tls_config *c, enum tls_setting s, const void *data, size_t len, bool content,
    struct err *e);

/*
 * Set those that are absent to "", and read the others from their texts; a setting that is there
 * without a text is an error.  Returns 0, or -1 with ERR_CONFIG or ERR_NOMEM.
 */
int config_decide(struct tls_config *c, struct err *e);

void config_free(struct tls_config *c);

#endif
