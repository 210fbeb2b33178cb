#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# in.tftpd, which takes the datagram socket whole: files of several sizes by two
# clients, both ways, compared; and again whenever it has idled out.
PATH=$PATH:/usr/sbin:/sbin
. "$(dirname "$0")/lib.sh"
need in.tftpd tftp curl python3 cmp

[ "$(id -u)" -eq 0 ] || {
	echo "skipped: in.tftpd changes its root and its user, which takes root"
	exit 77
}

root=$dir/root
mkdir -m 777 "$root"
# The last block of a file is the first one that is not full: 512 and around.
sizes='0 1 511 512 513 65536 2000000'
for size in $sizes; do
	head -c "$size" /dev/urandom >"$root/$size"
done
# A client that is slow: it goes on when there is a file "go".
cat >"$dir/slow.py" <<'END'
import os, socket, struct, sys, time

port, name, go = int(sys.argv[1]), sys.argv[2], sys.argv[3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(60)
s.sendto(struct.pack("!H", 1) + name.encode() + b"\0octet\0",
         ("127.0.0.1", port))
number = 0
while True:
    packet, peer = s.recvfrom(2000)
    kind, block = struct.unpack("!HH", packet[:4])
    assert kind == 3, packet
    if block != number + 1:
        continue  # sent again, since we were slow
    number = block
    sys.stdout.buffer.write(packet[4:])
    while not os.path.exists(go):
        time.sleep(0.05)
    s.sendto(struct.pack("!HH", 4, number), peer)
    if len(packet) < 4 + 512:
        break
END

# Its transfers are processes of their own that it leaves alone when it ends,
# and so have we to: kill_mode.
serve <<-END
	[tftp]
	listen = udp:127.0.0.1:0
	handler = in.tftpd --timeout 1 --create --secure $root
	kill_mode = main
END
port=$(port tftp)
url=tftp://127.0.0.1:$port

# An upload's last acknowledgement comes before the file is closed.
wait_same() {
	tries=0
	until cmp -s "$1" "$2"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || fail "$2 differs"
		sleep 0.1
	done
}

# by_curl SIZE NAME: down, compared, and up again under that name.
by_curl() {
	rm -f "$dir/down"
	curl -sS --max-time 60 -o "$dir/down" "$url/$1"
	cmp "$dir/down" "$root/$1"
	curl -sS --max-time 60 -T "$dir/down" "$url/$2"
	wait_same "$root/$1" "$root/$2"
}

# The same; it takes no paths of ours.
by_tftp() {
	rm -f "$dir/down"
	(cd "$dir" && tftp -m binary 127.0.0.1 "$port" -c get "$1" down)
	cmp "$dir/down" "$root/$1"
	(cd "$dir" && tftp -m binary 127.0.0.1 "$port" -c put down "$2")
	wait_same "$root/$1" "$root/$2"
}

# transfer ROUND
transfer() {
	for size in $sizes; do
		by_tftp "$size" "tftp-$1-$size"
		# curl 7.88 fails on an empty file, whoever serves it.
		[ "$size" -eq 0 ] || by_curl "$size" "curl-$1-$size"
	done
}

# It idles out in the middle of a transfer, which goes on.
python3 "$dir/slow.py" "$port" 65536 "$dir/go" >"$dir/slow" &
slow=$!
ended=' end service=tftp .*reason=exit status=0'
wait_log "$ended"
: >"$dir/go"
wait "$slow" || fail "the slow client failed"
cmp "$dir/slow" "$root/65536"

# The next request starts another one.
transfer first
curl -sS --max-time 60 --tftp-blksize 1428 -o "$dir/down" "$url/2000000"
cmp "$dir/down" "$root/2000000"
(cd "$dir" && tftp -m binary 127.0.0.1 "$port" -c get absent) >"$dir/out" 2>&1 ||
	:
grep -q 'File not found' "$dir/out" || fail "an absent file: $(cat "$dir/out")"
wait_log "$ended" 2
transfer second
[ "$(count_log ' start service=tftp ')" -ge 3 ] || fail "it was never restarted"
finish
