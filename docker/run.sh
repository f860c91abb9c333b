#!/usr/bin/env bash
# Start a shell, or a command, in the TAO image with a workspace, as a step of a pipeline sees it.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: docker/run.sh [OPTIONS] [COMMAND...]

  --workspace DIR  folder to mount at /mnt/workspace (default: the current one)
  --image IMAGE    default: localhost/tao-kfp-tao:3.21.08, which docker/build.sh tao makes
  --no-gpu         run without GPUs; most TAO commands refuse to
  --dry-run        print the docker command instead of running it
  --help           show this text

TAO_KEY and NGC_CLI_API_KEY are taken from the environment, as the steps take them from secrets.
Example: docker/run.sh --workspace /raid/workspace sh -c \
  'classification evaluate -e /mnt/workspace/specs/classification_spec.cfg -k "$TAO_KEY"'
TEXT
}

fail() {
  echo "error: $1" >&2
  exit 2
}

value() {
  [[ -n ${2:-} && $2 != -* ]] || fail "$1 needs a value"
  echo "$2"
}

workspace=. image=localhost/tao-kfp-tao:3.21.08 gpus=(--gpus all) dry_run=''
while (($#)); do
  case $1 in
    --workspace) workspace=$(value "$@"); shift ;;
    --image) image=$(value "$@"); shift ;;
    --no-gpu) gpus=() ;;
    --dry-run) dry_run=yes ;;
    --help | -h) usage; exit ;;
    -*) fail "there is no option $1; see docker/run.sh --help" ;;
    *) break ;;
  esac
  shift
done
[[ -d $workspace ]] || fail "there is no folder $workspace"
workspace=$(cd "$workspace" && pwd)
(($#)) || set -- bash

terminal=()
[[ -t 0 && -t 1 ]] && terminal=(--interactive --tty)

# The keys go by name: their values are in no command line. The current user owns what the run writes.
command=(
  docker run --rm ${terminal[@]+"${terminal[@]}"} ${gpus[@]+"${gpus[@]}"}
  --shm-size 16g
  --user "$(id -u):$(id -g)"
  --mount "type=bind,source=$workspace,target=/mnt/workspace"
  --workdir /mnt/workspace
  -e TAO_KEY -e NGC_CLI_API_KEY
  "$image" "$@"
)
if [[ -n $dry_run ]]; then
  printf '%q ' "${command[@]}"
  echo
else
  exec "${command[@]}"
fi
