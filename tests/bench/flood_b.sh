# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by flood.sh: what a flood of denied clients does to one that is
# allowed, who comes again as soon as it has been served. A generator that
# takes all it can get is a load by itself, on whatever it is aimed: so there
# is the same flood on a raw loop, which is not the client's server.

# wait_case NAME CLIENT_PORT [FLOOD_PORT [OPTION]...]
wait_case() {
	wait_name=$1 wait_port=$2
	shift 2
	flooder=
	if [ $# -gt 0 ]; then
		wait_flood "$@"
	fi
	used=$(cpu "$daemon")
	"$bin/loadgen" -n 500 -c 1 "127.0.0.1:$wait_port" >"$dir/out" || {
		cat "$dir/out" >&2
		fail "an allowed client was not served"
	}
	echo $(($(cpu "$daemon") - used)) >>"$dir/$wait_name.cpu"
	field seconds >>"$dir/$wait_name.seconds"
	field p50_us >>"$dir/$wait_name.p50"
	field p99_us >>"$dir/$wait_name.p99"
	[ -z "$flooder" ] || wait_flood_end "$wait_name"
}

# wait_flood PORT [OPTION]...: until wait_flood_end.
wait_flood() {
	flood_port=$1
	shift
	"$bin/floodgen" -n 1000000 -m 50000 -b 198.18.0.0 -i 2 "$@" \
		"127.0.0.1:$flood_port" >"$dir/flood" &
	flooder=$!
	pids="$pids $flooder"
	# It is well under way then.
	sleep 0.2
}

# wait_flood_end NAME
wait_flood_end() {
	kill -0 "$flooder" || fail "the flood was over too early"
	stop "$flooder"
	field refused_rate "$dir/flood" >>"$dir/$1.flood"
	[ "$(field served "$dir/flood")" -eq 0 ] || fail "served in a flood"
}

# wait_row NAME TEXT
wait_row() {
	flood_rate=
	[ ! -f "$dir/$1.flood" ] || flood_rate=$(middle "$1.flood" %.0f)
	printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$2" "$flood_rate" \
		"$(middle "$1.p50" %.0f)" "$(middle "$1.p99" %.0f)" \
		"$(ratio calm.p99 "$1.p99" | awk '{ printf "%.1f", $1 }')" \
		"$(ratio "${3-calm}.p99" "$1.p99" | awk '{ printf "%.1f", $1 }')" \
		"$(paste "$dir/$1.cpu" "$dir/$1.seconds" | awk '{ print $1 / $2 }' |
			median | awk '{ printf "%.0f", $1 }')"
}

configure wait <<-EOF
	[same]
	listen = 127.0.0.1:7011
	handler = $build/bin/evinetd-builtin echo
	deny = $ten
	[other]
	listen = 127.0.0.1:7012
	handler = $build/bin/evinetd-builtin echo
EOF
start_evinetd wait
daemon=$pid
start_raw wait_raw 7013 -a

wait_rounds=$(((rounds + 2) / 3))
round=0
while [ "$round" -le "$wait_rounds" ]; do
	wait_case calm 7011
	wait_case fast_raw 7011 7013
	wait_case fast_same 7011 7011
	wait_case fast_other 7012 7011
	wait_case slow_raw 7011 7013 -r 5000
	wait_case slow_same 7011 7011 -r 5000
	wait_case slow_other 7012 7011 -r 5000
	if [ "$round" -eq 0 ]; then
		rm -f "$dir"/*.p50 "$dir"/*.p99 "$dir"/*.flood \
			"$dir"/*.cpu "$dir"/*.seconds
		before wait "$daemon"
	fi
	round=$((round + 1))
done

cat <<-EOF
	An allowed client, $wait_rounds times 500 connections, during a flood from denied sources:

	| flood | refused a second | p50, µs | p99, µs | to no flood | to a flood elsewhere | daemon's CPU, % |
	|---|---|---|---|---|---|---|
EOF
wait_row calm none
wait_row fast_raw 'without pause, on a raw loop' fast_raw
wait_row fast_same 'without pause, on the same service' fast_raw
wait_row fast_other 'without pause, on another service' fast_raw
wait_row slow_raw '5,000 a second, on a raw loop' slow_raw
wait_row slow_same '5,000 a second, on the same service' slow_raw
wait_row slow_other '5,000 a second, on another service' slow_raw
after wait "$daemon"
cat <<-EOF

	Processor time, VmRSS and descriptors of the daemon for all of these, before and after: ${cells% |}.

EOF
for pid in $pids; do
	stop "$pid"
done
