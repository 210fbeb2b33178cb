#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# gunicorn, which takes its listener by systemd's protocol: two of them share
# it, under load from ab, and one is killed meanwhile.
. "$(dirname "$0")/lib.sh"
need gunicorn ab curl pgrep

# Leaves a file that is named by its gunicorn.
mkdir "$dir/served" "$dir/app"
cat >"$dir/app/app.py" <<END
import os


def app(environ, start_response):
    open(f"$dir/served/{os.getppid()}", "a").close()
    start_response("200 OK", [("Content-Type", "text/plain"),
                              ("Content-Length", "3")])
    return [b"ok\n"]
END
serve <<-END
	[defaults]
	mode = activate
	processes = 2
	handler = gunicorn --workers 1 --chdir $dir/app app:app

	[web]
	listen = 127.0.0.1:0
	start = demand

	[booted]
	listen = 127.0.0.1:0
	start = boot
END
url=http://127.0.0.1:$(port web)/

# load REQUESTS FILE [OPTION...]: what ab says in a file.
load() {
	requests=$1
	file=$2
	shift 2
	ab -q -s 60 -n "$requests" -c 20 "$@" "$url" >"$file" 2>&1 ||
		fail "ab: $(cat "$file")"
	grep -q "^Complete requests: *$requests\$" "$file" ||
		fail "$(cat "$file")"
}

# All were answered.
load_well() {
	load 3000 "$dir/ab"
	grep -q '^Failed requests: *0$' "$dir/ab" || fail "$(cat "$dir/ab")"
	grep '^Non-2xx' "$dir/ab" && fail "some answers were errors"
	grep '^Requests per second' "$dir/ab"
}

# wait_served N: so many gunicorns have served since the folder was emptied.
wait_served() {
	tries=0
	until [ "$(find "$dir/served" -type f | wc -l)" -ge "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || fail "fewer than $1 have served"
		sleep 0.1
	done
}

# The others are there by then, so these have had their time.
wait_log ' start service=booted ' 2
wait_log ' stderr service=booted .*Booting worker' 2
[ "$(count_log ' start service=web ')" -eq 0 ] ||
	fail "it was started before the first connection"
[ "$(pgrep -c -P "$daemon")" -eq 2 ] || fail "there are other processes"

[ "$(curl -sS --max-time 60 "$url")" = ok ] || fail "the answer is wrong"
wait_log ' start service=web ' 2
wait_log ' stderr service=web .*Booting worker' 2
load_well
wait_served 2

# One of them dies under load; what it had in hand may be lost.
first=$(sed -n 's/.* start service=web .* pid=\([0-9]*\) .*/\1/p' \
	"$dir/log" | head -n 1)
rm "$dir"/served/*
load 15000 "$dir/ab-killed" -r &
load=$!
wait_served 2
signal KILL "$first"
kill -0 "$load" || fail "the load was over too soon"
wait_log " end service=web .* pid=$first reason=signal signal=KILL"
wait_log ' start service=web ' 3
wait "$load" || fail "the service did not go on"
grep '^Failed requests' "$dir/ab-killed"

wait_log ' stderr service=web .*Booting worker' 3
rm -f "$dir"/served/*
load_well
wait_served 2
[ ! -e "$dir/served/$first" ] || fail "the dead have served"

stop
! grep ' refuse ' "$dir/log" || fail "there are refusals in the log"
[ "$(count_log ' end .*reason=signal')" -eq 1 ] ||
	fail "more than one was killed"
echo "passed"
