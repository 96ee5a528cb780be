#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Remove the checks of bytes from outside one at a time; a test has to fail for each.

usage: tests/mutate.py BUILD-DIR [NUMBER...]

BUILD-DIR is a build by Ninja in which the tests are built.  For each check, the source without the check is compiled
and linked before the libraries of the test that the check's line names; that test has to fail.  Prints a line for each
check.  Exit status 1 when no test notices a missing check, or a check isn't found exactly once in the sources.
"""
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT = 120   # seconds; a mutant that runs longer hangs, which is noticed

# The text of a source, white space aside; its replacement; the test program and its test that fails.
CHECKS = [
    ("!c->check_expiry || common->expires > c->now", "true", "client: nothing_saved"),
    ("common->expires > c->now", "common->expires >= c->now", "hostile: frozen"),
    ("if (len > TUF_ROOT_SIZE_MAX)", "if (false)", "hostile: trust_anchor"),
    ('envelope_verify(&v, &r->ring, &r->roles[TUF_ROOT], "root", e) == -1', "false", "hostile: trust_anchor"),
    ('envelope_verify(&v, &c->root->ring, &c->root->roles[TUF_ROOT], "root (by the keys trusted so far)", e) == -1',
     "false", "hostile: root: new key, signed by the new alone"),
    ('envelope_verify(&v, &new->ring, &new->roles[TUF_ROOT], "root (by its own keys)", e) == -1', "false",
     "hostile: root: new key, signed by the old alone"),
    ("if (new->c.version != c->root->c.version + 1)", "if (false)", "hostile: root: version skipped"),
    ("!same_role(&c->root->roles[TUF_TIMESTAMP], &new->roles[TUF_TIMESTAMP])", "false",
     "hostile: root: no key for timestamp"),
    ("!same_role(&c->root->roles[TUF_SNAPSHOT], &new->roles[TUF_SNAPSHOT])", "false",
     "client: client: snapshot key replaced, versions start again"),
    ("a->n != b->n || a->threshold != b->threshold", "false", "hostile: root: two keys wanted for snapshot"),
    ("next_root(c, i < TUF_ROOTS_MAX, e)", "next_root(c, true, e)", "hostile: many_roots"),
    ('return rc == -1 ? -1 : client_expired(c, &c->root->c, "root", e);', "return rc;", "hostile: root: expired"),
    ("if (envelope_verify(v, &c->root->ring, &c->root->roles[which], tuf_top_name(which), e) == 0)", "if (true)",
     "client: nothing_saved"),
    ("if (old != NULL && new->c.version < old->c.version)", "if (false)", "client: client: timestamp older"),
    ("if (old != NULL && new->c.version == old->c.version)", "if (false)", "client: nothing_saved"),
    ('rc = client_expired(c, &old->c, "timestamp", e);', "rc = 0;", "hostile: frozen"),
    ("if (old != NULL && new->snapshot.version < old->snapshot.version)", "if (false)",
     "client: client: timestamp names an older snapshot"),
    ('client_expired(c, &new->c, "timestamp", e) == -1', "false", "hostile: timestamp: expired"),
    ("if (m->has_length && b->len != m->length)", "if (false)", "hostile: timestamp: snapshot length too large"),
    ("return m->has_hashes ? tuf_hashes_check(&m->hashes, b->data, b->len, what, e) : 0;", "return 0;",
     "hostile: snapshot: another targets hash"),
    ("if (common->version != m->version)", "if (false)", "hostile: snapshot: version below what the timestamp says"),
    ("(old != NULL && snapshot_check_rollback(old, s, e) == -1)", "false", "hostile: snapshot: application dropped"),
    ('client_expired(c, &s->c, "snapshot", e) == -1', "false", "hostile: snapshot: expired"),
    ("envelope_verify(&v, ring, keys, role, e) == 0 && (t", "(t", "hostile: targets: signed by a stranger"),
    ("client_expired(c, &t->c, role, e) == -1", "false", "hostile: targets: expired"),
    ("BUF_INIT(limit_of(&m, TUF_TARGETS_SIZE, TUF_TARGETS_SIZE_MAX))", "BUF_INIT(TUF_TARGETS_SIZE)",
     "hostile: snapshot: targets length too small"),
    ("BUF_INIT(limit_of(m, TUF_SNAPSHOT_SIZE, TUF_SNAPSHOT_SIZE_MAX))", "BUF_INIT(TUF_SNAPSHOT_SIZE)",
     "hostile: timestamp: snapshot length too small"),
    ("again |= strcmp(visited[i], v.d->name) == 0;", ";", "walk: walk: a role visited once isn't verified again"),
    ("while (depth > 0 && nvisited < TUF_VISITS_MAX)", "while (depth > 0 && nvisited < TUF_VISITS_MAX - 1)",
     "walk: long_chain"),
    ("if (terminating) *depth = 0;", "", "walk: walk: terminating ends what comes after, at every depth"),
    ("terminating = t->delegations[i].terminating;", "terminating = false;", "walk: walk: terminating ends the rest"),
    ("if (delegation_covers(&t->delegations[i], path)) {", "{", "walk: again_under_another"),
    ("strcmp(c->roles[i].delegator, delegator) == 0", "true", "walk: again_under_another"),
    ("if (got == -1 && e->code != ERR_TOO_LARGE)", "if (false)", "hostile: local_unreadable"),
    ("if (path_check(target, strlen(target), e) == -1 || check_length(target, e) == -1)", "if (false)",
     "layout: target: parent directory"),
    ("if (strlen(last_component(target)) > LAYOUT_NAME_MAX)", "if (false)", "layout: target: name too long"),
    ("if (strlen(target) > LAYOUT_TARGET_MAX)", "if (false)", "layout: limits"),
    ("strncmp(target, app, len) != 0 || target[len] != '/' ||", "", "layout: target: another application"),
    ("|| depth > LAYOUT_DEPTH_MAX", "", "layout: target: nine deep"),
    ("if (*place >= LAYOUT_ROOTS && !is_script(*rest))", "if (false)", "layout: target: script below"),
    ("if (path_check(target, strlen(target), e) == -1) return -1;", "", "layout: stored: parent directory"),
    ("if (hash[hexes] != '\\0' ||", "if (", "layout: stored: more behind the hash"),
    ("hexes + 1 + strlen(base) > PATH_COMPONENT_MAX ||", "", "layout: stored: name too long"),
    ("|| strlen(LAYOUT_TARGETS) + hexes + 1 + strlen(target) > PATH_REL_MAX", "", "layout: limits"),
    ("if (!json_is_array(sigs))", "if (false)", "hostile: root: signatures missing"),
    ("if (n > TUF_SIGNATURES_MAX)", "if (false)", "hostile: root: too many signatures"),
    ('if (id == NULL || !json_is_string(json_object_get(sig, "sig")))', "if (id == NULL)",
     "hostile: root: signature a number"),
    ('json_string_value(json_object_get( json_array_get(sigs, k), "keyid"))) == 0',
     'json_string_value(json_object_get( json_array_get(sigs, k), "keyid"))) == 2',
     "hostile: root: one key id twice in signatures"),
    ("if (!json_is_object(v->body))", "if (false)", "hostile: any_byte"),
    ("again |= tuf_key_same(good[g], k);", ";", "hostile: root: one key under two ids"),
    ("if (!again && tuf_key_verify(k, sig, len, v->canonical, v->len))", "if (!again)",
     "hostile: timestamp: signature broken"),
    ("return n < role->threshold ? too_few", "return n < 1 ? too_few",
     "hostile: targets: application needs two keys and has one"),
    ("if (!right) k->why", "if (false) k->why", "sign: key: extra fields of keyval always do"),
    ("if (k->kind == -1) {", "if (false) {", "sign: other_scheme"),
    ("if (json_object_size(keys) > TUF_KEYS_MAX)", "if (false)", "hostile: root: too many keys"),
    ("if (type == NULL || scheme == NULL || !json_is_object(val))", "if (type == NULL || scheme == NULL)",
     "sign: key: no keyval"),
    ("if (t == NULL || strcmp(t, type) != 0)", "if (false)", "hostile: timestamp: type of another role"),
    ("if (!valid_spec_version(", "if (0 && !valid_spec_version(", "hostile: timestamp: specification 2"),
    ("s[0] != '1' || s[1] != '.'", "s[0] != '1'", "hostile: root: specification 10"),
    ('if (!json_is_integer(version) || json_integer_value(version) < 1) return err_setx(e, ERR_SYNTAX, "want a '
     'version of 1 or more");', "if (!json_is_integer(version)) return -1;", "hostile: root: version missing"),
    ("if (json_integer_value(version) > TUF_VERSION_MAX)", "if (false)", "hostile: root: version that has no next one"),
    ("if (!json_is_array(ids) || !json_is_integer(threshold))", "if (!json_is_integer(threshold))",
     "hostile: root: key ids missing"),
    ("json_integer_value(threshold) < 1 ||", "", "hostile: root: threshold 0"),
    ("json_integer_value(threshold) > TUF_THRESHOLD_MAX", "false", "hostile: root: threshold over all bounds"),
    ("if (strcmp(r->keyids[i], id) == 0)", "if (false)", "hostile: root: a key id twice in a role"),
    ("if (!h->has_sha256 && !h->has_sha512)", "if (false)",
     "hostile: timestamp: snapshot hash of an unknown kind only"),
    ("if (memcmp(sum, want, size) == 0)", "if (true)", "hostile: snapshot: another targets hash"),
    ('if (!json_is_integer(version) || json_integer_value(version) < 1) return err_setx(e, ERR_SYNTAX, "want a '
     'version of 1 or more for %.200s", name);', "", "hostile: timestamp: meta missing"),
    ("if (length != NULL && (!json_is_integer(length) || json_integer_value(length) < 0))", "if (false)",
     "hostile: timestamp: snapshot length below 0"),
    ("if (consistent != NULL && !json_is_boolean(consistent))", "if (false)",
     "hostile: root: consistent_snapshot a number"),
    ("if (!json_is_object(meta) || json_object_size(meta) > TUF_ROLES_MAX)", "if (false)",
     "hostile: snapshot: meta missing"),
    ("if (got < want)", "if (entry != NULL && false)", "client: client: snapshot takes targets back"),
    ("if (d->name == NULL || d->name[0] == '\\0' || strlen(d->name) > TUF_ROLE_NAME_MAX)", "if (d->name == NULL)",
     "hostile: targets: delegation with an empty name"),
    ("if (strcmp(d->name, top_names[i]) == 0)", "if (false)",
     "hostile: targets: delegation named like a top-level role"),
    ("if (!json_is_boolean(terminating))", "if (false)", "hostile: targets: delegation without terminating"),
    ("if (json_is_array(d->paths) == json_is_array(d->prefixes) || (d->paths != NULL) == (d->prefixes != NULL))",
     "if (false)", "hostile: targets: delegation without paths"),
    ("if (texts_check(d->paths, e) == -1 || texts_check(d->prefixes, e) == -1)", "if (false)",
     "hostile: targets: delegation with a path that is no text"),
    ("if (strcmp(t->delegations[k].name, t->delegations[i].name) == 0)", "if (false)",
     "hostile: targets: two delegations to one role"),
    ("if (!json_is_object(j) || !json_is_array(roles))", "if (false)", "hostile: targets: delegations without roles"),
    ("if (!json_is_integer(length) || json_integer_value(length) < 0 || (uint64_t)json_integer_value(length) > "
     "TUF_TARGET_SIZE_MAX)", "if (!json_is_integer(length))", "hostile: COV_PB: a target with a length below 0"),
    ("if (!json_is_object(t->targets) || json_object_size(t->targets) > TUF_TARGETS_MAX)", "if (false)",
     "hostile: targets: targets missing"),
    ("star != NULL && *again != '/'", "star != NULL", "client: glob: star doesn't match a slash"),
    ("(*pattern == '?' && *path != '/')", "*pattern == '?'", "client: glob: question doesn't match a slash"),
    ("if (strncmp(hex, p, strlen(p)) == 0)", "if (true)", "walk: walk: another prefix"),
    ('"want integers only in signed JSON, got a real number");', '"") + 1;', "hostile: root: a real number"),
    ("if (++s.depth > JSON_DEPTH_MAX)", "if (++s.depth < 0)", "hostile: root: nests too deep"),
    ("JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL", "JSON_ALLOW_NUL", "hostile: root: a name twice"),
    ("JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL", "JSON_REJECT_DUPLICATES",
     "hostile: root: NUL and surrogate pair in an unknown field"),
    # What a start with nothing new doesn't look at again.
    ("memcmp(targets.hashes.sha256, k->targets, SHA256_SIZE) == 0 &&", "",
     "client: known: remembered under other targets"),
    ("memcmp(role.hashes.sha256, k->role, SHA256_SIZE) == 0 &&", "", "client: known: other bytes of the same version"),
    ("memcmp(local, k->role, SHA256_SIZE) == 0 &&", "", "client: known: copy is changed"),
    ("&& role.version == k->version &&", "&&", "client: known: remembered as another version"),
    ("(!c->check_expiry || k->expires > c->now)", "true", "client: known: over by now"),
    ("strcmp(w->slipway, SLIPWAY_VERSION) == 0 &&", "", "wanted: wanted: another version of Slipway"),
    ("strcmp(w->application, application) == 0 &&", "", "wanted: wanted: another application"),
    ("same_path(w->roots[0], roots[0]) &&", "", "wanted: wanted: InstallDir where there is none"),
    ("same_path(w->roots[1], roots[1]) &&", "", "wanted: wanted: another AppDir"),
    ("strcmp(stamp, w->record) == 0 &&", "", "wanted: wanted: another record"),
    ("&& record_is_kept(state, w->serial);", ";", "wanted: wanted: a serial that the history lacks"),
    ("owned_file(state, STATE_WANTED, e) == -1", "false", "wanted: written_by_others"),
    # Certificates.
    ("X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT)) { X509_VERIFY_PARAM",
     "X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_CLIENT)) { X509_VERIFY_PARAM", "trust: for servers only"),
    ("crl_revokes(crl, x) && valid_crl(t, crl, chain)", "crl_revokes(crl, x)", "trust: forged_list"),
    ("if (revoked(t, sk_X509_value(chain, i), chain))", "if (false)", "trust: the CA between is revoked"),
    ("if (revoked(t, leaf, chain)) return leaf;", "", "trust: a pin that is revoked"),
    ("X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0) expired", "false) expired", "trust: a pin that expired"),
    ("EVP_PKEY_get_security_bits(X509_get0_pubkey(leaf)) < CERT_SECURITY_BITS", "false", "trust: a pin that is weak"),
    ("case NID_sha224:", "case NID_sha1: case NID_sha224:", "signature: ECDSA, SHA-1"),
    ("return strong_digest(pss_digest(algorithm));", "return true;", "signature: RSA-PSS, SHA-1"),
    ("if (X509_check_private_key(leaf, p->key) != 1)", "if (false)", "pair: not_its_key"),
    ("if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0) rc", "if (false) rc", "pair: expired"),
    ("if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0) rc", "if (false) rc", "pair: not yet"),
    ("(rc = cert_key_check(p->key, e)) == 0 &&", "", "pair: P-224"),
    ("(rc = check_key_usage(p, client, e)) == 0", "true", "pair: for clients, a server"),
    ("rc = try_handshake(p, e);", "rc = 0;", "pair: over 100 kB"),
    ("X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;", "true;", "crl: judged"),
    ("(X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN) != 0 &&", "", "crl: signers"),
    # Addresses, host keys, and what an SFTP server answers.
    ("if (byte < 0x20 || byte == 0x7f)", "if (false)", "url: escaped newline"),
    ('return valid_utf8(out, len) ? NULL : "is not UTF-8";', "return NULL;", "url: not UTF-8"),
    ("if (start[0] == '-' || start[0] == '.')", "if (false)", "url: host begins with a dash"),
    ("(n == 2 && p[1] == '.' && p[2] == '.')", "false", "url: parent directory"),
    ("if (n == 0 && len > 1)", "if (false)", "url: doubled slash"),
    ("if (n < 1 || n > 65535)", "if (n < 1)", "url: port 65536"),
    ('fault = "has a host; write file:///PATH with three \'/\'";', "fault = NULL;", "url: file with a host"),
    ("strlen(text) == FINGERPRINT_SIZE - 1 &&", "", "fingerprint: valid: with padding"),
    ("strncmp(text, PREFIX, sizeof PREFIX - 1) == 0 &&", "", "fingerprint: valid: small letters"),
    ("if (ours && n > SSH_IDENTIFICATION_MAX) return", "if (false) return", "ssh_hello: too long"),
    ("r->handlelen == 0 ||", "", "sftp_packet: bad: HANDLE that is empty"),
    ("if (fault == NULL && w.p != w.end)", "if (false)", "sftp_packet: bad: HANDLE with bytes left over"),
    ('return w->bad ? "a STATUS that is cut off" : NULL;', "return NULL;", "sftp_packet: bad: STATUS without a code"),
    ("if ((flags & ~(ATTR_SIZE | ATTR_UIDGID | ATTR_MODE | ATTR_TIMES | ATTR_EXTENDED)) != 0)", "if (false)",
     "sftp_packet: bad: ATTRS with a flag of version 4"),
    ("if (fault == NULL && w.p < w.end)", "if (false)", "sftp_writer: names_of_a_packet"),
    ('return w->bad ? "a NAME that is cut off" : fault;', "return fault;", "sftp_writer: names_of_a_packet"),
    ("memchr(name, '/', len) == NULL &&", "", "sftp_writer: hostile_names"),
    ("if (size < 5 || size > SFTP_WRITER_PACKET_MAX)", "if (size < 5)", "sftp_writer: large_packet"),
    ("if (n > j->size - j->offset)", "if (false)", "sftp_writer: other_jobs"),
    # A fetch child that does jobs and was taken over.
    ("|| offset != j->offset ||", "||", "session_jobs: bytes twice"),
    ("len > SFTP_WRITE_MAX ||", "", "session_jobs: more bytes than at once"),
    ("|| len > j->size - offset)", ")", "session_jobs: bytes behind the end"),
    ("!sftp_job_name(listed.name, strlen(listed.name)) ||", "", "session_jobs: an entry above"),
    ("if (j == NULL || len > j->size - j->offset)", "if (j == NULL)", "session_jobs: more content than is wanted"),
    ("if (j->kind == SFTP_JOB_PUT && result == SFTP_JOB_OK && j->offset != j->size)", "if (false)",
     "session_jobs: a file that it never had"),
    # Journals, which somebody may have planted or torn.
    ('if ((size_t)n != len - *body_len || memcmp(want, data, (size_t)n) != 0)', "if (false)", "journal: torn"),
    ("if (is_newer(data, len))", "if (false)", "transaction: cut_journal"),
    ("|| strlen(json_string_value(v)) != json_string_length(v)", "", "journal: path: NUL"),
    ("if (path_check(json_string_value(v), json_string_length(v), e) == -1)", "if (false)",
     "journal: path: parent directory"),
    ('return malformed_journal(e, "root"); }', "return 0; }", "journal: root: unknown"),
    ("(sha256 == NULL && length == NULL) ||", "", "journal: state: neither hash nor length"),
    ("|| mode < 0 || mode > 07777", "|| mode < 0", "journal: state: mode over all bounds"),
    ("(!json_is_integer(length) || json_integer_value(length) < 0)", "!json_is_integer(length)",
     "journal: state: length below 0"),
    ("hex_decode(json_string_value(sha256), json_string_length(sha256), sum, sizeof sum) == -1", "false",
     "journal: state: hash too short"),
    ("if (strcmp(f->new.sha256, FILE_UNREAD) == 0 ||", "if (", "journal: state: new content that wasn't read"),
    ("if (name == NULL || strchr(name, '/') != NULL ||", "if (name == NULL ||", "journal: aside: a path"),
    ("|| strlen(name) != json_string_length(aside)", "", "journal: aside: NUL"),
    ("path_check(name, strlen(name), e) == -1", "false", "journal: aside: parent directory"),
    ("if (path == NULL || !path_absolute(path) || made", "if (path == NULL || made", "journal: place: relative"),
    ("|| made < 0 || made > MADE_MAX", "", "journal: place: made over all bounds"),
    ("hex_decode(json_string_value(number), json_string_length(number), bytes, sizeof bytes) == -1", "false",
     "journal: number: too short"),
    ("if (j->record.serial < 1 || !j->record.whole)", "if (j->record.serial < 1)", "journal: record: a summary"),
    ("if (j->roots[j->files[i].root] == NULL)", "if (false)", "journal: root: without a place"),
    ("if (j->roots[j->dirs[i].root] == NULL)", "if (false)", "journal: root: of a directory without a place"),
    ("if (path == NULL || (own != NULL && strcmp(path, own) == 0)) return 0;", "return 0;",
     "transaction: planted: another root"),
    ("script_keys_check(t->st, &keys, t->user, &j->set, strcmp", "0 && script_keys_check(t->st, &keys, t->user, "
     "&j->set, strcmp", "transaction: planted: Run"),
    ("rc = script_keys_check(t->st, &keys, t->user, &j->record.undo, true, e);", ";",
     "transaction: planted: in the way back"),
    # Batch files that become scripts.
    ("if (rc == 0 && quotes)", "if (false)", "convert: a text without its quote"),
    ("if (b->in_block) return", "if (false) return", "convert: conditions and blocks"),
    ("if (c->ended) return", "if (false) return", "convert: behind the end"),
    ("if (c->delayed && exclaims)", "if (false)", "convert: delayed expansion"),
    ("if (!valid_utf8(words->v[i], strlen(words->v[i])))", "if (false)", "convert: another encoding"),
    ("else if (text_control(line, len, true) < len)", "else if (false)", "convert: control characters"),
    ("if (!o->view32 && (o->view64 || !is_32_bit(program)))", "if (true)", "convert: 32-bit view"),
    ("keyguard_check(x->key, x->op == CHANGE_DELETE_TREE, roots, 2, e)", "0", "convert: Slipway's own keys"),
    # Signing requests, and what verify finds in a served tree.
    ("if (json_integer_value(json_object_get(request, FORMAT)) != FORMAT_VERSION)", "if (false)",
     "request: another version"),
    ("|| json_array_size(files) > CHANGE_FILES_MAX)", ")", "request: too many files"),
    ("application_check(role, e) == -1)", "false)", "request: a role of online keys"),
    ("check_envelope(json_object_get(file, \"metadata\"), role, e) == -1 ||", "", "request: no metadata"),
    ("(!json_is_null(before) && check_envelope(before, role, e) == -1)", "false", "request: before that is no metadata"),
    ("rc = check_body(&v, role, e);", "rc = 0;", "request: metadata of another role"),
    ("|| json_array_size(signers) > CHANGE_SIGNERS_MAX)", ")", "request: too many signers"),
    ("json_integer_value(threshold) < 1 ||", "", "request: threshold 0"),
    ("|| json_integer_value(threshold) > TUF_THRESHOLD_MAX)", ")", "request: threshold over all bounds"),
    ("if (!json_is_string(json_array_get(ids, i)))", "if (false)", "request: key id that is a number"),
    ("if (signature_of(mine, id) == NULL &&", "if (", "request: merged"),
    ("|| !json_equal(json_object_get(mine, \"signed\"), json_object_get(theirs, \"signed\")))", ")",
     "request: not_merged"),
    ("if (request_count(request) != request_count(other))", "if (false)", "request: not_merged"),
    ("if (d != NULL && !delegation_covers(d, name)) {", "if (false) {", "served: outside of its delegation"),
    ("if (!target.hashes.has_sha256) {", "if (false) {", "served: without SHA-256"),
    ("!t->content || check_content(t, path, &target, e) == 0", "true", "served: another content"),
    ("rc = envelope_verify(&v, b->ring, b->role, file, e);", "rc = 0;", "served: signed by a stranger"),
    ("if (!current || c->expires > t->now)", "if (true)", "served: expired"),
    ("if (version != 0 && c->version != version) {", "if (false) {", "served: another version"),
    ("if (!layout_allows(path, directory))", "if (false)", "release: another directory"),
    ("if (check_collisions(&names, below, e) == -1)", "if (false)", "release: two spellings"),
    ("depth += *p == '/';", ";", "release: too deep"),
]


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def pattern_of(text):
    """Matches text with any white space, also none, between its words."""
    words = re.findall(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|\w+|[^\w\s]', text)
    return re.compile(r"(?<!\w)" + r"\s*".join(re.escape(word) for word in words))


class Build:
    """How this build compiles a source and links a test."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as f:
            self.compile_of = {c["file"]: c for c in json.load(f)}
        self.rooms = {}
        self.link_of = {}

    def sources(self, test):
        """The sources of the room that the test is of, by path; those of lib/tuf with the reading of JSON."""
        found = glob.glob(os.path.join(TOP, f"tests/unit/*/test_{test}.c"))
        if len(found) != 1:
            sys.exit(f"want one tests/unit/ROOM/test_{test}.c, got {len(found)}")
        room = os.path.basename(os.path.dirname(found[0]))
        if room not in self.rooms:
            folder = room.replace("_", "/", 1) if room.startswith(("updater_", "server_")) else "lib/" + room
            names = glob.glob(os.path.join(TOP, folder, "*.c"))
            if room == "tuf":
                names.append(os.path.join(TOP, "lib/base/json.c"))
            texts = {}
            for name in names:
                if name in self.compile_of:
                    with open(name, encoding="utf-8") as f:
                        texts[name] = f.read()
            self.rooms[room] = texts    # whole: other threads look meanwhile
        return self.rooms[room]

    def compile(self, source, text, work):
        path, out = os.path.join(work, "mutant.c"), os.path.join(work, "mutant.o")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        entry = self.compile_of[source]
        words = shlex.split(entry["command"])
        words[words.index("-o") + 1] = out
        words[words.index("-c") + 1] = path
        done = run(words + ["-w"], cwd=entry["directory"])
        return out if done.returncode == 0 else sys.exit(f"{source}: {done.stdout}")

    def link(self, test, mutant, work):
        """The program of the test, with mutant before the libraries: the archive's object is then not taken."""
        if test not in self.link_of:
            lines = run(["ninja", "-C", self.folder, "-t", "commands", f"test_{test}"]).stdout.splitlines()
            words = shlex.split(lines[-1])
            self.link_of[test] = words[words.index("&&") + 1:words.index("&&", words.index("&&") + 1)]
        words = list(self.link_of[test])
        out = os.path.join(work, "test")
        at = words.index("-o")
        words[at:at + 2] = [mutant, "-o", out]
        done = run(words, cwd=self.folder)
        return out if done.returncode == 0 else sys.exit(f"test_{test}: {done.stdout}")


def noticed(program, test, name, work):
    """Whether the named test of the program fails, crashes or hangs.  What it then leaves behind is in work."""
    try:
        out = run([program] + ([name] if test == "hostile" else []), timeout=TIMEOUT, env={**os.environ, "SLIPWAY_UNIT_TEMP": work})
    except subprocess.TimeoutExpired:
        return True
    failed = re.findall(r"\[  FAILED  \] (.*)", out.stdout)
    return name in failed or (out.returncode != 0 and not failed)


def look(build, number):
    """The line to print, and whether the test noticed."""
    old, new, by = CHECKS[number - 1]
    test, name = by.split(": ", 1)
    pattern = pattern_of(old)
    sources = build.sources(test)
    places = [(s, m) for s, text in sources.items() for m in pattern.finditer(text)]
    if len(places) != 1:
        return f"{number:3} found {len(places)} times: {old}", False
    source, match = places[0]
    text = sources[source]
    with tempfile.TemporaryDirectory() as work:
        mutant = build.compile(source, text[:match.start()] + new + text[match.end():], work)
        good = noticed(build.link(test, mutant, work), test, name, work)
    word = "noticed by" if good else "NOT NOTICED by"
    return f"{number:3} {os.path.basename(source)}: {old[:60]:60} {word} {by}", good


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tests/mutate.py BUILD-DIR [NUMBER...]")
    build = Build(sys.argv[1])
    wanted = [int(a) for a in sys.argv[2:]] or range(1, len(CHECKS) + 1)
    good = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for line, one in pool.map(lambda n: look(build, n), wanted):
            print(line, flush=True)
            good += one
    print(f"{good} of {len(wanted)} checks are noticed when they are gone")
    return 0 if good == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
