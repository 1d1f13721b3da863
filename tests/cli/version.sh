#!/bin/bash
# --version says what was built: the number in VERSION, for which the change log has a text; the commit, of a
# repository, of what `git archive` made of one, or neither; what the compiler was told. Lines and JSON have the
# same keys. A new commit compiles one file.
. "$(dirname "$0")/../lib.sh"
mafat() { "$darknet" mafat "$@"; }
quiet() { make --no-print-directory "$@"; }
unset MAKEFLAGS MFLAGS MAKELEVEL
number=$(cat VERSION)

grep -qxE '[0-9]+\.[0-9]+\.[0-9]+' VERSION || fail "VERSION holds $number"
[ "$(sed -nE 's/^## ([0-9.]+) - .*/\1/p' CHANGELOG.md | head -n 1)" = "$number" ] || fail "the change log lacks $number"
for asked in --version -version version; do
    expect 0 '^openmp: ' mafat $asked
    [ "$(head -n 1 "$scratch/stdout")" = "darknet-mafat $number" ] || fail "mafat $asked begins with another line"
done
[ "$(value version)" = "$number" ] || fail "another number: $(value version)"
. darknet/UPSTREAM
[ "$(value darknet_commit)" = "$COMMIT" ] || fail "another Darknet: $(value darknet_commit)"
[ "$(value openmp)" = yes ] || fail "openmp: $(value openmp)"
[ "$(value march)" = native ] || fail "march: $(value march)"
[[ $(value compiler) =~ ^(gcc|clang)\ [0-9]+\. ]] || fail "compiler: $(value compiler)"
[ ! -e .git ] || [ "$(value commit)" = "$(git rev-parse HEAD)" ] || fail "commit: $(value commit)"
sed -nE 's/^([a-z_]+): .*/\1/p' "$scratch/stdout" >"$scratch/keys"
mafat --version -json >"$scratch/json"
is_json "$scratch/json"
sed -nE 's/^  "([a-z_]+)": .*/\1/p' "$scratch/json" | cmp -s - "$scratch/keys" || fail "JSON has other keys: $(cat "$scratch/json")"
for beside in '--version plan' '--version -memory 8M' '-threads 1 --version' 'version x.cfg'; do
    expect 2 'version takes nothing but -json' mafat $beside
done

# Without the word mafat it is Darknet's: it knows no such command.
"$darknet" --version >"$scratch/ours" 2>&1
"$stock" --version >"$scratch/stocks" 2>&1
cmp -s "$scratch/ours" "$scratch/stocks" || fail "darknet --version is not as in stock: $(cat "$scratch/ours")"

# What each kind of sources says. A tarball inside of somebody's repository is not that one.
commit() { (cd "$scratch/tree" && tools/version | sed -n 's/#define MAFAT_COMMIT "\(.*\)"/\1/p'); }
mkdir -p "$scratch/tree/tools" "$scratch/tree/darknet"
cp -p tools/version "$scratch/tree/tools" && cp VERSION "$scratch/tree" && cp darknet/UPSTREAM "$scratch/tree/darknet"
[ "$(commit)" = unknown ] || fail "without a repository: $(commit)"
if command -v git >/dev/null; then
    as_nobody=(-c user.name=nobody -c user.email=nobody@example.org)
    git -C "$scratch" init -q . && git -C "$scratch" "${as_nobody[@]}" commit -q --allow-empty -m outer
    [ "$(commit)" = unknown ] || fail "in somebody's repository: $(commit)"
    cp .gitattributes "$scratch/tree"
    git -C "$scratch/tree" init -q . && git -C "$scratch/tree" add . &&
        git -C "$scratch/tree" "${as_nobody[@]}" commit -q -m inner
    made=$(git -C "$scratch/tree" rev-parse HEAD)
    [ "$(commit)" = "$made" ] || fail "in a repository: $(commit) instead of $made"
    git -C "$scratch/tree" archive -o "$scratch/tree.tar" HEAD
    rm -rf "$scratch/tree" && mkdir "$scratch/tree" && tar -C "$scratch/tree" -xf "$scratch/tree.tar"
    [ "$(commit)" = "$made" ] || fail "in an archive: $(commit) instead of $made"
fi

# A new commit compiles one file, and the same one nothing.
[ -z "$(quiet all WERROR=1)" ] || fail "there was something to make"
objects=$(dirname "$(dirname "$(quiet where)")")
users=$(grep -rlF build/version.h --include='*.d' "$objects/mafat" "$objects/darknet" "$objects/tools")
[ "$users" = "$objects/mafat/base/version.d" ] || fail "a commit compiles" $users
finish
