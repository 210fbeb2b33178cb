# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by flood.sh: clients that are denied, refused a second. 2,000 in each
# round: as bursts, where the server works off a queue and nothing else is
# measured; and as a steady flood, whose generator is as slow as the server.

# deny_start NAME WHEN_REFUSED PORT KEY VALUE: sets pid.
deny_start() {
	configure "$1" <<-EOF
		[echo]
		listen = 127.0.0.1:$3
		handler = $build/bin/evinetd-builtin echo
		when_refused = $2
		$4 = $5
	EOF
	start_evinetd "$1" "$server_cpu"
}

# deny_flood PORT OPTION...: each round from addresses of its own, every second
# one, so that none is the neighbour of another.
deny_flood() {
	flood_port=$1 first=$((round % 25 * 4000))
	shift
	first=198.$((18 + first / 65536)).$((first / 256 % 256)).$((first % 256))
	$generator_cpu "$bin/floodgen" -n 2000 -b "$first" -m 2000 -i 2 "$@" \
		"127.0.0.1:$flood_port" >"$dir/out"
	[ "$(field refused)" = "$(field started)" ] && return
	cat "$dir/out" >&2
	fail "not everybody was refused"
}

# deny_round NAME PID PORT BURST
deny_round() {
	deny_flood "$3" -p "$2" -c "$4"
	field refused_rate >>"$dir/$1.burst"
	deny_flood "$3"
	field refused_rate >>"$dir/$1.steady"
}

# deny_row NAME PID TEXT
deny_row() {
	after "$1" "$2"
	echo "$used" >"$dir/$1.used"
	printf '| %s | %s | %s | %s | %s | %s | %s\n' "$3" \
		"$(middle "$1.burst" %.0f)" \
		"$(ratio raw.burst "$1.burst" | awk '{ printf "%.2f", $1 }')" \
		"$(over "$((used * 10000))" "$((rounds * 4000))" %.1f)" \
		"$(over "$(cat "$dir/raw.used")" "$used" %.2f)" \
		"$(middle "$1.steady" %.0f)" "$cells"
}

# A million: each source by itself, and as many more.
awk 'BEGIN {
	for (i = 0; i < 1900000; i += 2)
		printf "198.%d.%d.%d\n", 18 + int(i / 65536),
		    int(i / 256) % 256, i % 256
	for (i = 0; i < 50000; i++)
		printf "%d.%d.%d.0/24\n", 20 + int(i / 32768),
		    int(i / 128) % 256, i % 128 * 2
}' >"$dir/many"

start_raw raw 7001 -a
raw=$raw_pid
start_raw raw_reset 7002 -r
raw_reset=$raw_pid
[ -z "$server_cpu" ] || for pid in $raw $raw_reset; do
	taskset -p -c 0 "$pid" >/dev/null
done
deny_start close close 7003 deny "$ten"
close=$pid
deny_start reset reset 7004 deny "$ten"
reset=$pid
deny_start many reset 7005 deny_file "$dir/many"
many=$pid
if [ -n "$xinetd" ]; then
	start_xinetd
	xinetd_pid=$pid
fi

# Round 0 is not counted: memory that is used for the first time.
round=0
while [ "$round" -le "$rounds" ]; do
	deny_round raw "$raw" 7001 1000
	deny_round raw_reset "$raw_reset" 7002 1000
	deny_round close "$close" 7003 1000
	deny_round reset "$reset" 7004 1000
	deny_round many "$many" 7005 1000
	# Its backlog is 64.
	[ -z "$xinetd" ] || deny_round xinetd "$xinetd_pid" 7009 60
	if [ "$round" -eq 0 ]; then
		rm -f "$dir"/*.burst "$dir"/*.steady
		before raw "$raw"
		before raw_reset "$raw_reset"
		before close "$close"
		before reset "$reset"
		before many "$many"
		[ -z "$xinetd" ] || before xinetd "$xinetd_pid"
	fi
	round=$((round + 1))
done

cat <<-EOF
	$((rounds * 2000)) connections from denied sources in bursts, and as many in a steady flood:

	| | refused a second, in bursts | ratio | CPU of each, µs | ratio | refused a second, steadily | CPU, s | VmRSS, KiB, before and after | descriptors |
	|---|---|---|---|---|---|---|---|---|
EOF
deny_row raw "$raw" 'raw loop: accept, close'
deny_row raw_reset "$raw_reset" 'raw loop: accept, reset'
deny_row close "$close" 'evinetd, close, 10 prefixes'
deny_row reset "$reset" 'evinetd, reset, 10 prefixes'
deny_row many "$many" 'evinetd, reset, 1,000,000 prefixes'
[ -z "$xinetd" ] || deny_row xinetd "$xinetd_pid" 'xinetd, no_access, 10 prefixes'
echo
for pid in $pids; do
	stop "$pid"
done
