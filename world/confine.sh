#!/bin/sh
#
# usage: confine.sh DIRECTORY command [argument ...]
#
# Runs a command that may write below DIRECTORY and nowhere else: in a mount
# namespace of its own, every other mount is made read-only first.  A base that is
# shared with jails is written by their roots too: a link that one of them put in
# place of etc, or of a file in it, must not lead root's pen into the host.
# The caller still has to replace files by a new one (cp --remove-destination,
# tar), never to open what is there: a device node or a fifo takes writes on a
# read-only mount.

set -eu

if [ "${GAOL_CONFINED:-}" != yes ]; then
	GAOL_CONFINED=yes exec unshare --mount --propagation private -- /bin/sh "$0" "$@"
fi
unset GAOL_CONFINED

dir=$1
shift
mount --bind -- "$dir" "$dir"

# Fields 5 and 6 of mountinfo are the mount point and its options; blanks in a name
# are written as octal escapes, which printf %b undoes.
mounts=$(cat /proc/self/mountinfo)
while read -r id _ _ _ point options _; do
	point=$(printf '%b.' "$(printf '%s' "$point" | sed 's/\\\([0-7]\)/\\0\1/g')")
	point=${point%.}
	case $point in
	"$dir" | "$dir"/*) continue ;;
	esac
	case ,$options, in
	*,ro,*) continue ;;
	esac
	mount -o remount,bind,ro -- "$point" 2>/dev/null && continue
	# Hidden below another mount, or gone meanwhile: out of reach by its name.
	seen=$({ sed -n 's/^mnt_id:[[:blank:]]*//p' /proc/self/fdinfo/3 3<"$point"; } 2>/dev/null) || :
	[ "$seen" = "$id" ] || continue
	umount -l -- "$point" 2>/dev/null && continue
	printf 'world: cannot make %s read-only for the time of the work\n' "$point" >&2
	exit 1
done <<EOF
$mounts
EOF

cd "$dir"
exec "$@"
