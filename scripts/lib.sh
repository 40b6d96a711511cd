# Shared by the scripts here: one way to show progress, and the user's right to install packages.

BEGAN=${BEGAN:-$(date +%s)}
export BEGAN

say() { printf '%6d s  [%s] %s\n' "$(($(date +%s) - BEGAN))" "$(basename "$0")" "$*" >&2; }

sudo_hint() { [ "$(id -u)" = 0 ] || printf 'sudo '; }

# The Node to use: the system's from version 20 on with its npm, otherwise the one of the wheel in .venv.
use_node() {
  local major
  major=$({ node --version 2>/dev/null || true; } | sed 's/^v\([0-9]*\).*/\1/')
  if [ "${major:-0}" -ge 20 ] && command -v npm >/dev/null; then return; fi
  export PATH="$PWD/.venv/bin:$PATH"
}
