#!/bin/bash
# A teacher of your own beside a sweep: as many vLLM servers as the array has elements. slurm/README.md tells how.
#   sbatch --array=0-1 --gres=gpu:4 slurm/vllm.sh                       # the command below, twice
#   sbatch --array=0-1 --gres=gpu:1 slurm/vllm.sh vllm serve some/model # another one; --port is added to it
# A server that is healthy writes its address into a folder where jobs find it, and lets those begin that are held for it.
# It ends when none of the jobs that it serves is left in the queue, whatever became of them.
#SBATCH --job-name=teacher
#SBATCH --output=teacher-%A_%a.log
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue

# module load cuda; source /shared/me/vllm/bin/activate
command=(vllm serve Qwen/Qwen3-Next-80B-A3B-Instruct --tensor-parallel-size "${SLURM_GPUS_ON_NODE:-1}")
name=${SERVES:-vllm}                                             # of the jobs that it serves: hydra.launcher.cpu_jobs.name
folder=${SIMULA_ROOT:?export SIMULA_ROOT first}/servers/$name    # of the addresses: teacher.servers
host=$(hostname -f)                                              # by which other nodes reach this one
start_min=${START_MIN:-60}                                       # minutes until it must be healthy
unused_min=${UNUSED_MIN:-30}                                     # minutes that it waits for a first job to serve
every_s=${EVERY_S:-20}                                           # seconds between two looks at the queue

[[ $# -eq 0 ]] || command=("$@")
set -u
umask go-w    # an address that somebody else could write would get every prompt, and the key
own=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')

say() { echo "$(date +%T) $own: $*"; }
pause() { sleep "$1" & wait $!; }    # so that a signal is heard at once
healthy() {    # by no proxy, which a site's environment may name
    python3 -c 'import http.client, sys
server = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
server.request("GET", "/health")
sys.exit(server.getresponse().status != 200)' "$port" 2> /dev/null
}
lives() { kill -0 "$server" 2> /dev/null; }
finish() {
    rm -f "$folder/$own"
    kill "$server" 2> /dev/null
    wait "$server"
    say "ended"
}

"${command[@]}" --port "$port" &
server=$!
trap finish EXIT
trap 'exit 0' TERM
# The time limit is near: queued again, and no calls any more; a sweep of days outlives its servers' limit.
trap 'rm -f "$folder/$own"; scontrol requeue "$SLURM_JOB_ID"' USR1

until healthy; do
    lives || { say "the server ended before it was healthy"; exit 1; }
    ((SECONDS < 60 * start_min)) || { say "not healthy after $start_min minutes"; exit 1; }
    pause 2
done
mkdir -p "$folder"
echo "http://$host:$port/v1" > "$folder/.$own" && mv "$folder/.$own" "$folder/$own"
say "healthy at $host:$port"
[[ -n ${VLLM_API_KEY:-} ]] || say "VLLM_API_KEY is not set: whoever reaches $host may ask this server"

seen=$SECONDS patience=$((60 * unused_min))
while ((SECONDS - seen <= patience)); do
    lives || { say "the server has ended"; exit 1; }
    if queue=$(squeue --me --array --noheader --format='%i|%F|%Q|%j'); then
        for other in "$folder"/[0-9]*; do    # what a lost replica could not remove itself
            [[ $'\n'$queue == *$'\n'"${other##*/}|"* ]] || rm -f "$other"
        done
        if served=$(grep -F "|$name:" <<< "$queue"); then
            seen=$SECONDS patience=$((2 * every_s))
            held=$(awk -F '|' '$3 == 0 { print $2 }' <<< "$served" | sort -u | paste -s -d ,)
            [[ -z $held ]] || scontrol release "$held"
        fi
    else
        seen=$SECONDS    # Slurm does not answer: nobody knows whether it is needed
    fi
    pause "$every_s"
done
say "no job named $name: is left"
