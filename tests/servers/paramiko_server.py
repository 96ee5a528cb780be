#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""paramiko_server.py DIR PORT: a read-only SFTP server made of Paramiko, for tests; serve.sh describes DIR."""

import logging
import os
import socket
import sys
import threading

import paramiko

# Doesn't log a client that leaves in the middle, which is a part of the tests.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
DIR, PORT = sys.argv[1], int(sys.argv[2])
with open(os.path.join(DIR, "authorized_keys"), encoding="ascii") as f:
    KEYS = {line.split()[1] for line in f if line.strip()}
PASSWORD = None
if os.path.exists(os.path.join(DIR, "password")):
    with open(os.path.join(DIR, "password"), encoding="ascii") as f:
        PASSWORD = f.read().rstrip("\n")


class Server(paramiko.ServerInterface):
    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key.get_base64() in KEYS else paramiko.AUTH_FAILED

    def check_auth_password(self, username, password):
        good = username == "station" and PASSWORD is not None and password == PASSWORD
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey" + (",password" if PASSWORD is not None else "")

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class Files(paramiko.SFTPServerInterface):
    def open(self, path, flags, attr):
        try:
            f = os.fdopen(os.open(path, os.O_RDONLY), "rb")
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = f
        handle.stat = lambda: paramiko.SFTPAttributes.from_stat(os.fstat(f.fileno()))
        return handle


def serve(connection):
    transport = paramiko.Transport(connection)
    for name, kind in ("host_ed25519", paramiko.Ed25519Key), ("host_ecdsa", paramiko.ECDSAKey):
        transport.add_server_key(kind(filename=os.path.join(DIR, name)))
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
    try:
        transport.start_server(server=Server())
    except (paramiko.SSHException, EOFError):
        transport.close()
        return
    transport.join()


listener = socket.create_server(("127.0.0.1", PORT))
while True:
    client, _ = listener.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
