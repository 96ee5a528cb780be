#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""asyncssh_server.py DIR PORT: an SFTP server made of AsyncSSH, for tests; serve.sh describes DIR."""

import asyncio
import os
import sys

import asyncssh

DIR, PORT = sys.argv[1], int(sys.argv[2])


def content(name):
    path = os.path.join(DIR, name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as f:
        return f.read().rstrip("\n")


class Server(asyncssh.SSHServer):
    def password_auth_supported(self):
        return content("password") is not None and content("kbdint") is None

    def validate_password(self, username, password):
        return username == "station" and password == content("password")

    def kbdint_auth_supported(self):
        return content("kbdint") is not None

    def get_kbdint_challenge(self, username, lang, submethods):
        # The questions of the file; "shown" ones are echoed.
        return "", "", "", [("Password: ", word == "shown") for word in content("kbdint").split()]

    def validate_kbdint_response(self, username, responses):
        return username == "station" and responses == [content("password")]


async def main():
    # After a restart, connections of the killed server may still linger at the port.
    await asyncssh.listen("127.0.0.1", PORT, reuse_address=True, server_factory=Server, sftp_factory=True,
                          server_host_keys=[os.path.join(DIR, "host_ed25519"), os.path.join(DIR, "host_ecdsa")],
                          authorized_client_keys=os.path.join(DIR, "authorized_keys"))
    await asyncio.Event().wait()


asyncio.run(main())
