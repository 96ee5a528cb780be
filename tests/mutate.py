#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Take out the checks of lib/tuf one at a time and see that a test notices.

usage: tests/mutate.py [NUMBER...]

Compiles the library with one check disabled and runs the unit tests; prints a line for each.  Exit status 1 when a
check can be taken out without a test that fails, or is no longer found in the source.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = ["client", "walk", "sign", "hostile"]

# File of lib/tuf (or lib/base), what is there, what stands there instead.
CHECKS = [
    ("client.c", "!c->check_expiry || common->expires > c->now", "true"),
    ("client.c", "common->expires > c->now", "common->expires >= c->now"),
    ("client.c", "if (len > TUF_ROOT_SIZE_MAX)", "if (false)"),
    ("client.c", 'envelope_verify(&v, &r->ring, &r->roles[TUF_ROOT], "root", e) == -1', "false"),
    ("client.c", '''envelope_verify(&v, &c->root->ring, &c->root->roles[TUF_ROOT],
		"root (by the keys trusted so far)", e) == -1''', "false"),
    ("client.c", 'envelope_verify(&v, &new->ring, &new->roles[TUF_ROOT], "root (by its own keys)", e) == -1', "false"),
    ("client.c", "if (new->c.version != c->root->c.version + 1)", "if (false)"),
    ("client.c", "!same_role(&c->root->roles[TUF_TIMESTAMP], &new->roles[TUF_TIMESTAMP])", "false"),
    ("client.c", "!same_role(&c->root->roles[TUF_SNAPSHOT], &new->roles[TUF_SNAPSHOT])", "false"),
    ("client.c", "a->n != b->n || a->threshold != b->threshold", "false"),
    ("client.c", "if (rc == 1 && i == TUF_ROOTS_MAX)", "if (false)"),
    ("client.c", 'return expired(c, &c->root->c, "root", e);', "return 0;"),
    ("client.c", "if (envelope_verify(v, &c->root->ring, &c->root->roles[which], tuf_top_name(which), e) == 0)", "if (true)"),
    ("client.c", "if (old != NULL && new->c.version < old->c.version)", "if (false)"),
    ("client.c", "if (old != NULL && new->c.version == old->c.version)", "if (false)"),
    ("client.c", 'rc = expired(c, &old->c, "timestamp", e);', "rc = 0;"),
    ("client.c", "if (old != NULL && new->snapshot.version < old->snapshot.version)", "if (false)"),
    ("client.c", 'expired(c, &new->c, "timestamp", e) == -1', "false"),
    ("client.c", "if (m->has_length && b->len != m->length)", "if (false)"),
    ("client.c", "return m->has_hashes ? tuf_hashes_check(&m->hashes, b->data, b->len, what, e) : 0;", "return 0;"),
    ("client.c", "if (common->version != m->version)", "if (false)"),
    ("client.c", "(old != NULL && snapshot_check_rollback(old, s, e) == -1)", "false"),
    ("client.c", 'expired(c, &s->c, "snapshot", e) == -1', "false"),
    ("client.c", "envelope_verify(&v, ring, keys, role, e) == 0 && (t", "(t"),
    ("client.c", "expired(c, &t->c, role, e) == -1", "false"),
    ("client.c", "BUF_INIT(limit_of(&m, TUF_TARGETS_SIZE))", "BUF_INIT(TUF_TARGETS_SIZE)"),
    ("client.c", "BUF_INIT(limit_of(m, TUF_SNAPSHOT_SIZE))", "BUF_INIT(TUF_SNAPSHOT_SIZE)"),
    ("client.c", "again |= strcmp(visited[i], v.d->name) == 0;", ";"),
    ("client.c", "while (depth > 0 && nvisited < TUF_VISITS_MAX)", "while (depth > 0 && nvisited < TUF_VISITS_MAX - 1)"),
    ("client.c", "if (terminating)\n\t\t*depth = 0;", ""),
    ("client.c", "terminating = t->delegations[i].terminating;", "terminating = false;"),
    ("client.c", "if (delegation_covers(&t->delegations[i], path)) {", "{"),
    ("client.c", "strcmp(c->roles[i].delegator, delegator) == 0", "true"),
    ("client.c", "if (got == -1 && e->code != ERR_TOO_LARGE)", "if (false)"),
    ("envelope.c", "if (!json_is_array(sigs))", "if (false)"),
    ("envelope.c", "if (n > TUF_SIGNATURES_MAX)", "if (false)"),
    ("envelope.c", 'if (id == NULL || !json_is_string(json_object_get(sig, "sig")))', "if (id == NULL)"),
    ("envelope.c", '''json_string_value(json_object_get(
					   json_array_get(sigs, k), "keyid"))) == 0''', '''json_string_value(json_object_get(
					   json_array_get(sigs, k), "keyid"))) == 2'''),
    ("envelope.c", "if (!json_is_object(v->body))", "if (false)"),
    ("envelope.c", "again |= tuf_key_same(good[g], k);", ";"),
    ("envelope.c", "if (!again && tuf_key_verify(k, sig, len, v->canonical, v->len))", "if (!again)"),
    ("envelope.c", "if (n < role->threshold)", "if (n < 1)"),
    ("key.c", "if (!right)\n\t\tk->why", "if (false)\n\t\tk->why"),
    ("key.c", "if (k->scheme == SCHEME_NONE) {", "if (false) {"),
    ("key.c", "if (json_object_size(keys) > TUF_KEYS_MAX)", "if (false)"),
    ("key.c", "if (type == NULL || scheme == NULL || !json_is_object(val))", "if (type == NULL || scheme == NULL)"),
    ("metadata.c", "if (t == NULL || strcmp(t, type) != 0)", "if (false)"),
    ("metadata.c", "if (!valid_spec_version(", "if (0 && !valid_spec_version("),
    ("metadata.c", "s[0] != '1' || s[1] != '.'", "s[0] != '1'"),
    ("metadata.c", "if (!json_is_integer(version) || json_integer_value(version) < 1)\n\t\treturn err_setx(e, ERR_SYNTAX, \"want a version of 1 or more\");", "if (!json_is_integer(version))\n\t\treturn -1;"),
    ("metadata.c", "if (json_integer_value(version) > TUF_VERSION_MAX)", "if (false)"),
    ("metadata.c", "if (!json_is_array(ids) || !json_is_integer(threshold))", "if (!json_is_integer(threshold))"),
    ("metadata.c", "json_integer_value(threshold) < 1 ||", ""),
    ("metadata.c", "json_integer_value(threshold) > TUF_THRESHOLD_MAX", "false"),
    ("metadata.c", "if (strcmp(r->keyids[i], id) == 0)", "if (false)"),
    ("metadata.c", "if (!h->has_sha256 && !h->has_sha512)", "if (false)"),
    ("metadata.c", "if (memcmp(sum, want, size) == 0)", "if (true)"),
    ("metadata.c", "if (!json_is_integer(version) || json_integer_value(version) < 1)\n\t\treturn err_setx(e, ERR_SYNTAX, \"want a version of 1 or more for %.200s\", name);", ""),
    ("metadata.c", "if (length != NULL && (!json_is_integer(length) || json_integer_value(length) < 0))", "if (false)"),
    ("metadata.c", "if (consistent != NULL && !json_is_boolean(consistent))", "if (false)"),
    ("metadata.c", "if (!json_is_object(meta) || json_object_size(meta) > TUF_ROLES_MAX)", "if (false)"),
    ("metadata.c", "if (got < want)", "if (entry != NULL && false)"),
    ("metadata.c", "if (d->name == NULL || d->name[0] == '\\0' || strlen(d->name) > TUF_ROLE_NAME_MAX)", "if (d->name == NULL)"),
    ("metadata.c", "if (strcmp(d->name, top_names[i]) == 0)", "if (false)"),
    ("metadata.c", "if (!json_is_boolean(terminating))", "if (false)"),
    ("metadata.c", "if (json_is_array(d->paths) == json_is_array(d->prefixes) ||\n\t    (d->paths != NULL) == (d->prefixes != NULL))", "if (false)"),
    ("metadata.c", "if (texts_check(d->paths, e) == -1 || texts_check(d->prefixes, e) == -1)", "if (false)"),
    ("metadata.c", "if (strcmp(t->delegations[k].name, t->delegations[i].name) == 0)", "if (false)"),
    ("metadata.c", "if (!json_is_object(j) || !json_is_array(roles))", "if (false)"),
    ("metadata.c", "if (!json_is_integer(length) || json_integer_value(length) < 0 ||\n\t    (uint64_t)json_integer_value(length) > TUF_TARGET_SIZE_MAX)", "if (!json_is_integer(length))"),
    ("metadata.c", "if (!json_is_object(t->targets) || json_object_size(t->targets) > TUF_TARGETS_MAX)", "if (false)"),
    ("delegation.c", "star != NULL && *again != '/'", "star != NULL"),
    ("delegation.c", "(*pattern == '?' && *path != '/')", "*pattern == '?'"),
    ("delegation.c", "if (strncmp(hex, p, strlen(p)) == 0)", "if (true)"),
    ("canonical.c", '"want integers only in signed JSON, got a real number");', '"") + 1;'),
    ("../base/json.c", "if (depth_of(data, len) > JSON_DEPTH_MAX)", "if (false)"),
    ("../base/json.c", "JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL", "JSON_ALLOW_NUL"),
    ("../base/json.c", "JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL", "JSON_REJECT_DUPLICATES"),
]

FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-w"]


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def compile_one(source, out, include):
    done = run(["cc", *FLAGS, *include, "-c", source, "-o", out])
    if done.returncode != 0:
        sys.exit(f"{source}: {done.stdout}")


def main():
    wanted = [int(a) for a in sys.argv[1:]] or range(1, len(CHECKS) + 1)
    libs = run(["pkg-config", "--cflags", "--libs", "jansson", "libcrypto", "libseccomp", "cmocka"]).stdout.split()
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        lib = os.path.join(work, "lib")
        shutil.copytree(os.path.join(TOP, "lib"), lib)
        include = ["-I" + lib, "-I" + os.path.join(TOP, "tests/unit")]
        objects = {}
        sources = [os.path.join(lib, "tuf", f) for f in os.listdir(os.path.join(lib, "tuf")) if f.endswith(".c")]
        sources += [os.path.join(lib, "base", f) for f in os.listdir(os.path.join(lib, "base"))
                    if f.endswith(".c") and not f.endswith("_windows.c")]
        sources += [os.path.join(TOP, "tests/unit", f) for f in ["shelf.c"] + [f"test_{t}.c" for t in TESTS]]
        for source in sources:
            objects[source] = os.path.join(work, re.sub(r"\W", "_", source) + ".o")
            compile_one(source, objects[source], include)
        for number in wanted:
            name, old, new = CHECKS[number - 1]
            path = os.path.normpath(os.path.join(lib, "tuf", name))
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if old not in text:
                print(f"{number:3} {name}: not found: {old[:60]}")
                bad += 1
                continue
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new, 1))
            compile_one(path, objects[path], include)
            noticed = []
            for test in TESTS:
                objs = [o for s, o in objects.items()
                        if "/tests/unit/" not in s or s.endswith(("shelf.c", f"test_{test}.c"))]
                program = os.path.join(work, "test")
                linked = run(["cc", "-o", program, *objs, *libs])
                if linked.returncode != 0:
                    sys.exit(linked.stdout)
                try:
                    out = run([program], timeout=300)
                    noticed = re.findall(r"\[  FAILED  \] (.*)", out.stdout) or (["crash"] if out.returncode else [])
                except subprocess.TimeoutExpired:
                    noticed = ["endless"]
                if noticed:
                    break
            print(f"{number:3} {name}: {old.splitlines()[0][:70]:70} "
                  + (f"noticed by {test}: {noticed[0]}" if noticed else "NOT NOTICED"), flush=True)
            bad += not noticed
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            compile_one(path, objects[path], include)
    print(f"{len(wanted) - bad} of {len(wanted)} checks are noticed when they are gone")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
