#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# What the README shows: its sections and the example files are valid, the
# command lines parse, and the quoted errors and log lines are the real ones.
# Users and programs that this machine lacks are replaced, nothing else is.
. "$(dirname "$0")/lib.sh"
need awk busybox

readme=$SOURCE/README.md
handler_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir "$dir/blocks" "$dir/check"
# For 'handlers/hello', which is relative to the file.
ln -s "$SOURCE/etc/handlers" "$dir/check/handlers"

# Each indented block that begins with a section becomes a file.
awk -v folder="$dir/blocks" '
	/^ +[[;]/ && !inside {
		match($0, /^ +/)
		indent = RLENGTH
		inside = 1
		file = sprintf("%s/%02d.ini", folder, ++n)
	}
	inside && substr($0, 1, indent) !~ /^ +$/ {
		inside = 0
		close(file)
	}
	inside { print substr($0, indent + 1) >file }
' "$readme"

# Whether this machine has the program.
has() {
	case $1 in
	builtin:*) ;;
	*/*) (cd "$dir/check" && [ -x "$1" ]) ;;
	*) (PATH=$handler_path && command -v "$1" >/dev/null) ;;
	esac
}

# Checks a copy of a file, with an existing program and user where need be.
check() {
	copy=$dir/check/$(basename "$1")
	cp "$1" "$copy"
	sed -n 's/^handler *= *\([^ ]*\).*/\1/p' "$1" >"$dir/words"
	while read -r word; do
		has "$word" ||
			sed -i "s,^\(handler *= *\)$word,\1/bin/sh," "$copy"
	done <"$dir/words"
	sed -n 's/^user *= *\([^ ]*\)$/\1/p' "$1" >"$dir/words"
	while read -r word; do
		if [ "$(id -u)" -ne 0 ] || ! id "$word" >/dev/null 2>&1; then
			sed -i "s,^\(user *= *\)$word\$,\1$(id -un)," "$copy"
		fi
	done <"$dir/words"
	"$EVINETD" --check -c "$copy" >"$dir/out" 2>&1 ||
		fail "$1 is wrong: $(cat "$dir/out" "$1")"
}

for file in "$dir"/blocks/*.ini "$SOURCE"/etc/*.ini \
	"$SOURCE"/etc/examples/*.ini; do
	check "$file"
done
names=
for file in "$dir"/blocks/*.ini; do
	name=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$file")
	names="$names $name"
	example=$SOURCE/etc/examples/$name.ini
	[ -f "$example" ] || continue
	# The file has the same section, with more comments.
	grep -v '^;' "$file" >"$dir/a"
	grep -v -e '^;' -e '^$' "$example" >"$dir/b"
	diff "$dir/a" "$dir/b" || fail "[$name] and $example differ"
done
[ "$names" = ' hello mine git rsync ssh www check tftp site ssh-guarded' ] ||
	fail "the README has these sections:$names"

# The command lines are the README's, so quotes are for eval.
set -f
grep '^ *\$ script/run --listen' "$readme" |
	sed 's/^ *\$ script\/run //' >"$dir/commands"
[ -s "$dir/commands" ] || fail "the README has no script/run --listen"
while read -r line; do
	eval "set -- $line"
	"$EVINETD" --check "$@" || fail "this does not parse: $line"
done <"$dir/commands"
set +f

# The quoted errors, from [mine] with `user` misspelt.
grep -l '^\[mine\]' "$dir"/blocks/*.ini >"$dir/mine"
sed 's/^user/usr/' "$(cat "$dir/mine")" >"$dir/my.ini"
sed -n -e 's/^ *\(my\.ini:[0-9]*: \)/\1/p' \
	-e 's/^ *\(evinetd: the configuration\)/\1/p' "$readme" >"$dir/quoted"
if [ -e /usr/local/bin/mine ]; then
	echo "there is a /usr/local/bin/mine: quoted errors are not compared"
else
	(cd "$dir" && "$EVINETD" --check -c my.ini) 2>"$dir/real" || :
	diff "$dir/quoted" "$dir/real" || fail "the quoted errors differ"
fi

# The quoted log, without its numbers; maxrss is not always there.
serve <<-END
	[hello]
	listen = 127.0.0.1:0
	handler = $SOURCE/etc/handlers/hello %r %p
END
printf 'Ada\n' | busybox nc 127.0.0.1 "$(port hello)" >"$dir/answer"
wait_log ' end service=hello '
plain() {
	sed -e 's/^ *//' -e 's/ maxrss=[0-9]*K//' -e 's/[0-9][0-9]*/N/g'
}
grep '^ *[0-9T:.-]*Z [a-z]* service=hello' "$readme" | plain >"$dir/quoted"
grep ' conn=1 ' "$dir/log" | plain >"$dir/real"
diff "$dir/quoted" "$dir/real" || fail "the quoted log differs"
finish
