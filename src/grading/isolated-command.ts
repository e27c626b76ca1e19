import type { CodeIsolation } from './grading-services.ts'

/** Address space cannot be what is limited: V8 reserves far more than it uses. Data segments are what is written. */
const maxDataKilobytes = 1024 * 1024

/**
 * Makes everything read-only and hides what a program has no use for, then gives up the power to undo it and becomes the program ("$@").
 * `set -e`: where one step fails nothing is run.
 *
 * Every mount is made read-only, /proc with it (its switches would be the owner's). /tmp, /var/tmp and /run, where sockets live, become
 * empty; /dev keeps four devices. The bounding set makes exec lose the capabilities that the namespace gave; a
 * namespace within this one could not unlock the mounts, which the kernel locks when they are inherited.
 *
 * A program below a folder that is hidden is held open and run from there.
 *
 * At most 64 open files of 16 MiB (32,768 blocks): files without a name live in memory that no process is seen to hold.
 */
const lockDown = `set -e
case "$1" in /tmp/* | /var/tmp/* | /run/*) exec 9< "$1"; shift; set -- /proc/self/fd/9 "$@" ;; esac
while read -r _ _ _ _ target options _; do
  case ",$options," in
    *,ro,*) ;;
    *) mount -o "remount,bind,ro\${options#rw}" "$(printf '%b' "$target")" ;;
  esac
done < /proc/self/mountinfo
mount -t tmpfs -o size=16m,mode=1777,nosuid,nodev work /tmp
mkdir /tmp/dev
mount --rbind /dev /tmp/dev
mount -t tmpfs -o size=64k,mode=755 devices /dev
for device in null zero random urandom; do
  : > "/dev/$device"
  mount --bind "/tmp/dev/$device" "/dev/$device"
done
umount -l /tmp/dev
rmdir /tmp/dev
mount -o remount,ro /dev
for folder in /run /var/tmp; do
  if [ -d "$folder" ] && [ ! -L "$folder" ]; then mount -t tmpfs -o size=64k,mode=755 empty "$folder"; fi
done
cd /tmp
ulimit -d ${maxDataKilobytes}
ulimit -c 0
ulimit -f 32768
ulimit -n 64
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- env -i "$@"`

const limitOnly = `set -e
ulimit -d ${maxDataKilobytes}
ulimit -c 0
exec env -i "$@"`

/**
 * The command that runs a program as isolated as asked for: for `namespace` in Linux namespaces of its own (user, network, processes,
 * mounts, IPC), without network, on a read-only file system with an empty /tmp as its folder, all of whose processes end with
 * it. For `unprotected` only its memory is limited.
 *
 * @param program absolute path of the program, and its arguments.
 */
export function isolatedCommand(
  isolation: Exclude<CodeIsolation, 'off'>,
  program: readonly string[],
): readonly string[] {
  if (isolation === 'unprotected') return ['/bin/sh', '-c', limitOnly, 'sh', ...program]
  const namespaces = [
    '--user',
    '--map-root-user',
    '--net',
    '--ipc',
    '--uts',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount',
    '--mount-proc',
  ]
  return ['unshare', ...namespaces, '--propagation', 'private', '/bin/sh', '-c', lockDown, 'sh', ...program]
}
