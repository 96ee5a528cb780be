/* SPDX-License-Identifier: ISC */
/*
 * slipway enroll
 */
#include "updater/cmd/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/os/log.h"
#include "lib/sftp/fingerprint.h"
#include "lib/base/path.h"
#include "lib/tuf/client.h"

enum {
	OPT_HOST_KEY = 256,
	OPT_ROOT,
	OPT_KEY,
	OPT_PASSPHRASE,
	OPT_PASSWORD,
	OPT_INSTALLATION,
	OPT_APP,
	OPT_INSTALL_DIR,
	OPT_APP_DIR,
	OPT_DEADLINE,
	OPT_ON_ERROR,
	OPT_WARN_AFTER,
	OPT_BLOCK_AFTER,
	OPT_FORCE
};

static const struct option options[] = {
	{ "host-key", required_argument, NULL, OPT_HOST_KEY },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "passphrase-file", required_argument, NULL, OPT_PASSPHRASE },
	{ "password-file", required_argument, NULL, OPT_PASSWORD },
	{ "installation", required_argument, NULL, OPT_INSTALLATION },
	{ "app", required_argument, NULL, OPT_APP },
	{ "install-dir", required_argument, NULL, OPT_INSTALL_DIR },
	{ "app-dir", required_argument, NULL, OPT_APP_DIR },
	{ "deadline", required_argument, NULL, OPT_DEADLINE },
	{ "on-error", required_argument, NULL, OPT_ON_ERROR },
	{ "warn-after-days", required_argument, NULL, OPT_WARN_AFTER },
	{ "block-after-days", required_argument, NULL, OPT_BLOCK_AFTER },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ NULL, 0, NULL, 0 },
};

#define FILE_NAME_MAX 4096 /* bytes */

struct arguments {
	struct enrolment en;
	const char *root, *host_keys[STATION_SERVERS_MAX];
	struct buf key, passphrase, password;
};

/*
 * The key is read at each start from any directory, so its path must be absolute; and it must be
 * there.
 */
static int
absolute(const char *path, struct buf *out, const char **where)
{
	struct err e;

	buf_reset(out);
	if (path_real(out, path, &e) == -1) {
		log_error("%s: want a file that can be read; check the path", path);
		return -1;
	}
	*where = buf_text(out);
	return 0;
}

static int
take_option(int c, struct arguments *a)
{
	switch (c) {
	case OPT_HOST_KEY:
		if (a->en.nhost_keys == STATION_SERVERS_MAX) {
			log_error("--host-key: over %d fingerprints", STATION_SERVERS_MAX);
			return -1;
		}
		a->host_keys[a->en.nhost_keys++] = optarg;
		return 0;
	case OPT_ROOT:
		a->root = optarg;
		return 0;
	case OPT_KEY:
		return absolute(optarg, &a->key, &a->en.login_key);
	case OPT_PASSPHRASE:
		return absolute(optarg, &a->passphrase, &a->en.passphrase_file);
	case OPT_PASSWORD:
		return absolute(optarg, &a->password, &a->en.password_file);
	case OPT_INSTALLATION:
		a->en.installation = optarg;
		return 0;
	case OPT_APP:
		a->en.application = optarg;
		return 0;
	case OPT_INSTALL_DIR:
		a->en.install_dir = optarg;
		return 0;
	case OPT_APP_DIR:
		a->en.app_dir = optarg;
		return 0;
	case OPT_DEADLINE:
		a->en.deadline = optarg;
		return 0;
	case OPT_ON_ERROR:
		a->en.on_error = optarg;
		return 0;
	case OPT_WARN_AFTER:
		a->en.warn_after_days = optarg;
		return 0;
	case OPT_BLOCK_AFTER:
		a->en.block_after_days = optarg;
		return 0;
	case OPT_FORCE:
		a->en.force = true;
		return 0;
	default:
		return -1;
	}
}

static int
check(const struct arguments *a)
{
	bool sftp = false;
	int login;

	for (size_t i = 0; i < a->en.nservers; i++) {
		bool is_sftp = strncmp(a->en.servers[i], "sftp://", 7) == 0;

		if (!is_sftp && strncmp(a->en.servers[i], "file:///", 8) != 0) {
			log_error("want sftp://user@host:port/path or file:///path, got '%s'",
			    a->en.servers[i]);
			return -1;
		}
		sftp |= is_sftp;
	}
	for (size_t i = 0; i < a->en.nhost_keys; i++)
		if (!fingerprint_valid(a->host_keys[i])) {
			log_error(
			    "--host-key: want SHA256: and 43 characters of base64, as 'ssh-keygen -l' "
			    "prints it, got '%s'",
			    a->host_keys[i]);
			return -1;
		}
	login = (a->en.login_key != NULL) + (a->en.password_file != NULL);
	if (a->en.nservers == 0 || a->root == NULL || a->en.installation == NULL ||
	    a->en.application == NULL || (sftp && (a->en.nhost_keys == 0 || login != 1))) {
		log_error("enroll: want %s",
		    a->en.nservers == 0		     ? "the URL of an update server"
			: a->root == NULL	     ? "--root FILE, the root metadata to trust"
			: a->en.installation == NULL ? "--installation NAME"
			: a->en.application == NULL  ? "--app NAME"
			: a->en.nhost_keys == 0 ? "--host-key SHA256:..., the server's fingerprint"
			: login == 0 ? "--key FILE, the private login key, or --password-file FILE"
				     : "--key FILE or --password-file FILE, not both");
		return -1;
	}
	return 0;
}

static int
enroll(const struct arguments *a, struct err *e)
{
	struct buf root = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct settings *s = NULL;
	uint8_t sum[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];
	int64_t version;
	int rc = -1;

	if (file_read(NULL, a->root, &root, e) == -1)
		goto out;
	if (tuf_root_check(root.data, root.len, &version, e) == -1) {
		err_context(e, "%s is no root metadata that can be trusted", a->root);
		goto out;
	}
	if ((s = settings_open(e)) == NULL ||
	    digest_of(DIGEST_SHA256, root.data, root.len, sum, e) == -1 ||
	    station_enroll(s, &a->en, root.data, root.len, e) == -1)
		goto out;
	hex_encode(sum, SHA256_SIZE, hex);
	printf("enrolled %s/%s\n", a->en.installation, a->en.application);
	printf("settings in %s\n", settings_place(s, STATION_KEY));
	printf("trust anchor: root version %lld, SHA-256 %s\n", (long long)version, hex);
	puts("next: slipway run PROGRAM");
	rc = 0;
out:
	settings_close(s);
	buf_free(&root);
	return rc;
}

static int
enroll_with(struct arguments *a, int argc, char **argv)
{
	struct err e;
	int c;

	a->en.host_keys = a->host_keys;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(c, a) == -1)
			return c == '?' ? cmd_usage("enroll") : EXIT_MISUSE;
	a->en.servers = (const char *const *)(argv + optind);
	a->en.nservers = (size_t)(argc - optind);
	if (a->en.nservers > STATION_SERVERS_MAX) {
		log_error("enroll: over %d servers", STATION_SERVERS_MAX);
		return EXIT_MISUSE;
	}
	if (check(a) == -1)
		return EXIT_MISUSE;
	return enroll(a, &e) == -1 ? cmd_fail(&e) : EXIT_SUCCESS;
}

int
cmd_enroll(int argc, char **argv)
{
	struct arguments a = { .key = BUF_INIT(FILE_NAME_MAX),
		.passphrase = BUF_INIT(FILE_NAME_MAX),
		.password = BUF_INIT(FILE_NAME_MAX) };
	int status = enroll_with(&a, argc, argv);

	buf_free(&a.key);
	buf_free(&a.passphrase);
	buf_free(&a.password);
	return status;
}
