/* SPDX-License-Identifier: ISC */
/*
 * Shared by the tests of the transport.
 */
#include "tests/unit/common/test.h"

#include "tests/integration/fetching.h"

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct sink *s = arg;

	s->bytes += len;
	if (s->act != NULL && s->bytes >= s->act_at) {
		s->act();
		s->act = NULL;
	}
	return digest_add(s->md, bytes, len, e);
}

void
file_init(struct sftp_file *f, struct sink *s, const char *path, uint64_t max)
{
	struct err e;

	memset(s, 0, sizeof *s);
	assert_non_null(s->md = digest_new(DIGEST_SHA256, &e));
	*f = (struct sftp_file){ .path = path, .max = max, .data = take, .arg = s };
}

void
assert_arrived(struct sink *s, const char *repo, const char *path, uint64_t offset)
{
	uint8_t got[DIGEST_MAX], want[DIGEST_MAX], data[65536];
	struct digest *md;
	struct err e;
	char name[300];
	FILE *f;
	size_t n;

	snprintf(name, sizeof name, "%s/%s", repo, path);
	assert_non_null(f = fopen(name, "rb"));
	assert_int_equal(fseek(f, (long)offset, SEEK_SET), 0);
	assert_non_null(md = digest_new(DIGEST_SHA256, &e));
	while ((n = fread(data, 1, sizeof data, f)) > 0)
		assert_ok(digest_add(md, data, n, &e), &e);
	fclose(f);
	assert_ok(digest_end(md, want, &e), &e);
	assert_ok(digest_end(s->md, got, &e), &e);
	digest_free(md);
	assert_memory_equal(got, want, SHA256_SIZE);
}

int
fetch_with(const struct fetch_config *config, struct sftp_file *files, size_t n, struct err *e)
{
	struct fetch *h = fetch_start(config, e);
	int rc;

	if (h == NULL)
		return -1;
	rc = fetch_files(h, files, n, e);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(files[i].result, SFTP_FILE_PENDING);
	fetch_end(h);
	return rc;
}
