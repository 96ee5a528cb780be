/* SPDX-License-Identifier: ISC */
/* Names that stations and repositories agree on. */
#include "lib/tuf/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const layout_place_names[LAYOUT_PLACES] = { "install", "app", "scripts/machine",
	"scripts/user" };

static const char *
last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* What follows "PLACE/" in a path below the application's name, or NULL. */
static const char *
within(const char *path, enum layout_place place)
{
	size_t len = strlen(layout_place_names[place]);

	return strncmp(path, layout_place_names[place], len) == 0 && path[len] == '/'
	    ? path + len + 1
	    : NULL;
}

static bool
is_script(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".lua") == 0 && strchr(name, '/') == NULL;
}

static const char *
find_place(const char *path, enum layout_place *place)
{
	const char *rest = NULL;

	for (int i = 0; i < LAYOUT_PLACES && rest == NULL; i++)
		if ((rest = within(path, (enum layout_place)i)) != NULL)
			*place = (enum layout_place)i;
	return rest;
}

static int
check_length(const char *target, struct err *e)
{
	if (strlen(last_component(target)) > LAYOUT_NAME_MAX)
		return err_setx(e, ERR_TOO_LARGE, "target %s: name over %d bytes", target,
		    LAYOUT_NAME_MAX);
	if (strlen(target) > LAYOUT_TARGET_MAX)
		return err_setx(e, ERR_TOO_LARGE, "target %s: path over %d bytes", target,
		    LAYOUT_TARGET_MAX);
	return 0;
}

int
layout_target(const char *app, const char *target, enum layout_place *place, const char **rest,
    struct err *e)
{
	size_t len = strlen(app), depth = 0;

	if (path_check(target, strlen(target), e) == -1 || check_length(target, e) == -1)
		return -1;
	for (const char *s = target; *s != '\0'; s++)
		depth += *s == '/';
	if (strncmp(target, app, len) != 0 || target[len] != '/' || depth > LAYOUT_DEPTH_MAX)
		return err_setx(e, ERR_UNSAFE,
		    "target %s: outside of what application %s may publish", target, app);
	if ((*rest = find_place(target + len + 1, place)) == NULL)
		return err_setx(e, ERR_UNSAFE,
		    "target %s: want install/, app/, scripts/machine/ or scripts/user/", target);
	if (*place >= LAYOUT_ROOTS && !is_script(*rest))
		return err_setx(e, ERR_UNSAFE, "target %s: want NAME.lua below %s/", target,
		    layout_place_names[*place]);
	return 0;
}

bool
layout_allows(const char *path, bool directory)
{
	enum layout_place place;
	const char *rest = find_place(path, &place);

	if (rest != NULL)
		return place < LAYOUT_ROOTS || (!directory && is_script(rest));
	if (!directory)
		return false;
	for (int i = 0; i < LAYOUT_PLACES; i++)
		if (strcmp(path, layout_place_names[i]) == 0)
			return true;
	return strcmp(path, "scripts") == 0;
}

bool
layout_is_in(const char *target, enum layout_place place)
{
	const char *slash = strchr(target, '/');

	return slash != NULL && within(slash + 1, place) != NULL;
}

int
layout_mode(const char *target, const char *text, unsigned *mode, struct err *e)
{
	if (text != NULL && strcmp(text, "0644") != 0 && strcmp(text, "0755") != 0)
		return err_setx(e, ERR_SYNTAX, "target %s: want mode 0644 or 0755, got '%.20s'",
		    target, text);
	*mode = text != NULL && strcmp(text, "0755") == 0 ? 0755 : 0644;
	return 0;
}

int
layout_stored(const char *target, const char *hash, char out[LAYOUT_STORED_SIZE], struct err *e)
{
	const char *base = last_component(target);
	size_t hexes = strspn(hash, "0123456789abcdef");

	if (path_check(target, strlen(target), e) == -1)
		return -1;
	if (hash[hexes] != '\0' ||
	    (hexes != (size_t)2 * SHA256_SIZE && hexes != (size_t)2 * SHA512_SIZE))
		return err_setx(e, ERR_SYNTAX, "target %s: want a hash in hex, got '%.130s'",
		    target, hash);
	if (hexes + 1 + strlen(base) > PATH_COMPONENT_MAX ||
	    strlen(LAYOUT_TARGETS) + hexes + 1 + strlen(target) > PATH_REL_MAX)
		return err_setx(e, ERR_TOO_LARGE, "target %s: name or path too long to be stored",
		    target);
	snprintf(out, LAYOUT_STORED_SIZE, "%.*s%s.%s", (int)(base - target), target, hash, base);
	return 0;
}

const char *
layout_stored_name(const char *path)
{
	const char *base = last_component(path);

	if (strspn(base, "0123456789abcdef") < SHA256_HEX_SIZE - 1 ||
	    base[SHA256_HEX_SIZE - 1] != '.' || base[SHA256_HEX_SIZE] == '\0')
		return NULL;
	return base + SHA256_HEX_SIZE;
}

int
layout_metadata(int64_t version, const char *role, char out[LAYOUT_METADATA_SIZE], struct err *e)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";
	static const char end[] = ".json";
	size_t len = 0;

	if (version > 0)
		len = (size_t)snprintf(out, LAYOUT_METADATA_SIZE, "%" PRId64 ".", version);
	for (const char *p = role; *p != '\0'; p++) {
		if (len + sizeof "%FF" + sizeof end > LAYOUT_METADATA_SIZE)
			return err_setx(e, ERR_TOO_LARGE, "role %.200s...: name too long", role);
		if (strchr(plain, *p) != NULL)
			out[len++] = *p;
		else
			len += (size_t)snprintf(out + len, sizeof "%FF", "%%%02X",
			    (unsigned)(unsigned char)*p);
	}
	memcpy(out + len, end, sizeof end);
	return 0;
}

int64_t
layout_version(const char *name, const char *role)
{
	size_t digits = strspn(name, "0123456789"), len = strlen(name);
	char again[LAYOUT_METADATA_SIZE];
	struct err e;

	if (digits == 0 || digits > 18 || name[0] == '0' || name[digits] != '.')
		return 0;
	if (role == NULL ? len <= digits + strlen("..json") || strcmp(name + len - 5, ".json") != 0
			 : layout_metadata(0, role, again, &e) == -1 ||
		    strcmp(name + digits + 1, again) != 0)
		return 0;
	return strtoll(name, NULL, 10);
}
