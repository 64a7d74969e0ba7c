#!/bin/sh
# Stocktake's look at a Slurm cluster, sent on standard input to `sh -s` after the lines STOCKTAKE_NONCE=… and
# STOCKTAKE_PART=estate or jobs and STOCKTAKE_SINCE=…. Calls what lists, and writes nothing.
#
# Frames are those of the host probe: @NONCE begin NAME / output / @NONCE stderr / errors / @NONCE end NAME STATUS

LC_ALL=C
TZ=UTC0
SLURM_TIME_FORMAT=standard
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/opt/slurm/bin:/usr/local/slurm/bin:/cm/shared/apps/slurm/current/bin
export LC_ALL TZ SLURM_TIME_FORMAT PATH
unset SACCT_FORMAT SLURM_CLUSTERS

bounded() { # SECONDS COMMAND ARGUMENT…
    seconds=$1
    shift
    command -v "$1" >/dev/null 2>&1 || {
        echo "$1: not found" >&2
        return 127
    }
    if timeout 1 true 2>/dev/null; then
        timeout "$seconds" "$@"
    else
        "$@"
    fi
}

section() { # NAME COMMAND ARGUMENT…: framed output and errors
    name=$1
    shift
    printf '@%s begin %s\n' "$STOCKTAKE_NONCE" "$name"
    errors=$({ "$@" 1>&3 3>&-; } 2>&1)
    status=$?
    printf '\n@%s stderr\n%.2000s\n@%s end %s %s\n' "$STOCKTAKE_NONCE" "$errors" "$STOCKTAKE_NONCE" "$name" "$status"
}

config() { # what a reader needs of the configuration; the rest holds passwords
    answer=$(bounded 30 scontrol show config) || return
    printf '%s\n' "$answer" | grep -E '^(AccountingStorage(TRES|Type)|ClusterName|GresTypes|PrivateData|SLURM_VERSION|SelectType|SlurmUser|SlurmctldHost\[[0-9]+\]|TopologyPlugin|AuthType|JobContainerType|TaskPlugin)[[:space:]]*='
}

accounting() {
    answer=$(bounded 30 sacctmgr show config) || return
    printf '%s\n' "$answer" | grep -E '^(PrivateData|SLURMDBD_VERSION|TrackWCKey)[[:space:]]*='
}

whoami_there() {
    printf 'user=%s\nuid=%s\nlevel=%s\n' "$(id -un)" "$(id -u)" "$(bounded 15 sacctmgr -nP show user "$(id -un)" format=AdminLevel 2>/dev/null | head -n 1)"
}

history() { # every field of the list that this sacct knows; \037 stands between them
    known=$(bounded 15 sacct --helpformat) || return
    fields=
    for field in JobIDRaw JobName User Account QOS Partition State NNodes AllocTRES ReqTRES Submit Start End ElapsedRaw WorkDir Container SubmitLine; do
        case " $(printf '%s' "$known" | tr -s ' \n' '  ') " in
        *" $field "*) fields="$fields,$field" ;;
        esac
    done
    bounded 900 sacct --allusers --allocations --truncate --parsable2 --delimiter="$(printf '\037')" \
        --starttime="$STOCKTAKE_SINCE" --endtime=now --format="${fields#,}"
}

exec 3>&1
case $STOCKTAKE_PART in
estate)
    section who whoami_there
    section config config
    section accounting accounting
    section nodes bounded 60 scontrol -o -a -d show nodes
    section partitions bounded 30 scontrol -o -a show partitions
    section reservations bounded 30 scontrol -o show reservations
    section accounts bounded 30 sacctmgr -P show account format=Account,Descr,Org
    section qos bounded 30 sacctmgr -P show qos format=Name,Priority,MaxWall,GrpTRES,MaxTRES,MaxTRESPU,MaxJobsPU,MaxSubmitPU,Preempt,Flags
    section associations bounded 60 sacctmgr -P show assoc format=Cluster,Account,User,Partition,QOS,GrpTRES,GrpTRESMins,MaxTRES,MaxJobs,MaxWall,ParentName
    ;;
jobs)
    section jobs bounded 60 scontrol -o -a show jobs
    section history history
    ;;
esac
printf '@%s done 1\n' "$STOCKTAKE_NONCE"
