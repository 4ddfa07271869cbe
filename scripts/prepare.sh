# Sourced by ./winnow and ./test: makes sure that what they run on is there. Installs from the distribution's packages where it may; otherwise says what to do.

fail() { echo "winnow: $1" >&2; exit 1; }

# Runs a command as root, or fails with the command the user should run.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo "$@"
    else fail "needs a system package and may not install it; run as root:  $*"
    fi
}

update_lists() {
    [ -n "$(find /var/lib/apt/lists -name '*_Packages*' -print -quit 2>/dev/null)" ] || as_root apt-get update -qq >&2
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 || fail "needs $* and knows only apt-get to install it; please install it with your package manager"
    echo "winnow: installing $* (once)" >&2
    update_lists
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
        || { as_root apt-get update -qq >&2; as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2; } \
        || fail "could not install $*; install it by hand and run this again"
}

# Text is normalised with ICU, and packages come over TLS; the SDK itself stops without the first, and restores nothing without the second.
prepare_runtime() {
    if ! ldconfig -p 2>/dev/null | grep -q libicuuc && ! ls /usr/lib/*/libicuuc.so.* >/dev/null 2>&1; then
        command -v apt-cache >/dev/null 2>&1 || fail "needs ICU (libicu); please install it with your package manager"
        update_lists
        install_packages "$(apt-cache --names-only search '^libicu[0-9]+$' | cut -d' ' -f1 | sort -V | tail -n 1)"
    fi
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || install_packages ca-certificates
}

prepare() {
    command -v dotnet >/dev/null 2>&1 || fail "needs the .NET 10 SDK (dotnet on the PATH): https://dotnet.microsoft.com/download"
    prepare_runtime
    case "$(cd "$root" && dotnet --version 2>/dev/null)" in
        10.*) ;;
        *) fail "needs the .NET 10 SDK; 'dotnet --version' answers: $(cd "$root" && dotnet --version 2>&1 | head -n 1)" ;;
    esac
    command -v ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1 || install_packages ffmpeg
}
