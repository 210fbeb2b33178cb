#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# A handler in Python that uses both its standard streams and the socket
# below them; the client is one, too.
. "$(dirname "$0")/lib.sh"
need python3

cat >"$dir/handler.py" <<'END'
import os, socket, sys

peer = socket.socket(fileno=os.dup(0)).getpeername()
print("peer", *peer, os.environ["REMOTE_ADDR"], os.environ["REMOTE_PORT"])
for line in sys.stdin:
    sys.stdout.write(line.upper())
print("no more lines", file=sys.stderr)
END
cat >"$dir/client.py" <<'END'
import socket, sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as s:
    name = " ".join(map(str, s.getsockname()))
    request = b"".join(b"line %d\n" % i for i in range(20000))
    s.sendall(request)
    s.shutdown(socket.SHUT_WR)
    answer = s.makefile("rb").read()
expected = f"peer {name} {name}\n".encode() + request.upper()
sys.exit(0 if answer == expected else f"differs: {answer[:200]}")
END
serve <<-END
	[upper]
	listen = 127.0.0.1:0
	handler = $(command -v python3) $dir/handler.py
END
i=0
while [ "$i" -lt 10 ]; do
	python3 "$dir/client.py" "$(port upper)"
	i=$((i + 1))
done
wait_log ' stderr service=upper conn=10 .* line="no more lines"$'
finish
