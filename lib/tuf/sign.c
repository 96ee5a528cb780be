/* SPDX-License-Identifier: ISC */
/* Signatures over metadata. */
#include "lib/tuf/sign.h"

#include <stdlib.h>
#include <string.h>

#include "lib/tuf/canonical.h"

static void
drop_signature(json_t *signatures, const char *id)
{
	for (size_t i = json_array_size(signatures); i-- > 0;) {
		const char *old =
		    json_string_value(json_object_get(json_array_get(signatures, i), "keyid"));

		if (old != NULL && strcmp(old, id) == 0)
			json_array_remove(signatures, i);
	}
}

int
sign_add(json_t *metadata, const struct privkey *k, struct err *e)
{
	json_t *signatures = json_object_get(metadata, "signatures");
	const json_t *body = json_object_get(metadata, "signed");
	struct buf b = BUF_INIT(CANONICAL_MAX);
	char *hex = NULL;
	int rc = -1;

	if (!json_is_array(signatures) || !json_is_object(body))
		return err_setx(e, ERR_SYNTAX, "want an object with \"signatures\" and \"signed\"");
	if (canonical_json(body, &b, e) == -1 || privkey_sign(k, b.data, b.len, &hex, e) == -1)
		goto out;
	drop_signature(signatures, privkey_id(k));
	if (json_array_append_new(signatures,
		json_pack("{s:s, s:s}", "keyid", privkey_id(k), "sig", hex)) == -1) {
		err_nomem(e);
		goto out;
	}
	rc = 0;
out:
	free(hex);
	buf_free(&b);
	return rc;
}

int
sign_write(const json_t *metadata, struct buf *out, struct err *e)
{
	char *text = json_dumps(metadata, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc;

	if (text == NULL)
		return err_nomem(e);
	rc = buf_adds(out, text, e) == -1 ? -1 : buf_addc(out, '\n', e);
	free(text);
	return rc;
}

int
sign_metadata(const json_t *signed_part, struct privkey *const *keys, size_t n, struct buf *out,
    struct err *e)
{
	json_t *metadata = json_pack("{s:[], s:O}", "signatures", "signed", signed_part);
	int rc = -1;

	if (metadata == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		if (sign_add(metadata, keys[i], e) == -1)
			goto out;
	rc = sign_write(metadata, out, e);
out:
	json_decref(metadata);
	return rc;
}
