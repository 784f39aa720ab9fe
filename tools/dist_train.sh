#!/usr/bin/env bash
# Train on several processes: of one machine, or of several that each run this script.
set -eu

if [ $# -lt 2 ]; then
    cat >&2 <<'USAGE'
usage: tools/dist_train.sh CONFIG PROCESSES [options of tools/train.py]

PROCESSES are those of this machine: one a GPU. On several machines, set on each
  NNODES       how many machines there are
  NODE_RANK    the number of this one, from 0
  MASTER_ADDR  the host of machine 0
  PORT         a port that is free there (default 29500)
USAGE
    exit 2
fi
config=$1 processes=$2
shift 2

if [ "${NNODES:-1}" -gt 1 ]; then
    meet=(
        "--nnodes=$NNODES"
        "--node-rank=${NODE_RANK:?set it to the number of this machine, from 0}"
        "--master-addr=${MASTER_ADDR:?set it to the host of machine 0}"
        "--master-port=${PORT:-29500}"
    )
else
    meet=(--standalone) # finds a free port
fi
exec "${PYTHON:-python}" -m torch.distributed.run "${meet[@]}" \
    "--nproc-per-node=$processes" \
    "$(dirname "$0")/train.py" "$config" --launcher pytorch "$@"
