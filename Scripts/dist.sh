#!/usr/bin/env bash
# Packs a binary with its manual page, completions, licence and examples: dist.sh BINARY FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$1
folder=$2
name=trainaudit-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
root=$folder/$name
rm -rf "$root"
install -d "$root/bin" "$root/share/man/man1" "$root/share/bash-completion/completions" \
  "$root/share/zsh/site-functions" "$root/share/fish/vendor_completions.d"
install -m 755 "$binary" "$root/bin/trainaudit"
strip "$root/bin/trainaudit"
if [ "$(uname -s)" = Linux ]; then
    # ldd fails for a binary that needs no library at all. Its text is kept first: grep may hang up before ldd is done,
    # which pipefail would take for "none found". Foundation and dispatch are Swift's too.
    libraries=$(ldd "$root/bin/trainaudit" 2>&1) || true
    if grep -iE 'libswift|lib_?Foundation|libdispatch|libBlocksRuntime' <<< "$libraries" >&2; then
        echo "$root/bin/trainaudit still needs a Swift library" >&2
        exit 1
    fi
fi
# What is packed is what is asked: stripped, it must run.
"$root/bin/trainaudit" manual > "$root/share/man/man1/trainaudit.1"
"$root/bin/trainaudit" --generate-completion-script bash > "$root/share/bash-completion/completions/trainaudit"
"$root/bin/trainaudit" --generate-completion-script zsh > "$root/share/zsh/site-functions/_trainaudit"
"$root/bin/trainaudit" --generate-completion-script fish > "$root/share/fish/vendor_completions.d/trainaudit.fish"
cp LICENSE README.md CHANGELOG.md "$root/"
cp -R Examples "$root/"

# The same bytes for the same files: no times, no owners, no order of the file system, no umask.
chmod -R u=rwX,go=rX "$root"
tar=tar
! command -v gtar >/dev/null 2>&1 || tar=gtar
if "$tar" --version | grep -c 'GNU tar' >/dev/null; then
    flags=(--format=gnu --no-recursion --mtime=@0 --owner=0 --group=0 --numeric-owner)
else
    # The tar of macOS sets no times, so the files get them; it would add what only macOS knows.
    export COPYFILE_DISABLE=1
    find "$root" -exec env TZ=UTC0 touch -h -t 197001010000.00 {} +
    flags=(--format ustar --no-recursion --uid 0 --gid 0 --uname '' --gname '')
fi
archive=$name.tar.gz
cd "$folder"
find "$name" | LC_ALL=C sort > "$archive.list"
"$tar" "${flags[@]}" -cf - -T "$archive.list" | gzip -9n > "$archive"
rm "$archive.list"
if command -v sha256sum >/dev/null 2>&1; then sha256sum "$archive"; else shasum -a 256 "$archive"; fi > "$archive.sha256"
ls -l "$archive"
