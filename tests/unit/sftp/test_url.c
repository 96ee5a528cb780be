/* SPDX-License-Identifier: ISC */
/*
 * lib/sftp/url: addresses of repositories.
 */
#include "tests/unit/common/test.h"

#include "lib/sftp/url.h"

/* On other platforms a path can begin with "/C:". */
#ifdef _WIN32
#define ON_A_DRIVE ""
#define DRIVE	   "E:/"
#else
#define ON_A_DRIVE "/"
#define DRIVE	   "/E:"
#endif

static struct url_row {
	const char *name, *text;
	size_t len;
	enum url_scheme scheme;
	const char *user, *host; /* NULL: refused */
	unsigned port;
	const char *path;
} rows[] = {
#define URL(text) text, sizeof(text) - 1
#define BAD	  URL_SFTP, NULL, NULL, 0, NULL
	{ "plain", URL("sftp://u@host/srv/repo"), URL_SFTP, "u", "host", 22, "/srv/repo" },
	{ "port", URL("sftp://u@host.example:2222/r"), URL_SFTP, "u", "host.example", 2222, "/r" },
	{ "scheme in capitals", URL("SFTP://u@Host/r"), URL_SFTP, "u", "host", 22, "/r" },
	{ "user with an @", URL("sftp://operator%40corp.example@h/r"), URL_SFTP,
	    "operator@corp.example", "h", 22, "/r" },
	{ "user of a domain", URL("sftp://CORP%5Coperator@h/r%20s%25"), URL_SFTP, "CORP\\operator",
	    "h", 22, "/r s%" },
	{ "root", URL("sftp://u@h/"), URL_SFTP, "u", "h", 22, "/" },
	{ "slashes at the end", URL("sftp://u@h/r//"), URL_SFTP, "u", "h", 22, "/r" },
	{ "IPv4", URL("sftp://u@127.0.0.1:1/r"), URL_SFTP, "u", "127.0.0.1", 1, "/r" },
	{ "IPv6", URL("sftp://u@[::1]/r"), URL_SFTP, "u", "::1", 22, "/r" },
	{ "IPv6 and port", URL("sftp://u@[2001:db8::1]:65535/r"), URL_SFTP, "u", "2001:db8::1",
	    65535, "/r" },
	{ "IPv6 with zone", URL("sftp://u@[fe80::1%25eth0]/r"), URL_SFTP, "u", "fe80::1%eth0", 22,
	    "/r" },
	{ "percent in the path", URL("sftp://u@h/a%20b%2f%C3%A9"), URL_SFTP, "u", "h", 22,
	    "/a b/\xc3\xa9" },
	{ "percent in the user", URL("sftp://a%40b@h/r"), URL_SFTP, "a@b", "h", 22, "/r" },
	{ "at sign in the path", URL("sftp://u@h/a@b:c"), URL_SFTP, "u", "h", 22, "/a@b:c" },
	{ "hidden directory", URL("sftp://u@h/.a/..b/c.."), URL_SFTP, "u", "h", 22, "/.a/..b/c.." },
	{ "file", URL("file:///mnt/usb"), URL_FILE, "", "", 0, "/mnt/usb" },
	{ "file on a drive", URL("file:///C:/usb%20key/"), URL_FILE, "", "", 0,
	    ON_A_DRIVE "C:/usb key" },
	{ "a whole drive", URL("file:///E:/"), URL_FILE, "", "", 0, DRIVE },
	{ "file on localhost", URL("file://localhost/mnt"), URL_FILE, "", "", 0, "/mnt" },
	{ "file with percent", URL("file:///a%20b"), URL_FILE, "", "", 0, "/a b" },
	{ "empty", URL(""), BAD },
	{ "other scheme", URL("http://u@h/r"), BAD },
	{ "no scheme", URL("u@h:/r"), BAD },
	{ "no user", URL("sftp://h/r"), BAD },
	{ "empty user", URL("sftp://@h/r"), BAD },
	{ "password", URL("sftp://u:secret@h/r"), BAD },
	{ "no host", URL("sftp://u@/r"), BAD },
	{ "no host but a port", URL("sftp://u@:22/r"), BAD },
	{ "no path", URL("sftp://u@h"), BAD },
	{ "host like an option", URL("sftp://u@-oProxyCommand=x/r"), BAD },
	{ "host begins with a dash", URL("sftp://u@-h/r"), BAD },
	{ "second at sign in the host", URL("sftp://u@h@g/r"), BAD },
	{ "percent in the host", URL("sftp://u@h%41/r"), BAD },
	{ "space in the host", URL("sftp://u@h g/r"), BAD },
	{ "newline in the host", URL("sftp://u@h\n/r"), BAD },
	{ "IPv6 without brackets", URL("sftp://u@::1/r"), BAD },
	{ "bracket not closed", URL("sftp://u@[::1/r"), BAD },
	{ "name in brackets", URL("sftp://u@[host]/r"), BAD },
	{ "nothing in brackets", URL("sftp://u@[]/r"), BAD },
	{ "text after brackets", URL("sftp://u@[::1]x/r"), BAD },
	{ "zone with a slash", URL("sftp://u@[fe80::1%25a/b]/r"), BAD },
	{ "port 0", URL("sftp://u@h:0/r"), BAD },
	{ "port 65536", URL("sftp://u@h:65536/r"), BAD },
	{ "port far too long", URL("sftp://u@h:00000000000022/r"), BAD },
	{ "empty port", URL("sftp://u@h:/r"), BAD },
	{ "port with a sign", URL("sftp://u@h:+22/r"), BAD },
	{ "port with text", URL("sftp://u@h:22a/r"), BAD },
	{ "parent directory", URL("sftp://u@h/a/../b"), BAD },
	{ "escaped parent directory", URL("sftp://u@h/a/%2e%2e/b"), BAD },
	{ "escaped slash and parent", URL("sftp://u@h/a%2f..%2fb"), BAD },
	{ "dot", URL("sftp://u@h/./b"), BAD },
	{ "doubled slash", URL("sftp://u@h/a//b"), BAD },
	{ "NUL", URL("sftp://u@h/a\0b"), BAD },
	{ "NUL in the host", URL("sftp://u@h\0x/r"), BAD },
	{ "NUL in an IPv6 address", URL("sftp://u@[::1\0]/r"), BAD },
	{ "NUL in a zone", URL("sftp://u@[fe80::1%25eth\0]/r"), BAD },
	{ "escaped NUL", URL("sftp://u@h/a%00b"), BAD },
	{ "escaped newline", URL("sftp://u@h/a%0ab"), BAD },
	{ "escaped delete", URL("sftp://u@h/a%7f"), BAD },
	{ "half an escape", URL("sftp://u@h/a%2"), BAD },
	{ "no escape", URL("sftp://u@h/a%zz"), BAD },
	{ "not UTF-8", URL("sftp://u@h/a%ff"), BAD },
	{ "raw byte over 127", URL("sftp://u@h/\xc3\xa9"), BAD },
	{ "space", URL("sftp://u@h/a b"), BAD },
	{ "backslash", URL("sftp://u@h/a\\b"), BAD },
	{ "query", URL("sftp://u@h/a?b"), BAD },
	{ "fragment", URL("sftp://u@h/a#b"), BAD },
	{ "user with a newline", URL("sftp://u%0a@h/r"), BAD },
#ifdef _WIN32
	{ "file on a server", URL("file://server/share/dir"), URL_FILE, "", "", 0,
	    "//server/share/dir" },
	{ "file on a server with a bad name", URL("file://ser%41ver/share"), BAD },
#else
	{ "file with a host", URL("file://server/share"), BAD },
#endif
	{ "file with two slashes", URL("file://mnt"), BAD },
	{ "file relative", URL("file:mnt"), BAD },
};

static void
parsed(void **state)
{
	const struct url_row *r = *state;
	struct url u, before;
	struct err e;
	/*
	 * A copy of exactly so many bytes, so that AddressSanitizer notices a read beyond the end.
	 */
	char *text = malloc(r->len > 0 ? r->len : 1);

	assert_non_null(text);
	memcpy(text, r->text, r->len);
	memset(&u, 0x55, sizeof u);
	before = u;
	if (r->host == NULL) {
		assert_err(url_parse(text, r->len, &u, &e), ERR_CONFIG, &e);
		assert_memory_equal(&u, &before, sizeof u);
	} else {
		assert_ok(url_parse(text, r->len, &u, &e), &e);
		assert_int_equal(u.scheme, r->scheme);
		assert_string_equal(u.user, r->user);
		assert_string_equal(u.host, r->host);
		assert_int_equal(u.port, r->port);
		assert_string_equal(u.path, r->path);
	}
	free(text);
}

/* Each part at its limit, and one byte more. */
static void
limits(void **state)
{
	static const struct {
		const char *before, *after;
		size_t most;
	} parts[] = {
		{ "sftp://", "@h/r", SFTP_USER_SIZE - 1 },
		{ "sftp://u@", "/r", SFTP_HOST_SIZE - 1 },
		{ "sftp://u@h/", "", URL_PATH_SIZE - 2 },
	};
	char text[URL_SIZE + 100];
	struct url u;
	struct err e;

	(void)state;
	for (size_t i = 0; i < N(parts); i++)
		for (size_t more = 0; more < 2; more++) {
			size_t len = strlen(parts[i].before), n = parts[i].most + more;

			strcpy(text, parts[i].before);
			memset(text + len, 'a', n);
			strcpy(text + len + n, parts[i].after);
			assert_int_equal(url_parse(text, strlen(text), &u, &e), more == 0 ? 0 : -1);
		}
	memset(text, 'a', sizeof text);
	memcpy(text, "sftp://u@h/", 11);
	assert_err(url_parse(text, sizeof text, &u, &e), ERR_CONFIG, &e);
	assert_true(strlen(e.text) < 400);
}

/* The address of a directory leads back to it. */
static void
of_directory(void **state)
{
	static const struct {
		const char *path, *text;
	} dirs[] = {
#ifdef _WIN32
		{ "E:/", "file:///E:/" },
		{ "C:/a stick/\xc3\xa9", "file:///C:/a%20stick/%C3%A9" },
		{ "//server/share/r", "file://server/share/r" },
#else
		{ "/", "file:///" },
		{ "/media/a stick/\xc3\xa9%41?#", "file:///media/a%20stick/%C3%A9%2541%3F%23" },
#endif
	};

	(void)state;
	for (size_t i = 0; i < N(dirs); i++) {
		struct buf b = BUF_INIT(URL_SIZE);
		struct url u;
		struct err e = { 0 };

		assert_ok(url_of_directory(dirs[i].path, &b, &e), &e);
		assert_string_equal(buf_text(&b), dirs[i].text);
		assert_ok(url_parse(buf_text(&b), b.len, &u, &e), &e);
		assert_string_equal(u.path, dirs[i].path);
		buf_free(&b);
	}
}

int
main(void)
{
	static struct CMUnitTest tests[100] = { cmocka_unit_test(limits),
		cmocka_unit_test(of_directory) };
	size_t n = 2;

	TEST_ROWS(tests, n, rows, parsed);
	return _cmocka_run_group_tests("url", tests, n, NULL, NULL);
}
