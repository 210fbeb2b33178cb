#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# Xvnc -inetd, which looks at what it is given: a connection is served to its
# end, a listener is taken over together with all who come.
. "$(dirname "$0")/lib.sh"
need Xvnc python3

# Arguments: the port, and how many clients are there at the same time. Each
# goes as far as ServerInit (RFC 6143, version 3.8, no authentication).
cat >"$dir/client.py" <<'END'
import socket, struct, sys

port, count = map(int, sys.argv[1:])
clients = []
for _ in range(count):
    s = socket.create_connection(("127.0.0.1", port), 60)
    f = s.makefile("rwb", buffering=0)

    def read(n):
        data = b""
        while len(data) < n:
            more = f.read(n - len(data))
            assert more, f"the end after {data}"
            data += more
        return data

    assert read(12) == b"RFB 003.008\n"
    f.write(b"RFB 003.008\n")
    assert 1 in read(read(1)[0])  # None
    f.write(b"\x01")
    assert read(4) == bytes(4)  # OK
    f.write(b"\x01")  # shared
    width, height = struct.unpack("!HH", read(4))
    assert (width, height) == (640, 480), (width, height)
    read(16)
    read(*struct.unpack("!I", read(4)))
    clients.append((s, f))
END

serve <<-END
	[defaults]
	listen = 127.0.0.1:0
	handler = Xvnc -inetd -geometry 640x480 -depth 24 -SecurityTypes None
	 -MaxDisconnectionTime 1

	[each]
	mode = nowait

	[all]
	mode = wait
END

# One after the other: two at once might choose the same display.
for i in 1 2 3; do
	python3 "$dir/client.py" "$(port each)" 1
	wait_log ' end service=each .*reason=exit status=0' "$i"
done

python3 "$dir/client.py" "$(port all)" 3
wait_log ' end service=all .*reason=exit status=0'
[ "$(count_log ' start service=all ')" -eq 1 ] ||
	fail "there was more than one for three clients"
# It has left the listener, and the next client starts another one.
python3 "$dir/client.py" "$(port all)" 2
wait_log ' end service=all .*reason=exit status=0' 2
[ "$(count_log ' start service=all ')" -eq 2 ] ||
	fail "there was more than one for two clients"
finish
