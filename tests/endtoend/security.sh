# SPDX-License-Identifier: ISC
# Each command of docs/security.md prints the output that the page shows; values that differ between two repositories
# (digests, fingerprints, lengths) aren't compared.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

page=$1

make_all
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
expect 0 replace.log slipway-repo --repo "$REPO" cert replace kernel --connect "$kernel"
cp login "$REPO/login"
# Any host key is accepted, and none is remembered.
mkdir shims
for program in ssh sftp; do
	cat > "shims/$program" <<-SH
	#!/bin/sh
	exec $(command -v "$program") -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "\$@"
	SH
	chmod +x "shims/$program"
done
export K=$kernel P=$port USER PATH=$WORK/shims:$PATH
USER=$(id -un)

expect 0 page.log python3 - "$page" "$REPO" <<'PY'
import re
import subprocess
import sys

page, repo = sys.argv[1:]
count, command = 0, None


def same(text):
    """What is the same in every repository, whichever line comes first."""
    text = re.sub(r"\b[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){19,}|\b[0-9a-f]{16,}\b", "#", text)
    return sorted(re.sub(r"'length': \d+", "'length': #", line).rstrip() for line in text.splitlines())


for paragraph in re.findall(r"(?:^    .*\n)+", open(page).read(), re.MULTILINE):
    text = "".join(line[4:] + "\n" for line in paragraph.splitlines())
    if text.startswith("import json\n"):
        open(f"{repo}/check.py", "w").write(text)
    elif command is None:
        command = text
    else:
        done = subprocess.run(["bash", "-c", command], cwd=repo, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60, check=False)
        # What the server refuses fails, and so does a count of 0.
        fails = command.startswith(("ssh ", 'echo "put ')) or command.rstrip().endswith('grep -c "New Session Ticket"')
        if same(done.stdout) != same(text) or (done.returncode != 0) != fails:
            sys.exit(f"$ {command}\nwant exit status {int(fails)} and\n{text}\ngot {done.returncode} and\n{done.stdout}")
        command, count = None, count + 1
if command is not None or count < 14:
    sys.exit(f"want 14 commands and what they print, got {count}")
print(count)
PY
