# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by flood.sh: one who has an IPv6 /64 opens 20,000 connections in four
# seconds, each from another address of it, and keeps those that are served if
# it is their number that is limited; and one of another prefix comes 1,000
# times in these seconds, and goes again. What would be if addresses were
# counted, not prefixes, is in the table, too.

# prefix_case TEXT KEEP KEY=VALUE...
prefix_case() {
	text=$1 keep=$2
	shift 2
	configure prefix <<-EOF
		[echo]
		listen = [2001:db8::1]:7021
		handler = $build/bin/evinetd-builtin echo
		max_connections = 100
		when_full = refuse
		$(printf '%s\n' "$@")
	EOF
	rm -f "$dir/prefix.log"
	start_evinetd prefix
	daemon=$pid
	before prefix "$daemon"
	# Memory that is used for the first time.
	prefix_attack 2001:db8:9:9:: 2000
	after prefix "$daemon"
	before prefix "$daemon"
	prefix_attack 2001:db8:1:1:: 20000
	after prefix "$daemon"
	prefix_row
	stop "$daemon"
}

# prefix_attack ADDRESS COUNT: with a client of another prefix beside it.
prefix_attack() {
	rm -f "$dir/flood"
	# shellcheck disable=SC2086 # an option with its argument, or nothing
	"$bin/floodgen" -n "$2" -r 5000 -b "$1" -m "$2" -s 16 $keep \
		"[2001:db8::1]:7021" >"$dir/flood" &
	flooder=$!
	pids="$pids $flooder"
	"$bin/floodgen" -n $(($2 / 20)) -r 250 -b 2001:db8:2:2::1 \
		-s 16 "[2001:db8::1]:7021" >"$dir/out"
	until [ -s "$dir/flood" ]; do
		kill -0 "$flooder" || fail "the flood has ended"
		sleep 0.1
	done
	stop "$flooder"
}

prefix_row() {
	printf '| %s | %s, %s | %.1f | %s, %s | %s, %s | %s\n' "$text" \
		"$(field served "$dir/flood")" "$(field refused "$dir/flood")" \
		"$(field seconds "$dir/flood")" \
		"$(field served)" "$(field refused)" \
		"$(field served_p50_us)" "$(field served_p99_us)" "$cells"
}

cat <<-EOF
	20,000 connections from as many addresses of one /64; a client of another prefix meanwhile:

	| limits, with max_connections = 100 | the /64: served, refused | in seconds | the other: served, refused | its p50, p99, µs | CPU, s | VmRSS, KiB, before and after | descriptors |
	|---|---|---|---|---|---|---|---|
EOF
prefix_case '20 a source' '-k served' 'max_connections_per_source = 20'
prefix_case '20 a source, were each address one' '-k served' \
	'max_connections_per_source = 20' 'source_prefix = 32 128'
prefix_case '300/s a source' '' 'rate_per_source = 300/s burst 300'
echo
