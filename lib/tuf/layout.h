/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_LAYOUT_H
#define LIB_TUF_LAYOUT_H

/*
 * Names that stations and repositories agree on: the places of a release, the path of a target in a
 * repository, and the names of metadata files.
 *
 * A target is called APP/PLACE/REST ("COV_PB/app/tls/server.crt").  A repository stores it as
 * targets/APP/PLACE/.../SHA256.NAME, where NAME is the last component.
 */

#include "lib/base/digest.h"
#include "lib/base/path.h"

enum layout_place {
	LAYOUT_INSTALL, /* files below InstallDir */
	LAYOUT_APP,	/* files below AppDir */
	LAYOUT_SCRIPTS_MACHINE,
	LAYOUT_SCRIPTS_USER,
	LAYOUT_PLACES
};

/* The places before this one hold files, the others scripts. */
#define LAYOUT_ROOTS LAYOUT_SCRIPTS_MACHINE

/* "install", "app", "scripts/machine", "scripts/user" */
extern const char *const layout_place_names[LAYOUT_PLACES];

#define LAYOUT_TARGETS	"targets/"
#define LAYOUT_METADATA "metadata/"

/* Components of a target's path below the application's name. */
#define LAYOUT_DEPTH_MAX 8

/*
 * Bytes of a target's last component, and of its whole path: path_check() must also accept the
 * target's path in a repository, with LAYOUT_TARGETS before the path and "SHA256." before the last
 * component.
 */
#define LAYOUT_NAME_MAX	  (PATH_COMPONENT_MAX - SHA256_HEX_SIZE)
#define LAYOUT_TARGET_MAX (PATH_REL_MAX - (int)sizeof LAYOUT_TARGETS + 1 - SHA256_HEX_SIZE)

#define LAYOUT_STORED_SIZE   (PATH_REL_MAX + 1)
#define LAYOUT_METADATA_SIZE 800 /* for the longest role that metadata may name, percent-encoded */

/*
 * Find the place of a target of app; *rest points behind the place, in target.  0, or -1 with
 * ERR_UNSAFE (refused by path_check(), not below app, deeper than LAYOUT_DEPTH_MAX, in no place, a
 * script that isn't called NAME.lua) or ERR_TOO_LARGE (over the limits above).
 */
int layout_target(const char *app, const char *target, enum layout_place *place, const char **rest,
    struct err *e);

/* Whether a release may hold this file or directory; path is below the application's name. */
bool layout_allows(const char *path, bool directory);

/* Whether a target, of any application, lies in this place. */
bool layout_is_in(const char *target, enum layout_place place);

/*
 * Read the mode that a target states: "0644" or "0755"; NULL is 0644.  0, or -1 with ERR_SYNTAX and
 * a text that names the target.
 */
int layout_mode(const char *target, const char *text, unsigned *mode, struct err *e);

/*
 * Write the path below LAYOUT_TARGETS under which a repository stores a target: "DIR/HASH.NAME".
 * hash is a SHA-256 or SHA-512 in lower-case hex.  0, or -1 with ERR_UNSAFE, ERR_SYNTAX or
 * ERR_TOO_LARGE.
 */
int
layout_stored(const char *target, const char *hash, char out[LAYOUT_STORED_SIZE], struct err *e);

/* The NAME of a path "DIR/SHA256.NAME", within it; NULL when the path has another form. */
const char *layout_stored_name(const char *path);

/*
 * Write the name of a role's metadata file: "VERSION.ROLE.json", or "ROLE.json" for version 0.
 * ROLE is percent-encoded but for letters, digits and "_.-~".  0, or -1 with ERR_TOO_LARGE.
 */
int
layout_metadata(int64_t version, const char *role, char out[LAYOUT_METADATA_SIZE], struct err *e);

/*
 * The version of a metadata file called "VERSION.ROLE.json"; role NULL: of any role.  0 when name
 * has another form.
 */
int64_t layout_version(const char *name, const char *role);

#endif
