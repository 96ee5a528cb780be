/* SPDX-License-Identifier: ISC */
/* Where a repository is deployed. */
#include "server/deploy/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/json_file.h"
#include "lib/os/path.h"
#include "lib/sftp/url.h"
#include "server/repo/share.h"

#define FORMAT	  1
#define FILE_MAX  (64u * 1024)
#define FILE_MODE 0644

#define DEPLOY_PATH_MAX 8192 /* bytes */

/* "SHA256:" and 43 base64 digits, as ssh-keygen -l prints it. */
#define PRINT_DIGITS 43

void
deploy_config_free(struct deploy_config *c)
{
	free(c->place);
	free(c->key);
	strings_free(&c->host_keys);
	*c = (struct deploy_config){ 0 };
}

static bool
is_sftp(const char *place)
{
	return strncmp(place, "sftp:", 5) == 0;
}

static bool
is_print(const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strncmp(text, "SHA256:", 7) == 0 && strspn(text + 7, digits) == PRINT_DIGITS &&
	    text[7 + PRINT_DIGITS] == '\0';
}

static int
check_server(const struct deploy_config *c, struct err *e)
{
	struct url url;

	if (url_parse(c->place, strlen(c->place), &url, e) == -1)
		return -1;
	if (c->key == NULL || !path_absolute(c->key))
		return err_setx(e, ERR_USAGE,
		    "%s: want the login key of an account that may write "
		    "there: --key FILE",
		    c->place);
	if (c->host_keys.n == 0 || c->host_keys.n > DEPLOY_HOST_KEYS_MAX)
		return err_setx(e, ERR_USAGE,
		    "%s: want the server's host key, as ssh-keygen -l prints it there: --host-key "
		    "SHA256:…",
		    c->place);
	for (size_t i = 0; i < c->host_keys.n; i++)
		if (!is_print(c->host_keys.v[i]))
			return err_setx(e, ERR_USAGE,
			    "host key '%.100s': want SHA256: and 43 characters, as ssh-keygen -l "
			    "prints it",
			    c->host_keys.v[i]);
	return 0;
}

static int
check_place(const struct deploy_config *c, struct err *e)
{
	if (is_sftp(c->place))
		return check_server(c, e);
	if (!path_absolute(c->place))
		return err_setx(e, ERR_USAGE,
		    "'%.200s': want sftp://USER@HOST/PATH or the absolute path of a directory",
		    c->place);
	if (c->key != NULL || c->host_keys.n > 0)
		return err_setx(e, ERR_USAGE,
		    "%s: a directory of this computer has neither login nor host key", c->place);
	return 0;
}

static int
take_texts(const json_t *j, struct deploy_config *out, struct err *e)
{
	const char *place = json_string_value(json_object_get(j, "place")),
		   *key = json_string_value(json_object_get(j, "key"));
	const json_t *keys = json_object_get(j, "host_keys"), *one;
	size_t i;

	if (json_integer_value(json_object_get(j, "format")) != FORMAT)
		return err_setx(e, ERR_CONFIG,
		    "want format %d: another version of slipway-repo wrote it", FORMAT);
	if (place == NULL)
		return err_setx(e, ERR_CONFIG, "want a place");
	if ((out->place = strdup(place)) == NULL ||
	    (key != NULL && (out->key = strdup(key)) == NULL))
		return err_nomem(e);
	json_array_foreach (keys, i, one)
		if (json_string_value(one) == NULL)
			return err_setx(e, ERR_CONFIG, "want texts as host keys");
		else if (strings_add(&out->host_keys, json_string_value(one), e) == -1)
			return -1;
	return check_place(out, e);
}

/* In a shared repository each person may have a login key of their own.  0 or -1. */
static int
take_own_key(struct dir *top, struct deploy_config *c, struct err *e)
{
	char me[SHARE_NAME_SIZE], path[SHARE_NAME_SIZE + 16];
	struct buf full = BUF_INIT(DEPLOY_PATH_MAX);
	struct file_info info;
	struct err ignored;
	int rc = 0;

	if (c->key == NULL || !dir_is_shared(top, NULL))
		return 0;
	share_keys_name(share_me(), me);
	snprintf(path, sizeof path, "keys/%s/" DEPLOY_OWN_KEY, me);
	if (file_stat(top, path, &info, &ignored) != 1)
		return 0;
	if (path_real(&full, dir_path(top), e) == -1 || buf_addf(&full, e, "/%s", path) == -1) {
		rc = -1;
	} else {
		free(c->key);
		if ((c->key = strdup(buf_text(&full))) == NULL)
			rc = err_nomem(e);
	}
	buf_free(&full);
	return rc;
}

int
deploy_config_read(struct dir *top, struct deploy_config *out, struct err *e)
{
	struct file_info info;
	json_t *j;
	int rc;

	*out = (struct deploy_config){ 0 };
	if ((rc = file_stat(top, DEPLOY_FILE, &info, e)) != 1)
		return rc;
	if ((j = json_file_read(top, DEPLOY_FILE, FILE_MAX, e)) == NULL)
		return -1;
	if ((rc = take_texts(j, out, e)) == 0)
		rc = take_own_key(top, out, e);
	json_decref(j);
	if (rc == 0)
		return 1;
	deploy_config_free(out);
	if (e->code == ERR_USAGE)
		e->code = ERR_CONFIG;
	return err_context(e, "%s/" DEPLOY_FILE, dir_path(top));
}

int
deploy_config_write(struct dir *top, const struct deploy_config *c, struct err *e)
{
	json_t *keys = json_array(), *j;
	int rc = -1;

	if (check_place(c, e) == -1) {
		json_decref(keys);
		return -1;
	}
	for (size_t i = 0; i < c->host_keys.n; i++)
		json_array_append_new(keys, json_string(c->host_keys.v[i]));
	j = json_pack("{s:i,s:s,s:s*,s:o}", "format", FORMAT, "place", c->place, "key", c->key,
	    "host_keys", keys);
	rc =
	    j == NULL ? err_nomem(e) : json_file_write(top, DEPLOY_FILE, j, FILE_MAX, FILE_MODE, e);
	json_decref(j);
	return rc;
}
