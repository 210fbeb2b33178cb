#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# A tool server in Node.js that knows no network, only its standard streams: a
# hundred sessions of the Model Context Protocol. Each ends while a tool has ten
# more minutes to run, half of them by a close and half by kill -9; the server
# would go on, so on_disconnect has to end it.
# CACHE is a folder in which the server is installed once and kept.
. "$(dirname "$0")/lib.sh"
need node npm python3
: "${CACHE:?is a folder to install into}"

sessions=100
# Its dependencies are as of that day, too.
package=@modelcontextprotocol/server-everything@2026.8.31
before=2026-09-15

modules=$CACHE/${package##*/}
if [ ! -d "$modules" ]; then
	mkdir -p "$CACHE"
	temporary=$(mktemp -d "$CACHE/new-XXXXXX")
	if ! npm install --prefix "$temporary" --cache "$temporary/.npm" \
		--before "$before" --ignore-scripts --no-audit --no-fund \
		--fetch-retries 1 --fetch-timeout 30000 "$package" \
		>"$dir/npm" 2>&1; then
		rm -rf "$temporary"
		cat "$dir/npm"
		echo "skipped: npm cannot install $package"
		exit 77
	fi
	rm -rf "$temporary/.npm"
	# Somebody else may have been faster.
	mv -T "$temporary" "$modules" || rm -rf "$temporary"
fi
server=$modules/node_modules/${package%@*}/dist/index.js

# One session: it is known by the line that it prints, then waits for its end.
cat >"$dir/client.py" <<'END'
import json, socket, sys

s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
lines = s.makefile("rw", encoding="utf-8", newline="\n")


def send(method, **message):
    message |= {"jsonrpc": "2.0", "method": method}
    lines.write(json.dumps(message) + "\n")
    lines.flush()


def result(number):
    while (answer := json.loads(lines.readline())).get("id") != number:
        assert "error" not in answer, answer
    return answer["result"]


send("initialize", id=1, params={
    "protocolVersion": "2025-06-18", "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"}})
name = result(1)["serverInfo"]["name"]
send("notifications/initialized")
send("tools/call", id=2, params={
    "name": "trigger-long-running-operation",
    "arguments": {"duration": 600, "steps": 1}})
send("tools/call", id=3, params={
    "name": "get-sum", "arguments": {"a": 40, "b": 2}})
assert "42" in str(result(3)["content"])
print(name, flush=True)
sys.stdin.read()
END

# All of them, a few at a time. Arguments: the client, the port, the pid of the
# supervisor, how many.
cat >"$dir/driver.py" <<'END'
import os, subprocess, sys, time

client, port, supervisor, sessions = sys.argv[1], *map(int, sys.argv[2:])
AT_ONCE = 4
DEADLINE = 30


def parents():
    """pid -> parent, of all processes, zombies too."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as f:
                found[int(name)] = int(f.read().rpartition(")")[2].split()[1])
        except OSError:
            pass
    return found


def descendants():
    found, count = parents(), 0
    for pid in found:
        above = found[pid]
        while above in found and above != supervisor:
            above = found[above]
        count += above == supervisor
    return count


for first in range(0, sessions, AT_ONCE):
    batch = [
        subprocess.Popen([sys.executable, client, str(port)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(first, min(first + AT_ONCE, sessions))]
    for p in batch:
        name = p.stdout.readline()
        assert name == b"mcp-servers/everything\n", name
    # A shell and a node for each.
    assert descendants() >= 2 * len(batch), descendants()
    for i, p in enumerate(batch):
        if (first + i) % 2 == 0:
            p.stdin.close()
        else:
            p.kill()
        p.wait()
    until = time.monotonic() + DEADLINE
    while descendants() > 0:
        assert time.monotonic() < until, f"{descendants()} are left"
        time.sleep(0.02)
END

serve <<-END
	[mcp]
	listen = 127.0.0.1:0
	kill_mode = tree
	on_disconnect = kill
	disconnect_grace = 100ms
	handler = /bin/sh -c '"\$0" "\$@"; exit' $(command -v node) $server stdio
END
python3 "$dir/driver.py" "$dir/client.py" "$(port mcp)" "$daemon" "$sessions"
ended=$(grep -c ' end service=mcp .*reason=disconnect signal=KILL' "$dir/log")
[ "$ended" -eq "$sessions" ] || fail "$ended of $sessions were ended"
wait_log ' stderr service=mcp .*line="Starting default (STDIO) server[.]*"$'
finish
