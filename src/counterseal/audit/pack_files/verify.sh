#!/bin/sh
# Verify this folder with openssl and the tools of any POSIX shell. Nothing is loaded, nothing of ours is run.
# Usage: sh verify.sh        exit code 0: everything holds; 12: something does not; 2: this machine lacks a tool
#
# The bundles are canonical JSON on one line. A quotation mark inside text is always escaped there, so no name that a
# stranger has chosen can imitate the members that the expressions below look for.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 2
for tool in openssl sed awk tr cut sort xargs mktemp od wc grep find head tail cp basename date; do
    command -v "$tool" > /dev/null || { echo "this machine has no $tool" >&2; exit 2; }
done
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
releases=0 seals=0 files=0 pages=0 wrong=0

wrong() {  # place, what
    wrong=$((wrong + 1))
    printf 'WRONG  %s: %s\n' "$1" "$2"
}

digest_of() { openssl dgst -sha256 -r "$1" 2> /dev/null | cut -c1-64; }

member() {  # name, file, line: the base64 or identifier that the member holds
    sed -n "$3"'s/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$2"
}

# ---- keys: what an OpenSSH fingerprint is taken of is the name and the key, each with its length (RFC 4253) ----

fingerprint() {  # file, algorithm
    openssl pkey -pubin -in "$1" -outform DER -out "$work/key.der" 2> /dev/null || return
    hex=$(od -An -v -tx1 "$work/key.der" | tr -d ' \n')
    # A key of another kind may end in the same bytes: what stands before them says what key it is (RFC 5480, RFC 8410).
    case "$2 ${#hex} $hex" in
    "ecdsa-p256-sha256 182 3059301306072a8648ce3d020106082a8648ce3d03010703420004"*) ;;
    "ed25519 88 302a300506032b6570032100"*) ;;
    *) return ;;
    esac
    case $2 in
    ecdsa-p256-sha256)
        { printf '\0\0\0\023ecdsa-sha2-nistp256\0\0\0\010nistp256\0\0\0\101'; tail -c 65 "$work/key.der"; } ;;
    ed25519)
        { printf '\0\0\0\013ssh-ed25519\0\0\0\040'; tail -c 32 "$work/key.der"; } ;;
    esac > "$work/key.blob"
    printf 'SHA256:%s\n' "$(openssl dgst -sha256 -binary "$work/key.blob" | openssl base64 -A | tr -d =)"
}

echo "Keys that this folder believes. Compare them with what the firm has published elsewhere:"
for text in trust/keys.txt trust/authorities.txt window.txt absent.txt; do
    [ "$(tr -dc '\000-\011\013-\037\177' < "$text" | wc -c)" -eq 0 ] || { echo "WRONG  $text: it has control characters"; exit 12; }
done
: > "$work/keys.txt"
while read -r keyid file algorithm roles from until revoked || [ -n "$keyid" ]; do
    if [ "$(fingerprint "trust/$file" "$algorithm")" = "$keyid" ]; then
        printf '  %s  %s  from %s until %s revoked %s\n' "$keyid" "$roles" "$from" "$until" "$revoked"
        printf '%s %s %s %s %s %s %s\n' "$keyid" "$file" "$algorithm" "$roles" "$from" "$until" "$revoked" >> "$work/keys.txt"
    else
        wrong "trust/$file" "is not the key $keyid"
    fi
done < trust/keys.txt

# ---- one seal ------------------------------------------------------------------------------------------------

earlier() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort | head -n 1)" = "$1" ]; }

stamped() {  # bundle: print the time of its stamp, when an authority that is believed vouches for it
    member signedTimestamp "$1" 1 | openssl base64 -d -A > "$work/stamp"
    [ -s "$work/stamp" ] || return
    time=$(openssl ts -reply -in "$work/stamp" -text 2> /dev/null | sed -n 's/^Time stamp: //p' | awk '{
        month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3
        printf "%04d-%02d-%02dT%sZ", $4, month, $2, substr($3, 1, 8) }')
    while read -r roots chain from until || [ -n "$roots" ]; do
        earlier "$time" "$from" && continue
        [ "$until" != - ] && earlier "$until" "$time" && continue
        [ "$chain" = - ] && chain=$roots
        if openssl ts -verify -no_check_time -in "$work/stamp" -data "$work/signature" -CAfile "trust/$roots" \
            -untrusted "trust/$chain" > /dev/null 2>&1; then
            echo "$time"
            return
        fi
    done < trust/authorities.txt
}

# The seal in line $2 of file $1 must be by a key for role $3 (or $4), about place $5; the payload is left in
# $work/payload. $6 is the time by which the signer is judged where neither stamp nor payload has one.
opened() {
    member payload "$1" "$2" | openssl base64 -d -A > "$work/payload"
    member sig "$1" "$2" | openssl base64 -d -A > "$work/signature"
    keyid=$(member keyid "$1" "$2")
    line=$(awk -v id="$keyid" '$1 == id' "$work/keys.txt")
    if [ -z "$line" ] || [ ! -s "$work/payload" ]; then
        wrong "$5" "it is sealed by no key that is believed"
        return 1
    fi
    read -r _ file algorithm roles from until revoked << END
$line
END
    case ",$roles," in
    *",$3,"* | *",$4,"*) ;;
    *) wrong "$5" "its key may not seal this"; return 1 ;;
    esac
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$work/payload")"
      cat "$work/payload"; } > "$work/pae"
    if [ "$algorithm" = ed25519 ]; then
        openssl pkeyutl -verify -rawin -pubin -inkey "trust/$file" -sigfile "$work/signature" -in "$work/pae"
    else
        openssl dgst -sha256 -verify "trust/$file" -signature "$work/signature" "$work/pae"
    fi > /dev/null 2>&1 || { wrong "$5" "its signature does not hold"; return 1; }
    stamp=$([ "$2" = 1 ] && stamped "$1")
    said=$(sed -n 's/.*"createdAt":"\([0-9TZ:.-]*\)".*/\1/p' "$work/payload" | cut -c1-19)
    time=${stamp:-${said:+${said}Z}}
    time=${time:-$6}
    if earlier "$time" "$from" || { [ "$until" != - ] && earlier "$until" "$time"; }; then
        wrong "$5" "its key was not valid at $time"
        return 1
    fi
    proof=${stamp:-$7}
    if [ "$revoked" != - ] && { [ -z "$proof" ] || ! earlier "$proof" "$revoked"; }; then
        wrong "$5" "its key was revoked at $revoked, and nothing shows that the seal is older"
        return 1
    fi
    seals=$((seals + 1))
}

now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
asked=$(sed -n 's/.*"window":{"since":"[^"]*","until":"\([0-9TZ:.-]*\)"}.*/\1/p' answer.json)

# ---- what a release lists --------------------------------------------------------------------------------------

path_of() { printf 'store/blobs/sha256/%s/%s\n' "$(printf %s "$1" | cut -c1-2)" "$1"; }

listed() {  # manifest: payload digest, bundle digest and role of each sealed statement; "-" and digest of other files
    tr '{' '\n' < "$1" | awk '
        /^"sha256":"[0-9a-f]+"},"predicateType":/ {
            payload = substr($0, 11, 64)
            role = index($0, "\"predicateType\":\"https://counterseal.dev/") ? "record" : "release"
        }
        /^"sha256":"[0-9a-f]+"},"mediaType":/ {
            sealed = index($0, "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"") && payload != ""
            print sealed ? payload : "-", substr($0, 11, 64), sealed ? role : "-"
            payload = ""
        }' | sort -u
}

# Some files are kept for less than their release, as its manifest says. One whose time was over when this folder was
# made, and is now, may be gone.
missing() {  # place, manifest, digest
    kept=$(sed -n 's/.*"fileRetention":\[\([^]]*\].*\)/\1/p' "$2" | tr '{' '\n' | grep "\"$3\"" |
        sed -n 's/.*"retainUntil":"\([0-9TZ:.-]*\)".*/\1/p' | head -n 1)
    if [ -n "$kept" ] && ! earlier "$now" "$kept" && ! earlier "$asked" "$kept"; then
        printf 'note   %s: the file %s was kept until %s; that is over, and it is gone\n' "$1" "$3" "$kept"
    else
        wrong "$1" "the file $3 is missing${kept:+; it is to be kept until $kept}"
    fi
}

contents() {  # place, manifest, the time it claims, the time that is proven for it
    listed "$2" > "$work/listed"
    cut -d' ' -f2 "$work/listed" | sort -u | sed 's,^\(..\).*,store/blobs/sha256/\1/&,' > "$work/paths"
    xargs openssl dgst -sha256 -r < "$work/paths" 2> /dev/null |
        awk '{ sub(/^\*/, "", $2); n = split($2, part, "/"); print part[n], $1 == part[n] ? "ok" : "bad" }' > "$work/found"
    while read -r path; do
        digest=${path##*/}
        case $(awk -v id="$digest" '$1 == id { print $2 }' "$work/found") in
        ok) files=$((files + 1)) ;;
        bad) wrong "$1" "the file $digest has other contents" ;;
        *) missing "$1" "$2" "$digest" ;;
        esac
    done < "$work/paths"
    while read -r payload bundle role; do
        [ "$payload" = - ] && continue
        opened "$(path_of "$bundle")" 1 record "$role" "$1, statement $payload" "$3" "$4" || continue
        [ "$(digest_of "$work/payload")" = "$payload" ] || wrong "$1" "the statement $bundle is another than listed"
    done < "$work/listed"
}

# ---- the chains ------------------------------------------------------------------------------------------------

outcome_of() {  # manifest: the members of records and steps are followed by other names
    for after in ',"reasons":' ',"requests":' ',"retention":' '},"predicateType":"https://counterseal.dev/release-m'; do
        sed -n 's|.*"outcome":"\([a-z]*\)"'"$after"'.*|\1|p' "$1"
    done | head -n 1
}

release() {  # stream, number, entry: sets previous to the digest of its payload
    place="$1/$2"
    before=$previous
    previous=unknown
    opened "$3" 1 release release "$place" - "" || return
    manifest=$work/manifest
    cp "$work/payload" "$manifest"
    previous=$(digest_of "$manifest")
    created=$time proven=$stamp key=$keyid
    chain=$(sed -n 's/.*"chain":{\("previous":{"sha256":"\([0-9a-f]*\)"},\)\{0,1\}"sequence":\([0-9]*\),.*/\2 \3/p' "$manifest")
    identity=$(sed -n 's/.*"sequence":'"$2"',"stream":\({"environment":"[^"]*","repository":"[^"]*"}\)}.*/\1/p' "$manifest")
    printf %s "$identity" > "$work/identity"
    [ "${1##*-}" = "$(digest_of "$work/identity" | cut -c1-16)" ] || wrong "$place" "it belongs to another chain"
    [ "${chain##* }" = "$2" ] || wrong "$place" "it is another number in its chain"
    [ "${chain% *}" = "$before" ] || [ "$before" = unknown ] ||
        wrong "$place" "it does not follow the release before it"
    opened "$3" 2 release release "$place, verdict" "$created" "$proven" &&
        { grep -q "\"sha256\":\"$previous\"" "$work/payload" || wrong "$place" "the verdict is about another manifest"; }
    head=store/checkpoints/$1/$(printf %012d "$2").json
    if [ ! -f "$head" ]; then
        [ "$2" = "$last" ] && printf 'note   %s: the newest release has no checkpoint\n' "$place" ||
            wrong "$place" "its checkpoint is missing"
    elif opened "$head" 1 checkpoint checkpoint "$place, checkpoint" "$created" ""; then
        grep -q "\"head\":{\"sha256\":\"$previous\"},\"sequence\":$2," "$work/payload" ||
            wrong "$place" "its checkpoint names another head"
    fi
    releases=$((releases + 1))
    if grep -qxF "$place" window.txt; then
        echo "$place" >> "$work/read"
        contents "$place" "$manifest" "$created" "$proven"
        outcome=$(outcome_of "$manifest")
        printf 'read   %s  %s  %s  sealed by %s\n' "$place" "$created" "${outcome:-?}" "$key"
    fi
}

for folder in store/streams/*/; do
    stream=$(basename "$folder")
    case $stream in *[!a-z0-9-]*) wrong "store/streams" "a folder has a name that is none of a chain"; continue ;; esac
    number=0 previous=""
    last=$(find "$folder" -name '*.jsonl' | sort | sed -n '$s/.*\/0*\([0-9]*\)\.jsonl/\1/p')
    for entry in "$folder"*.jsonl; do
        [ -f "$entry" ] || continue
        found=$(basename "$entry" .jsonl | sed 's/^0*//')
        case $found in '' | *[!0-9]*) wrong "$stream" "an entry has a name that is no number"; continue ;; esac
        [ "$found" -le $((number + 10000)) ] || { wrong "$stream" "too many releases are missing"; break; }
        while number=$((number + 1)); [ "$number" -lt "$found" ]; do
            wrong "$stream/$number" "the release is missing"
            previous=unknown
        done
        release "$stream" "$number" "$entry"
    done
done

# ---- the books: what is on record of incidents and legal holds, page after page ----------------------------------

page() {  # file, book, stage, role: a page says in what is sealed which it is, and follows the last true one before it
    place=${1#store/}
    opened "$1" 1 "$4" "$4" "$place" - "" || return
    cp "$work/payload" "$work/record"
    grep -q "\"stage\":\"$3\"" "$work/record" || { wrong "$place" "it is no page of this book"; return; }
    document=$(sed -n 's/.*"evidence":\[{"digest":{"sha256":"\([0-9a-f]*\)"}.*/\1/p' "$work/record")
    file=$(path_of "$document")
    [ "$(digest_of "$file")" = "$document" ] || { wrong "$place" "its document $document is missing, or another"; return; }
    number=$(basename "$1" .json | sed 's/^0*//')
    case $(head -c 1000 "$file") in
    "{\"book\":\"$2\",\"number\":$number,${before:+\"previous\":{\"sha256\":\"$before\"\},}\"says\":"*) ;;
    "{\"book\":\"$2\",\"number\":$number,"*) wrong "$place" "it does not follow the page before it"; return ;;
    *) wrong "$place" "it is a page of another book, or another page"; return ;;
    esac
    before=$(digest_of "$work/record")
    files=$((files + 1)) pages=$((pages + 1))
}

for folder in store/incidents/*/ store/incidents/*/*/ store/holds/*/*/; do
    [ -d "$folder" ] || continue
    before="" book=${folder#store/}
    for file in "$folder"*; do
        [ -d "$file" ] && continue
        case $book in
        incidents/*) page "$file" "${book%/}" incident incident ;;
        *) page "$file" "${book%/}" legal-hold hold ;;
        esac
    done
done

touch "$work/read"
while read -r place || [ -n "$place" ]; do
    grep -qxF "$place" "$work/read" || wrong "$place" "the release is not in this folder, or was not read"
done < window.txt
[ -s window.txt ] || wrong "window.txt" "no release is of the window, which proves nothing"
[ "$releases" -gt 0 ] || wrong "store" "there is no release, which proves nothing"

printf '\nanswer.json has the SHA-256 %s: compare it with what the audit printed; no seal is on it.\n' "$(digest_of answer.json)"
printf '%d releases of the window were read.\n' "$(sort -u "$work/read" | wc -l)"
printf '%d pages of the books of incidents and legal holds were read.\n' "$pages"
echo "Not looked at, since it is not in this folder: git, deployments, approvals that no release relies on, locks and"
echo "versions in the store, and whether a hold on record lies on its objects. What answer.json says of them stands alone."
printf '%d releases, %d seals and %d files were verified; %d things are wrong.\n' "$releases" "$seals" "$files" "$wrong"
[ "$wrong" -eq 0 ] || exit 12
