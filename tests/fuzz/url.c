/* SPDX-License-Identifier: ISC */
/*
 * Addresses of repositories.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/url.h"

static bool
is_clean(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return len < size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct url before, u;
	struct err e = { 0 };
	char *text = feed_text(data, size);

	memset(&u, 0, sizeof u);
	memset(u.user, 'x', sizeof u.user);
	memset(u.host, 'x', sizeof u.host);
	memset(u.path, 'x', sizeof u.path);
	before = u;
	if (url_parse(text, size, &u, &e) == -1) {
		must(e.code == ERR_CONFIG);
		must(before.scheme == u.scheme && before.port == u.port);
		must(memcmp(before.user, u.user, sizeof u.user) == 0);
		must(memcmp(before.host, u.host, sizeof u.host) == 0);
		must(memcmp(before.path, u.path, sizeof u.path) == 0);
	} else {
		size_t len = strlen(u.path);

		must(is_clean(u.user, sizeof u.user) && is_clean(u.host, sizeof u.host) &&
		    is_clean(u.path, sizeof u.path));
		must(u.path[0] == '/' && (len == 1 || u.path[len - 1] != '/'));
		must(strstr(u.path, "/../") == NULL &&
		    (len < 3 || strcmp(u.path + len - 3, "/..") != 0));
		if (u.scheme == URL_FILE)
			must(u.user[0] == '\0' && u.host[0] == '\0' && u.port == 0);
		else
			must(u.scheme == URL_SFTP && u.user[0] != '\0' && u.host[0] != '\0' &&
			    u.port != 0);
	}
	free(text);
	return 0;
}
