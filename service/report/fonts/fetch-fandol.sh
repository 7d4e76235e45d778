#!/bin/sh
# After this the Fandol faces (仿宋, 楷体, 黑体, 宋体) lie in the folder given.
# usage: fetch-fandol.sh [FOLDER]      default: $PINGJI_FONTS, else ./.fonts
# Unpacks only fandol/*.otf out of Debian's texlive-lang-chinese; needs apt and dpkg-deb, no root.
# A second call changes nothing. Exit 0: fonts are there; 3: they could not be had (reason on stderr).
set -eu

target=${1:-${PINGJI_FONTS:-.fonts}}
package=texlive-lang-chinese
wanted="FandolFang-Regular FandolHei-Regular FandolKai-Regular FandolSong-Bold FandolSong-Regular"

complete() {
  for face in $wanted; do
    [ -s "$target/$face.otf" ] || return 1
  done
}

unavailable() {
  echo "字体未就绪：$1；报告改用 Noto 字体，版式略有不同。" >&2
  exit 3
}

complete && exit 0
command -v apt-get >/dev/null 2>&1 || unavailable "没有 apt-get"
command -v dpkg-deb >/dev/null 2>&1 || unavailable "没有 dpkg-deb"
mkdir -p "$target" || unavailable "不能写入 $target"
target=$(cd "$target" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"
apt-get -q download "$package" >download.log 2>&1 || unavailable "下载 $package 失败（$(tail -n 1 download.log)）"
mkdir tree
dpkg-deb -x "$package"_*.deb tree || unavailable "解包 $package 失败"
for face in $wanted; do
  found=$(find tree -name "$face.otf" | head -n 1)
  [ -n "$found" ] || unavailable "$package 里没有 $face.otf"
  cp "$found" "$target/.$face.part"
  mv "$target/.$face.part" "$target/$face.otf"
done
licence=$(find tree -ipath '*fandol*' -name 'COPYING*' | head -n 1)
[ -z "$licence" ] || cp "$licence" "$target/"
complete || unavailable "字体文件不完整"
echo "Fandol 字体已放入 $target"
