/* SPDX-License-Identifier: ISC */
/*
 * Targets metadata: envelope, contents, every target, and the targets that each delegation covers.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/tuf/metadata.h"

static void
look(const struct tuf_targets *t)
{
	struct err e = { 0 };
	struct tuf_target one;
	const char *path;
	json_t *value;

	must(t->c.version >= 1);
	must(t->n <= TUF_ROLES_MAX);
	must(targets_get(t, "no/such/target", &one, &e) != 1 ||
	    json_object_get(t->targets, "no/such/target"));
	json_object_foreach ((json_t *)(uintptr_t)t->targets, path, value) {
		if (targets_get(t, path, &one, &e) == 1) {
			must(one.length <= TUF_TARGET_SIZE_MAX);
			must(one.hashes.has_sha256 || one.hashes.has_sha512);
		} else {
			must(e.code == ERR_SYNTAX);
		}
		for (size_t i = 0; i < t->n; i++)
			delegation_covers(&t->delegations[i], path);
	}
	for (size_t i = 0; i < t->n; i++) {
		const struct tuf_delegation *d = &t->delegations[i];

		must(d->role.threshold >= 1 && d->role.threshold <= TUF_THRESHOLD_MAX);
		must((d->paths == NULL) != (d->prefixes == NULL));
		must(strlen(d->name) <= TUF_ROLE_NAME_MAX);
		for (size_t j = 0; j < i; j++)
			must(strcmp(d->name, t->delegations[j].name) != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct envelope v;
	struct tuf_targets *t;

	if (envelope_parse(data, size, &v, &e) == -1) {
		must(e.code != ERR_NONE && v.json == NULL);
		return 0;
	}
	if ((t = targets_parse(&v, &e)) != NULL)
		look(t);
	targets_free(t);
	envelope_free(&v);
	return 0;
}
