#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# busybox httpd -i: a file by curl, and a thousand requests by ab, each on a
# connection of its own.
. "$(dirname "$0")/lib.sh"
need busybox curl ab

mkdir -p "$dir/www/cgi-bin"
echo "<p>hello" >"$dir/www/index.html"
head -c 3000000 /dev/urandom >"$dir/www/big"
cat >"$dir/www/cgi-bin/address" <<-'END'
	#!/bin/sh
	printf 'Content-Type: text/plain\r\n\r\n%s' "$REMOTE_ADDR"
END
chmod +x "$dir/www/cgi-bin/address"
serve <<-END
	[web]
	listen = 127.0.0.1:0
	handler = busybox httpd -i -h $dir/www
END
url=http://127.0.0.1:$(port web)

[ "$(curl -sS "$url/")" = '<p>hello' ] || fail "the page is wrong"
curl -sS -o "$dir/big" "$url/big"
cmp "$dir/big" "$dir/www/big"
[ "$(curl -sS "$url/cgi-bin/address")" = 127.0.0.1 ] ||
	fail "it does not know the client's address"

ab -q -n 1000 -c 8 "$url/index.html" >"$dir/ab" || fail "ab: $(cat "$dir/ab")"
grep -q '^Complete requests: *1000$' "$dir/ab" || fail "$(cat "$dir/ab")"
grep -q '^Failed requests: *0$' "$dir/ab" || fail "$(cat "$dir/ab")"
grep '^Non-2xx' "$dir/ab" && fail "some answers were errors"
grep '^Requests per second' "$dir/ab"
finish
