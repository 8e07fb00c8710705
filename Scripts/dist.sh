#!/usr/bin/env bash
# Packs a binary with its manual page, completions, licence and examples: dist.sh BINARY FOLDER
set -euo pipefail
binary=$1
folder=$2
name=trainaudit-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
root=$folder/$name
rm -rf "$root"
install -d "$root/bin" "$root/share/man/man1" "$root/share/bash-completion/completions" \
  "$root/share/zsh/site-functions" "$root/share/fish/vendor_completions.d"
install -m 755 "$binary" "$root/bin/trainaudit"
strip "$root/bin/trainaudit"
"$binary" manual > "$root/share/man/man1/trainaudit.1"
"$binary" --generate-completion-script bash > "$root/share/bash-completion/completions/trainaudit"
"$binary" --generate-completion-script zsh > "$root/share/zsh/site-functions/_trainaudit"
"$binary" --generate-completion-script fish > "$root/share/fish/vendor_completions.d/trainaudit.fish"
cp LICENSE README.md CHANGELOG.md "$root/"
cp -R Examples "$root/"
if [ "$(uname -s)" = Linux ] && ldd "$root/bin/trainaudit" | grep -qi 'libswift'; then
    echo "$root/bin/trainaudit still needs a Swift library" >&2
    exit 1
fi
# The same bytes for the same files: no times, no owners.
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$folder" -cf - "$name" | gzip -9n > "$folder/$name.tar.gz"
(cd "$folder" && sha256sum "$name.tar.gz" > "$name.tar.gz.sha256")
ls -l "$folder/$name.tar.gz"
