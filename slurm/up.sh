#!/bin/sh
# A real Slurm of one node on this machine (root of a Debian): starts it, prints how to use it, ends it with Ctrl-C.
# What it held, results too, stays in the folder.
#   sh slurm/up.sh [folder]
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-.venv/bin/python}" tests/slurm/cluster.py "${1:-$(mktemp -d)}"
