#!/bin/sh
# SPDX-FileCopyrightText: 2026 The evinetd authors
# SPDX-License-Identifier: MIT
#
# rsync --daemon: a tree down and up again, with a big file, compared.
. "$(dirname "$0")/lib.sh"
need rsync

mkdir -p "$dir/data/sub" "$dir/upload"
head -c 50000000 /dev/urandom >"$dir/data/big"
: >"$dir/data/empty"
echo hello >"$dir/data/sub/small file"
ln -s 'small file' "$dir/data/sub/link"
i=0
while [ "$i" -lt 300 ]; do
	echo "$i" >"$dir/data/sub/$i"
	i=$((i + 1))
done

cat >"$dir/rsyncd.conf" <<-END
	use chroot = no
	munge symlinks = no
	uid = $(id -un)
	gid = $(id -gn)
	[data]
	path = $dir/data
	[upload]
	path = $dir/upload
	read only = no
END
serve <<-END
	[rsync]
	listen = 127.0.0.1:0
	handler = rsync --daemon --config=$dir/rsyncd.conf
END
url=rsync://127.0.0.1:$(port rsync)

rsync "$url/" | grep -q '^data' || fail "the module is not listed"
rsync -a "$url/data/" "$dir/down/"
diff -r "$dir/data" "$dir/down"
rsync -a "$dir/down/" "$url/upload/"
diff -r "$dir/data" "$dir/upload"

# A change in the middle, by the delta algorithm; within one second, so that
# size and time look the same.
printf changed | dd of="$dir/data/big" bs=1 seek=25000000 conv=notrunc \
	2>/dev/null
rm "$dir/data/sub/7"
rsync -a --delete --ignore-times --no-whole-file "$url/data/" "$dir/down/"
diff -r "$dir/data" "$dir/down"
finish
