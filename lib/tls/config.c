/*
 * From settings to what a connection needs.  Fails closed: what can't be read is an error, never a weaker level.
 */
#include "tls_internal.h"

#include <stdlib.h>
#include <string.h>

#include "settings/application.h"
#include "settings/expand.h"
#include "settings/settings.h"

void
config_free(struct tls_config *c)
{
	free(c->key_file);
	free(c->cert_file);
	free(c->trusted);
	memset(c, 0, sizeof *c);
}

/* A text setting; for files, with names expanded and '\' as a separator.  1 set, 0 absent (*out ""), -1. */
static int
text(struct settings *s, const char *key, const char *name, bool file, char **out, struct err *e)
{
	struct expand_names names = { .environment = true };
	struct value v = VALUE_INIT;
	struct buf b = BUF_INIT(EXPAND_MAX);
	int rc = settings_get(s, key, name, &v, e);

	if (rc == 1 && v.type != VALUE_STRING && v.type != VALUE_EXPAND)
		rc = err_setx(e, ERR_CONFIG, "%s: want a text, got a %s", name, value_type_name(v.type));
	if (rc == 1 && (file ? expand(value_get_text(&v), v.len, &names, &b, e) :
			       buf_adds(&b, value_get_text(&v), e)) == -1)
		rc = err_context(e, "%s", name);
	if (rc != -1 && (*out = strdup(buf_text(&b))) == NULL)
		rc = err_nomem(e);
	if (rc == 1 && file)
		for (char *p = *out; *p != '\0'; p++)
			if (*p == '\\')
				*p = '/';
	buf_free(&b);
	value_free(&v);
	return rc;
}

static int
parse_level(const char *level, struct tls_config *c, struct err *e)
{
	static const char *const names[] = { "None", "TLSNoPeerAuth", "TLSPeerAuth" };

	for (int i = 0; i < 3; i++)
		if (strcmp(level, names[i]) == 0) {
			c->level = (enum tls_level)i;
			return 0;
		}
	return err_setx(e, ERR_CONFIG,
	    "TLS_RequiredLevel: want None, TLSNoPeerAuth or TLSPeerAuth, got '%.40s'", level);
}

int
config_read(enum slipway_tls_side side, const char *installation, const char *application,
    struct tls_config *c, struct err *e)
{
	struct buf inst = BUF_INIT(SETTING_PART_MAX), app = BUF_INIT(SETTING_PART_MAX),
		   key = BUF_INIT(SETTING_KEY_MAX);
	struct settings *s = NULL;
	char *level = NULL;
	int rc = -1, found;

	memset(c, 0, sizeof *c);
	if ((s = settings_open(e)) == NULL ||
	    application_find(s, installation, application, &inst, &app, e) == -1 ||
	    application_key(&key, buf_text(&inst), buf_text(&app), e) == -1 ||
	    buf_adds(&key, side == SLIPWAY_TLS_SERVER ? "\\TLS_Server" : "\\TLS_Client", e) == -1 ||
	    (found = text(s, buf_text(&key), "TLS_RequiredLevel", false, &level, e)) == -1 ||
	    text(s, buf_text(&key), "TLS_KeyFile", true, &c->key_file, e) == -1 ||
	    text(s, buf_text(&key), "TLS_CertFile", true, &c->cert_file, e) == -1 ||
	    text(s, buf_text(&key), "TLS_TrustedCerts", true, &c->trusted, e) == -1)
		goto out;
	c->level_absent = found == 0;
	rc = found == 0 ? 0 : parse_level(level, c, e);
out:
	if (rc == -1)
		config_free(c);
	free(level);
	settings_close(s);
	buf_free(&inst);
	buf_free(&app);
	buf_free(&key);
	return rc;
}
