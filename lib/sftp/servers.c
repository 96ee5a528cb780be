/* SPDX-License-Identifier: ISC */
/* Addresses and host keys of update servers in signed metadata. */
#include "lib/sftp/servers.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/sftp/fingerprint.h"
#include "lib/sftp/url.h"

bool
servers_have(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

int
servers_check_address(const char *text, struct err *e)
{
	struct url u;

	if (url_parse(text, strlen(text), &u, e) == -1)
		return -1;
	return u.scheme == URL_SFTP
	    ? 0
	    : err_setx(e, ERR_CONFIG, "address '%.200s' is no server's; want sftp://USER@HOST/PATH",
		  text);
}

int
servers_check_host_key(const char *text, struct err *e)
{
	return fingerprint_valid(text)
	    ? 0
	    : err_setx(e, ERR_CONFIG,
		  "host key '%.100s': want SHA256: and 43 characters, as ssh-keygen -l prints it",
		  text);
}

static int
read_list(const json_t *j, const char *name, int (*check)(const char *text, struct err *e),
    struct strings *list, struct err *e)
{
	const json_t *array = json_object_get(j, name), *one;
	size_t i;

	if (array != NULL && !json_is_array(array))
		return err_setx(e, ERR_SYNTAX, "want %s as a list", name);
	if (json_array_size(array) > SERVERS_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: want at most %d, got %zu", name, SERVERS_MAX,
		    json_array_size(array));
	json_array_foreach (array, i, one) {
		const char *text = json_text(one);

		if (text == NULL)
			return err_setx(e, ERR_SYNTAX, "%s: an entry that is no text", name);
		if (check(text, e) == -1) {
			e->code = ERR_SYNTAX;
			return -1;
		}
		if (servers_have(list, text))
			return err_setx(e, ERR_SYNTAX, "%s: %.200s twice", name, text);
		if (strings_add(list, text, e) == -1)
			return -1;
	}
	return 0;
}

int
servers_read(const json_t *j, struct servers *s, struct err *e)
{
	*s = (struct servers)SERVERS_INIT;
	if (j == NULL)
		return 0;
	if (!json_is_object(j))
		return err_setx(e, ERR_SYNTAX, SERVERS_NAME ": want an object");
	if (read_list(j, "addresses", servers_check_address, &s->addresses, e) == 0 &&
	    read_list(j, "host_keys", servers_check_host_key, &s->host_keys, e) == 0)
		return 0;
	servers_free(s);
	return err_context(e, SERVERS_NAME);
}

static json_t *
list_json(const struct strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		if (json_array_append_new(array, json_string(list->v[i])) == -1) {
			json_decref(array);
			return NULL;
		}
	return array;
}

json_t *
servers_json(const struct servers *s, struct err *e)
{
	json_t *j = json_pack("{s:o, s:o}", "addresses", list_json(&s->addresses), "host_keys",
	    list_json(&s->host_keys));

	if (j == NULL)
		err_nomem(e);
	return j;
}

void
servers_free(struct servers *s)
{
	strings_free(&s->addresses);
	strings_free(&s->host_keys);
}
