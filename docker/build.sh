#!/usr/bin/env bash
# Build the images that no public registry has, and print the command that uses them.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: docker/build.sh [ngc|tao] [OPTIONS]

  ngc   the image of the pull step (default)
  tao   NVIDIA TAO with the NGC CLI; it needs --build-arg NGC_CLI_VERSION=... and NGC_CLI_SHA256=...

  --registry REGISTRY     where the image belongs, as in registry.example.com/team (default: localhost)
  --tag TAG               default: 4.37 for ngc, 3.21.08 for tao
  --build-arg NAME=VALUE  handed to docker build; may be repeated
  --push                  push it afterwards; tao holds NVIDIA's software, so to a registry of your own only
  --dry-run               print the docker commands instead of running them
  --help                  show this text
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

run() {
  if [[ -n $dry_run ]]; then
    printf '%q ' "$@"
    echo
  else
    "$@"
  fi
}

image=ngc registry=localhost tag='' push='' dry_run='' given=()
while (($#)); do
  case $1 in
    ngc | tao) image=$1 ;;
    --registry) registry=$(value "$@"); shift ;;
    --tag) tag=$(value "$@"); shift ;;
    --build-arg) given+=("$(value "$@")"); shift ;;
    --push) push=yes ;;
    --dry-run) dry_run=yes ;;
    --help | -h) usage; exit ;;
    *) fail "there is no option $1; see docker/build.sh --help" ;;
  esac
  shift
done
if [[ -n $push && $registry == localhost ]]; then fail "--push needs --registry"; fi
if [[ $image == ngc ]]; then
  tag=${tag:-4.37}
else
  tag=${tag:-3.21.08}
  # The Dockerfile refuses this too, but only after the base image of many gigabytes has come.
  [[ ${given[*]-} == *NGC_CLI_VERSION=?* && ${given[*]-} == *NGC_CLI_SHA256=?* ]] ||
    fail "tao needs --build-arg NGC_CLI_VERSION=... and --build-arg NGC_CLI_SHA256=..., both from https://org.ngc.nvidia.com/setup/installers/cli"
fi
name=${registry%/}/tao-kfp-$image:$tag

# The labels say what the image was built from. The date is the commit's: the same commit gives the same labels.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
revision=$(git -C "$here" describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || true)
created=$(TZ=UTC git -C "$here" log -1 --date='format-local:%Y-%m-%dT%H:%M:%SZ' --format=%cd 2>/dev/null || true)
# Only a web address, and without a token in it.
source=$(git -C "$here" remote get-url origin 2>/dev/null | sed -nE 's#^https://([^/@]*@)?#https://#p' || true)

arguments=()
for argument in "SOURCE=$source" "VERSION=$tag" "REVISION=$revision" "CREATED=$created" ${given[@]+"${given[@]}"}; do
  arguments+=(--build-arg "$argument")
done
run docker build --tag "$name" "${arguments[@]}" "$here/$image"
if [[ -n $push ]]; then run docker push "$name"; fi

echo "To use it:"
if [[ $image == ngc ]]; then
  echo "  tao-kfp compile classification --pull-image $name"
else
  echo "  tao-kfp compile classification --image $name --pull-image $name"
fi
