/* SPDX-License-Identifier: ISC */
/* The database of a CA. */
#include "server/cert/ca_db.h"

#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/base/list.h"
#include "lib/os/json_file.h"
#include "lib/x509/facts.h"

#define FILE_MODE 0640 /* a shared repository's group reads it; else the directory is 0700 */

/* As RFC 5280 and openssl ca write them; certificateHold and removeFromCRL aren't offered. */
static const struct {
	const char *text;
	int number;
} reasons[] = {
	{ "unspecified", 0 },
	{ "keyCompromise", 1 },
	{ "CACompromise", 2 },
	{ "affiliationChanged", 3 },
	{ "superseded", 4 },
	{ "cessationOfOperation", 5 },
	{ "privilegeWithdrawn", 9 },
};

int
ca_reason(const char *text)
{
	for (size_t i = 0; i < N(reasons); i++)
		if (strcmp(reasons[i].text, text) == 0)
			return reasons[i].number;
	return -1;
}

json_t *
ca_db_new(struct err *e)
{
	json_t *db = json_pack("{s:i,s:[],s:i}", "crl", 0, "issued", "slipway_ca", 1);

	if (db == NULL)
		err_nomem(e);
	return db;
}

const char *
ca_db_text(const json_t *entry, const char *member)
{
	const char *text = json_string_value(json_object_get(entry, member));

	return text == NULL ? "" : text;
}

static bool
valid_time(const json_t *entry, const char *member)
{
	const char *text = ca_db_text(entry, member);
	int64_t t;

	return date_parse(text, strlen(text), &t) == 0;
}

static bool
valid_serial(const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && len % 2 == 0 && len < CERT_SERIAL_SIZE &&
	    strspn(text, "0123456789abcdef") == len;
}

static bool
valid_entry(const json_t *entry)
{
	const json_t *revoked = json_object_get(entry, "revoked");

	return valid_serial(ca_db_text(entry, "serial")) && valid_time(entry, "from") &&
	    valid_time(entry, "to") && strlen(ca_db_text(entry, "sha256")) == SHA256_HEX_SIZE - 1 &&
	    strspn(ca_db_text(entry, "sha256"), "0123456789abcdef") == SHA256_HEX_SIZE - 1 &&
	    json_is_string(json_object_get(entry, "name")) &&
	    json_is_string(json_object_get(entry, "subject")) &&
	    json_is_string(json_object_get(entry, "usage")) &&
	    (revoked == NULL ||
		(valid_time(revoked, "time") && ca_reason(ca_db_text(revoked, "reason")) != -1));
}

int
ca_db_check(const json_t *db, struct err *e)
{
	const json_t *issued = json_object_get(db, "issued"), *entry;
	size_t i;

	if (json_integer_value(json_object_get(db, "slipway_ca")) != 1 ||
	    !json_is_integer(json_object_get(db, "crl")) ||
	    json_integer_value(json_object_get(db, "crl")) < 0 ||
	    json_integer_value(json_object_get(db, "crl")) > CA_CRL_MAX || !json_is_array(issued))
		return err_setx(e, ERR_SYNTAX, "not the database of a CA that this program knows");
	if (json_array_size(issued) > CA_ISSUED_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d certificates", CA_ISSUED_MAX);
	json_array_foreach (issued, i, entry) {
		if (!valid_entry(entry))
			return err_setx(e, ERR_SYNTAX, "certificate %zu is not as it was written",
			    i + 1);
	}
	return 0;
}

json_t *
ca_db_read(struct dir *d, struct err *e)
{
	json_t *db = json_file_read(d, CA_DB_FILE, CA_DB_MAX, e);

	if (db == NULL || ca_db_check(db, e) == 0)
		return db;
	err_context(e, "%s/%s", dir_path(d), CA_DB_FILE);
	json_decref(db);
	return NULL;
}

int
ca_db_write(struct dir *d, const json_t *db, struct err *e)
{
	return json_file_write(d, CA_DB_FILE, db, CA_DB_MAX, FILE_MODE, e);
}

int
ca_db_add(json_t *db, X509 *x, const char *name, enum cert_usage usage, struct err *e)
{
	char serial[CERT_SERIAL_SIZE], hex[SHA256_HEX_SIZE], from[DATE_TEXT_SIZE],
	    to[DATE_TEXT_SIZE];
	json_t *issued = json_object_get(db, "issued");
	struct cert_facts f;

	if (json_array_size(issued) >= CA_ISSUED_MAX)
		return err_setx(e, ERR_TOO_LARGE,
		    "this CA has issued %d certificates; make another one", CA_ISSUED_MAX);
	if (cert_serial(X509_get0_serialNumber(x), serial, e) == -1 || cert_facts(x, &f, e) == -1)
		return -1;
	date_format(f.from, from);
	date_format(f.to, to);
	hex_encode(f.sha256, SHA256_SIZE, hex);
	if (json_array_append_new(issued,
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "serial", serial, "sha256", hex, "name",
		    name, "subject", f.subject, "usage", cert_usage_text(usage), "from", from, "to",
		    to)) == -1)
		return err_nomem(e);
	return 0;
}

json_t *
ca_db_find(const json_t *db, const char *member, const char *text, struct err *e)
{
	json_t *found = NULL, *revoked = NULL, *entry;
	bool part = strcmp(member, "serial") == 0;
	size_t i, len = strlen(text);

	json_array_foreach (json_object_get(db, "issued"), i, entry) {
		const char *value = ca_db_text(entry, member);

		if (part ? strncmp(value, text, len) != 0 : strcmp(value, text) != 0)
			continue;
		if (json_object_get(entry, "revoked") != NULL) {
			revoked = entry;
		} else if (found != NULL) {
			err_setx(e, ERR_CONFLICT,
			    "several certificates have the %s %s; give the whole serial number",
			    member, text);
			return NULL;
		} else {
			found = entry;
		}
	}
	if (found == NULL && revoked == NULL)
		err_setx(e, ERR_NOENT, "this CA has issued no certificate with the %s '%s'", member,
		    text);
	return found != NULL ? found : revoked;
}

int
ca_db_revoke(json_t *entry, const char *reason, struct err *e)
{
	char now[DATE_TEXT_SIZE];

	if (ca_reason(reason) == -1)
		return err_setx(e, ERR_USAGE,
		    "--reason: want unspecified, keyCompromise, CACompromise, affiliationChanged, superseded, "
		    "cessationOfOperation or privilegeWithdrawn, got '%s'",
		    reason);
	if (json_object_get(entry, "revoked") != NULL)
		return 0;
	date_format(clock_wall(), now);
	if (json_object_set_new(entry, "revoked",
		json_pack("{s:s,s:s}", "reason", reason, "time", now)) == -1)
		return err_nomem(e);
	return 1;
}
