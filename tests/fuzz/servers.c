/* SPDX-License-Identifier: ISC */
/* Servers in signed metadata.  What is accepted stays the same when it is read again. */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "lib/sftp/servers.h"
#include "lib/sftp/url.h"

static void
must_be_equal(const struct strings *a, const struct strings *b)
{
	must(a->n == b->n && a->n <= SERVERS_MAX);
	for (size_t i = 0; i < a->n; i++)
		must(strcmp(a->v[i], b->v[i]) == 0 && strlen(a->v[i]) < URL_SIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct servers s, again;
	struct err e = { 0 };
	json_t *j = json_text_parse(data, size, &e), *written;

	if (j == NULL)
		return 0;
	if (servers_read(json_object_get(j, SERVERS_NAME), &s, &e) == -1) {
		must(e.code != ERR_NONE && s.addresses.n == 0 && s.host_keys.n == 0);
		json_decref(j);
		return 0;
	}
	must((written = servers_json(&s, &e)) != NULL && servers_read(written, &again, &e) == 0);
	must_be_equal(&s.addresses, &again.addresses);
	must_be_equal(&s.host_keys, &again.host_keys);
	for (size_t i = 0; i < s.addresses.n; i++)
		must(strncasecmp(s.addresses.v[i], "sftp://", 7) == 0);
	servers_free(&s);
	servers_free(&again);
	json_decref(written);
	json_decref(j);
	return 0;
}
