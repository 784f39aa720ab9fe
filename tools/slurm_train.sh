#!/usr/bin/env bash
# Train under Slurm, one process a GPU, on as many machines as that takes.
set -eu

if [ $# -lt 3 ]; then
    cat >&2 <<'USAGE'
usage: tools/slurm_train.sh PARTITION JOB_NAME CONFIG [options of tools/train.py]

  GPUS           in all (default 8)
  GPUS_PER_NODE  (default 8, or GPUS if that is less)
  CPUS_PER_TASK  of each process, for its loader workers (default 5)
  SRUN_ARGS      more options of srun, such as --time=12:00:00

Two minutes before its time is up the run writes a checkpoint and ends with code 75;
--resume goes on from there.
USAGE
    exit 2
fi
partition=$1 job=$2 config=$3
shift 3

gpus=${GPUS:-8}
on_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
read -r -a more <<<"${SRUN_ARGS:-}"
# If one process fails the others wait for it: Slurm ends them.
exec srun \
    "--partition=$partition" "--job-name=$job" \
    "--ntasks=$gpus" "--ntasks-per-node=$on_node" "--gres=gpu:$on_node" \
    "--cpus-per-task=${CPUS_PER_TASK:-5}" \
    --signal=USR1@120 --kill-on-bad-exit=1 ${more[@]+"${more[@]}"} \
    "${PYTHON:-python}" -u "$(dirname "$0")/train.py" "$config" --launcher slurm "$@"
