#!/bin/sh
# Stocktake's host probe: prints what this machine is and holds. Read-only, needs no root, writes no file.
#
# Sent on standard input to `sh -s`, after a line STOCKTAKE_NONCE=…; or installed as a forced command, in which case
# that line is all it reads. Every section is framed, so that a cut or noisy session cannot pass for a short answer:
#
#   @NONCE begin NAME / output / @NONCE stderr / errors / @NONCE end NAME STATUS       and last: @NONCE done VERSION
#
# On a machine that nobody can reach: `sh probe.sh bundle >FILE` writes the same, with a first line and a checksum, for
# `stocktake import FILE`. There, values of what is called a password, token, key or secret do not get into the file.
#
# STATUS is the command's: 0, 124 or 137 after a time-out, 126 not executable, 127 not installed.

LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/rocm/bin:/usr/local/cuda/bin:/usr/lib/wsl/lib
export LC_ALL PATH

bounded() { # SECONDS COMMAND ARGUMENT…: the command's output, within that time where `timeout` exists
    seconds=$1
    shift
    command -v "$1" >/dev/null 2>&1 || {
        echo "$1: not found" >&2
        return 127
    }
    case $limiter in
    kill) timeout -k 2 "$seconds" "$@" ;;
    plain) timeout "$seconds" "$@" ;;
    *) "$@" ;;
    esac
}

section() { # NAME COMMAND ARGUMENT…: framed output and errors
    name=$1
    shift
    printf '@%s begin %s\n' "$nonce" "$name"
    errors=$({ "$@" 1>&3 3>&-; } 2>&1)
    status=$?
    printf '\n@%s stderr\n%.2000s\n@%s end %s %s\n' "$nonce" "$errors" "$nonce" "$name" "$status"
}

fact() { # KEY FILE: the file's first line, where it can be read
    value=
    [ -r "$2" ] && { IFS= read -r value <"$2" || :; } 2>/dev/null
    [ -z "$value" ] || printf '%s=%s\n' "$1" "$value"
}

said() { # KEY COMMAND ARGUMENT…: the first line that a command prints, where it prints one
    key=$1
    shift
    value=$(bounded 5 "$@" 2>/dev/null | head -n 1)
    [ -z "$value" ] || printf '%s=%s\n' "$key" "$value"
}

picked() { # FILE SED-EXPRESSION…: what sed prints of it, ended by a newline even where the file is not
    file=$1
    shift
    [ ! -r "$file" ] || {
        sed -n "$@" "$file"
        echo
    }
}

facts() {
    said uid id -u
    said user id -un
    said hostname hostname
    said nodename uname -n
    said system uname -s
    said kernel uname -r
    said arch uname -m
    said virtualization systemd-detect-virt
    said clock_ticks getconf CLK_TCK
    fact machine_id /etc/machine-id
    fact dbus_machine_id /var/lib/dbus/machine-id
    fact boot_id /proc/sys/kernel/random/boot_id
    fact load /proc/loadavg
    for key in product_name product_uuid sys_vendor board_asset_tag chassis_asset_tag bios_vendor; do
        fact "$key" "/sys/devices/virtual/dmi/id/$key"
    done
    fact cloud_instance_id /var/lib/cloud/data/instance-id
    fact cloud_name /run/cloud-init/cloud-id
    fact nvidia_driver /proc/driver/nvidia/version
    fact amdgpu_version /sys/module/amdgpu/version
    fact rocm_version /opt/rocm/.info/version
    fact cuda_toolkit /usr/local/cuda/version.txt
    picked /usr/local/cuda/version.json '/"cuda"[[:space:]]*:/,/}/s/.*"version"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/cuda_toolkit=\1/p'
    for path in /usr/local/cuda-[0-9]*; do
        [ ! -d "$path" ] || echo "cuda_installed=${path##*/cuda-}"
    done
    for name in libnccl libcudnn; do
        for path in "/usr/lib/x86_64-linux-gnu/$name".so.*.* "/usr/lib/aarch64-linux-gnu/$name".so.*.* "/usr/lib64/$name".so.*.* \
            "/usr/local/cuda/lib64/$name".so.*.* "/usr/local/lib/$name".so.*.* "/opt/nccl/build/lib/$name".so.*.*; do
            [ ! -e "$path" ] || echo "$name=${path##*.so.}"
        done
    done
    said container_toolkit nvidia-ctk --version
    for name in docker podman nerdctl containerd crictl apptainer singularity enroot; do
        said "$name" "$name" --version
    done
    picked /etc/beegfs/beegfs-client.conf 's/^sysMgmtdHost[[:space:]]*=[[:space:]]*/beegfs_management=/p'
    picked /etc/docker/daemon.json 's/.*"default-runtime"[^"]*"\([^"]*\)".*/docker_default_runtime=\1/p'
    [ ! -e /.dockerenv ] || echo container=docker
    [ ! -e /run/.containerenv ] || echo container=podman
    sed -n 's/^btime /btime=/p' /proc/stat
    # Persons are counted and not named: accounts with a shell, and who is logged in.
    awk -F : '$3 >= 1000 && $3 < 60000 && $7 !~ /(nologin|false)$/ { n++ } END { print "user_count=" n + 0 }' /etc/passwd
    command -v who >/dev/null 2>&1 && who | awk '{ seen[$1] } END { n = 0; for (u in seen) n++; print "logged_in_count=" n }'
    for path in /dev/nvidia[0-9]* /dev/nvidiactl /dev/nvhost* /dev/nvmap /dev/dxg /dev/kfd /dev/neuron* /dev/accel* /dev/hl[0-9]*; do
        [ ! -e "$path" ] || echo "device=$path"
    done
    for path in /run/docker.sock /run/containerd/containerd.sock /run/k3s/containerd/containerd.sock /run/crio/crio.sock /run/podman/podman.sock; do
        [ ! -e "$path" ] || echo "engine_socket=$path"
    done
}

os_release() {
    cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release
}

cpuinfo() {
    grep -E '^(processor|model name|physical id|core id)[[:space:]]*:' /proc/cpuinfo
}

meminfo() {
    grep -E '^(MemTotal|MemAvailable|SwapTotal|HugePages_Total|Hugepagesize):' /proc/meminfo
}

pci() { # ADDRESS CLASS VENDOR DEVICE DRIVER NUMA-NODE of displays, accelerators, networks and NVSwitches
    [ -d /sys/bus ] || return 1
    for path in /sys/bus/pci/devices/*; do
        [ -r "$path/class" ] || continue
        read -r class <"$path/class"
        case $class in
        0x02* | 0x03* | 0x12* | 0x0680*) ;;
        *) continue ;;
        esac
        read -r vendor <"$path/vendor"
        read -r device <"$path/device"
        driver=$(readlink "$path/driver") || driver=-
        node=-1
        [ ! -r "$path/numa_node" ] || read -r node <"$path/numa_node"
        echo "${path##*/} $class $vendor $device ${driver##*/} $node"
    done
}

rocm() {
    bounded 30 rocm-smi --showproductname --showid --showuniqueid --showserial --showbus --showmeminfo vram \
        --showuse --showtemp --showmaxpower --showdriverversion --json
}

gaudi() {
    bounded 20 hl-smi -Q index,name,bus_id,driver_version,uuid,module_id,memory.total,memory.free,memory.used -f csv
}

numa() { # NODE CPUS KIBIBYTES
    [ -d /sys/devices/system/cpu ] || return 1
    for path in /sys/devices/system/node/node[0-9]*; do
        [ -r "$path/cpulist" ] || continue
        read -r cpus <"$path/cpulist"
        echo "${path##*/node} ${cpus:--} $(sed -n 's/.*MemTotal:[[:space:]]*\([0-9]*\) kB.*/\1/p' "$path/meminfo")"
    done
}

rdma() { # DEVICE PORT LAYER STATE PHYSICAL-STATE RATE FIRMWARE BOARD INTERFACES, parted by tabs
    [ -d /sys/class/net ] || return 1
    for port in /sys/class/infiniband/*/ports/*; do
        [ -r "$port/state" ] || continue
        device=${port%/ports/*}
        layer='' state='' physical='' rate='' firmware='' board='' names=''
        read -r layer <"$port/link_layer"
        read -r state <"$port/state"
        read -r physical <"$port/phys_state"
        read -r rate <"$port/rate"
        read -r firmware <"$device/fw_ver"
        read -r board <"$device/board_id"
        for path in "$device"/device/net/*; do
            [ ! -e "$path" ] || names="$names ${path##*/}"
        done
        printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
            "${device##*/}" "${port##*/}" "$layer" "$state" "$physical" "$rate" "$firmware" "$board" "$names"
    done 2>/dev/null
}

lsblk_json() {
    bounded 15 lsblk --json -b -o NAME,KNAME,TYPE,SIZE,MODEL,SERIAL,FSTYPE,MOUNTPOINT,ROTA,TRAN
}

blocks() { # NAME 512-BYTE-SECTORS ROTATIONAL MODEL
    [ -d /sys/block ] || return 1
    for path in /sys/block/*; do
        [ -r "$path/size" ] || continue
        read -r size <"$path/size"
        rotational=-
        [ ! -r "$path/queue/rotational" ] || read -r rotational <"$path/queue/rotational"
        model=-
        [ ! -r "$path/device/model" ] || read -r model <"$path/device/model"
        echo "${path##*/} $size $rotational $model"
    done
}

mdstat() {
    [ ! -r /proc/mdstat ] || cat /proc/mdstat
}

usage() { # df's first three numbers, or "-" where it did not answer
    bounded 5 df "$@" </dev/null 2>/dev/null | awk '
        NR > 1 { for (i = 5; i <= NF; i++) if ($i ~ /^([0-9]+%|-)$/) { print $(i - 3), $(i - 2), $(i - 1); found = 1; exit } }
        END { if (!found) print "-" }'
}

mounts() { # DEVICE POINT TYPE OPTIONS / KiB: total used free / INODES: total used free, parted by tabs
    [ -r /proc/mounts ] || return 1
    while read -r device point type options rest; do
        case $type in
        autofs | binfmt_misc | bpf | cgroup | cgroup2 | configfs | debugfs | devpts | devtmpfs | efivarfs | fuse.lxcfs | fuse.portal | \
            fuse.snapfuse | fuse.gvfsd-fuse | fusectl | hugetlbfs | mqueue | nsfs | proc | pstore | ramfs | rpc_pipefs | rootfs | \
            securityfs | selinuxfs | squashfs | sysfs | tmpfs | tracefs | nfsd | iso9660) continue ;;
        overlay) [ "$point" = / ] || continue ;;
        esac
        case $point in
        /var/lib/docker/* | /var/lib/containers/* | /run/containerd/*) continue ;;
        esac
        path=$(printf '%b' "$(printf '%s' "$point" | sed 's/\\\([0-7]\)/\\0\1/g')")
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$device" "$point" "$type" "$options" "$(usage -P -k "$path")" "$(usage -P -i "$path")"
    done </proc/mounts
}

inspect() {
    ids=$(bounded 15 docker ps --all --quiet --no-trunc) || return
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2086  # ids are words
    bounded 30 docker inspect --format \
        '{"Id":{{json .Id}},"Env":{{json .Config.Env}},"Args":{{json .Args}},"Path":{{json .Path}},"DeviceRequests":{{json .HostConfig.DeviceRequests}},"Privileged":{{json .HostConfig.Privileged}},"Mounts":{{json .Mounts}},"Created":{{json .Created}}}' $ids
}

docker_images() {
    ids=$(bounded 15 docker images --quiet --no-trunc) || return
    [ -n "$ids" ] || return 0
    # shellcheck disable=SC2046,SC2086  # ids are words
    bounded 30 docker image inspect --format \
        '{"Id":{{json .Id}},"RepoTags":{{json .RepoTags}},"RepoDigests":{{json .RepoDigests}},"Size":{{json .Size}},"Created":{{json .Created}}}' $(printf '%s\n' $ids | sort -u)
}

ctr_each() { # KIND OF THING ("containers", "images"): NAMESPACE and the lines of its table, for all namespaces of containerd
    spaces=$(bounded 10 ctr namespaces list --quiet) || return
    for space in $spaces; do
        bounded 15 ctr --namespace "$space" "$1" list | sed -n "2,\$s/^/$space /p"
    done
}

own_podman() { # ARGUMENT…: never the first podman call of a user: that one would create the user's storage
    command -v podman >/dev/null 2>&1 || {
        echo 'podman: not found' >&2
        return 127
    }
    if [ "$(id -u)" != 0 ] && [ ! -d "${HOME:-/nonexistent}/.local/share/containers" ]; then
        echo 'permission denied: podman shows a user only that user'"'"'s own containers' >&2
        return 126
    fi
    bounded 15 podman "$@" --no-trunc --format json
}

holders() { # process ids that hold an accelerator, as its own tool tells
    bounded 20 nvidia-smi -q -x -d PIDS 2>/dev/null | sed -n 's/.*<pid>\([0-9][0-9]*\)<.*/\1/p'
    bounded 20 rocm-smi --showpids --json 2>/dev/null | grep -o '"PID[0-9]*"' | tr -cd '0-9\n'
}

process() { # PID USER START ARGUMENT…, parted by tabs; START in clock ticks after boot
    [ -d "/proc/$1" ] || return 0
    user=$(stat -c %U "/proc/$1" 2>/dev/null) || user=-
    start=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)
    printf '%s\t%s\t%s\t' "$1" "$user" "${start:--}"
    tr '\n\t\000' '  \t' <"/proc/$1/cmdline" 2>/dev/null
    echo
}

processes() {
    for pid in $(holders | sort -un); do
        process "$pid"
    done
}

servers() { # as processes: those whose command line names software that serves or schedules models, or keeps what is known of them
    [ -d /proc/self ] || return 1
    grep -lE '(^|[^[:alnum:]_.-])(mlflow|jupyter(-lab|-notebook|hub)?|vllm|sglang|tritonserver|airflow|ollama|text-generation-launcher|torchserve|tensorboard|bentoml|prefect|dagster(-webserver|-daemon)?|raylet|tensorflow_model_server|llama-server|label-studio|minio|qdrant|milvus|weaviate|streamlit|gradio|notebook)($|[^[:alnum:]_-])' \
        /proc/[0-9]*/cmdline 2>/dev/null | while read -r path; do
        path=${path%/cmdline}
        process "${path#/proc/}"
    done
}

programs() { # COUNT NAME of the programs that run
    [ -d /proc/self ] || return 1
    cat /proc/[0-9]*/comm 2>/dev/null | sort | uniq -c
}

units() { # blocks of NAME=VALUE, one a unit, parted by empty lines
    bounded 20 systemctl show '*.service' --no-pager \
        --property=Id,Description,ExecStart,User,FragmentPath,LoadState,ActiveState,SubState,UnitFileState,MainPID
}

timers() {
    bounded 20 systemctl show '*.timer' --no-pager \
        --property=Id,Description,Unit,TimersCalendar,TimersMonotonic,FragmentPath,ActiveState,UnitFileState,LastTriggerUSec
}

known_hosts() { # names of the hosts that SSH knows, without their keys; "|" for one that is hashed
    for path in "${HOME:-/nonexistent}/.ssh/known_hosts" "${HOME:-/nonexistent}/.ssh/known_hosts2" /etc/ssh/ssh_known_hosts; do
        [ ! -r "$path" ] || awk '!/^[[:space:]]*(#|@|$)/ { print (substr($1, 1, 1) == "|" ? "|" : $1) }' "$path"
    done | head -n 5000
}

crontabs() { # FILE LINE, parted by a tab; comments and variables left out. "!denied FILE" for what may not be read
    for path in /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/[!c]*; do
        [ -f "$path" ] || continue
        if [ -r "$path" ]; then
            awk -v file="$path" '!/^[[:space:]]*(#|$)/ && !/^[[:space:]]*[A-Za-z_][A-Za-z0-9_]*[[:space:]]*=/ { print file "\t" $0 }' "$path"
        else
            echo "!denied $path"
        fi
    done
    for path in /var/spool/cron/crontabs /var/spool/cron; do
        if [ -d "$path" ]; then
            [ -r "$path" ] || echo "!denied $path"
            break
        fi
    done
    for period in hourly daily weekly monthly; do
        for path in "/etc/cron.$period"/*; do
            [ ! -x "$path" ] || printf '%s\t@%s\t%s\n' "/etc/cron.$period" "$period" "$path"
        done
    done
    [ "$(id -u)" = 0 ] || ! command -v crontab >/dev/null 2>&1 || {
        own=$(bounded 5 crontab -l 2>/dev/null) || own=
        printf '%s\n' "$own" | awk '!/^[[:space:]]*(#|$)/ && !/^[[:space:]]*[A-Za-z_][A-Za-z0-9_]*[[:space:]]*=/ { print "crontab -l\t" $0 }'
    }
}

left() { # seconds of the time that searches may take in all
    echo $((search_end - $(date +%s)))
}

pythons() { # +FOLDER of packages / PYTHON-PACKAGE / cuda=… of torch; !STATUS ROOT where a search ended early
    for root in /opt /usr/local /usr/lib /srv /home /root /data /mnt /workspace /scratch; do
        [ -d "$root" ] || continue
        [ -r "$root" ] || {
            echo "!126 $root"
            continue
        }
        seconds=$(left)
        [ "$seconds" -gt 0 ] || {
            echo "!124 $root"
            continue
        }
        [ "$seconds" -lt 15 ] || seconds=15
        bounded "$seconds" find "$root" -xdev -maxdepth 9 -type d \
            \( -name proc -o -name overlay2 -o -name overlayfs -o -name .git -o -name node_modules \) -prune \
            -o -type d \( -name site-packages -o -name dist-packages \) -print -prune 2>/dev/null
        status=$?
        case $status in
        124 | 137) echo "!$status $root" ;;
        esac
    done | while read -r folder; do
        case $folder in
        !*)
            echo "$folder"
            continue
            ;;
        esac
        echo "+$folder"
        for path in "$folder"/*.dist-info; do
            name=${path##*/}
            case $name in
            torch-* | torch_* | torchvision-* | tensorflow* | jax-* | jaxlib-* | jax_* | keras-* | transformers-* | vllm-* | sglang-* | xformers-* | \
                flash_attn* | deepspeed-* | accelerate-* | lightning-* | pytorch_lightning-* | ray-* | mlflow* | triton-* | onnxruntime* | tensorrt* | \
                bitsandbytes-* | cupy* | nvidia_cuda_runtime* | nvidia_nccl* | nvidia_cudnn* | habana_* | neuronx_* | optimum* | diffusers-* | peft-* | \
                megatron* | horovod-* | scikit_learn-* | xgboost-* | lightgbm-* | wandb-* | dvc-* | datasets-* | huggingface_hub-* | mxnet* | paddlepaddle*)
                [ ! -d "$path" ] || echo "=${name%.dist-info}"
                ;;
            esac
        done
        picked "$folder/torch/version.py" -e "s/^cuda[^=]*= *['\"]\([^'\"]*\)['\"].*/torch_cuda=\1/p" \
            -e "s/^hip[^=]*= *['\"]\([^'\"]*\)['\"].*/torch_hip=\1/p"
        grep -oE "['\"]cuda_version['\"], ['\"][0-9.]+['\"]" "$folder/tensorflow/python/platform/build_info.py" 2>/dev/null |
            sed -n "s/.*, ['\"]\([0-9.]*\)['\"]/tensorflow_cuda=\1/p"
    done
}

file_systems() { # mount points to walk, each device once, the root last; "!125 POINT" for object stores
    awk '
        $3 ~ /^fuse\.(s3fs|gcsfuse|goofys|rclone|blobfuse2?|mount-s3)$/ || ($3 == "fuse" && $1 == "mountpoint-s3") { print "!125 " $2; next }
        $3 !~ /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|nfs4?|lustre|gpfs|ceph|beegfs|wekafs|glusterfs|cifs|smb3|bcachefs|fuse\.(glusterfs|ceph|juicefs|sshfs))$/ && !($3 == "overlay" && $2 == "/") { next }
        $2 ~ /^\/(boot|etc|proc|sys|dev|run|var\/lib\/(docker|containers|kubelet))(\/|$)/ { next }
        $3 != "btrfs" && ($1 in seen) { next }
        { seen[$1] = 1 }
        $2 == "/" { root = 1; next }
        { print $2 }
        END { if (root) print "/" }' /proc/mounts
}

walked() { # ROOT: the folders and the files of models and data below it, TYPE SIZE TIME FOLDER NAME parted by tabs; and how that ended
    seconds=$(left)
    status=124
    if [ "$seconds" -gt 0 ]; then
        [ "$seconds" -lt 30 ] || seconds=30
        bounded "$seconds" nice -n 19 find "$1" -xdev -type d \
            \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /usr -o -path /boot -o -path /snap -o -path /var/lib/docker -o \
            -path /var/lib/containerd -o -path /var/lib/containers -o -name site-packages -o -name dist-packages -o -name node_modules \) -prune \
            -o \( -type d -o -type f \( -name '*.safetensors' -o -name '*.gguf' -o -name '*.onnx' -o -name '*.pt' -o -name '*.pth' -o \
            -name '*.ckpt' -o -name '*.tfrecord*' -o -name '*.parquet' -o -name '*.arrow' -o -path '*/models--*/blobs/*' -o \
            -path '*/datasets--*/blobs/*' \) \) -printf '%y\t%s\t%T@\t%h\t%f\n' 2>/dev/null
        status=$?
        [ "$status" != 1 ] || status=126 # some folders may not be read; all others were
    fi
    printf '!\t%s\t%s\n' "$status" "$1"
}

walk() { # see collectors/hosts/files.py for what is printed
    [ -r /proc/mounts ] || return 1
    bounded 5 find / -maxdepth 0 -printf '' 2>/dev/null || {
        printf '!\t127\t/\t0\t\n'
        return 0
    }
    file_systems | while read -r point; do
        case $point in
        !125*) printf '!\t125\t%s\n' "${point#!125 }" ;;
        *) walked "$(printf '%b' "$(printf '%s' "$point" | sed 's/\\\([0-7]\)/\\0\1/g')")" ;;
        esac
    done | awk -F '\t' -v most=10000 '
        $1 == "d" && NF == 5 {
            folders++
            last = $4 "/" $5
            if ($5 == ".dvc" || $5 == "wandb" || $5 == "mlruns") tool[last] = $5
            if ($5 ~ /^run-/ && $4 ~ /\/wandb$/) runs[$4]++
        }
        $1 == "f" && NF == 5 {
            format = tolower($5)
            folder = $4
            if (match($4, /\/(models|datasets)--[^\/]+/)) {
                folder = substr($4, 1, RSTART + RLENGTH - 1)
                format = "hub"
            } else if (format ~ /\.tfrecord/) format = "tfrecord"
            else sub(/.*\./, "", format)
            while (match(folder, /\/[^\/=]+=[^\/]*$/)) folder = substr(folder, 1, RSTART - 1) # one table: …/year=2026/month=11
            key = folder "\t" format
            if (!(key in count) && kept++ >= most) next
            count[key]++
            bytes[key] += $2
            if ($3 + 0 > newest[key] + 0) newest[key] = $3 + 0
        }
        $1 == "!" { print $0 "\t" folders + 0 "\t" last; folders = 0; last = "" }
        END {
            for (key in count) printf "F\t%s\t%.0f\t%.0f\t%.0f\n", key, count[key], bytes[key], newest[key]
            for (key in tool) printf "T\t%s\t%s\t%.0f\n", tool[key], key, runs[key]
            if (kept > most) printf "!\t123\t/\t%.0f\t\n", most
        }' | while IFS= read -r line; do
        printf '%s\n' "$line"
        case $line in
        "T	.dvc	"*) urls .dvc config url "$line" ;;
        "T	wandb	"*) urls wandb settings base_url "$line" ;;
        esac
    done
}

urls() { # TOOL FILE KEY LINE: where the tool of that line keeps or sends what it tracks
    folder=${4#*"$1"?}
    folder=${folder%	*}
    picked "$folder/$2" "s|^[[:space:]]*$3[[:space:]]*=[[:space:]]*|U	$folder	|p"
}

sockets() { # the tables of this network namespace that exist
    for table in "$@"; do
        [ ! -r "/proc/net/$table" ] || echo "/proc/net/$table"
    done
}

listeners() { # PROTOCOL HEXADDRESS:HEXPORT UID
    [ -r /proc/net/tcp ] || return 1
    # shellcheck disable=SC2046  # paths are words
    awk 'FNR > 1 && $4 == "0A" { print "tcp", $2, $8 }' $(sockets tcp tcp6)
    # shellcheck disable=SC2046
    awk 'FNR > 1 && $4 == "07" && $3 ~ /:0000$/ { print "udp", $2, $8 }' $(sockets udp udp6)
}

connections() { # in LOCALPORT PEER COUNT, out PEERPORT PEER COUNT; numbers in hex but for the count
    [ -r /proc/net/tcp ] || return 1
    tables=$(sockets tcp tcp6)
    # shellcheck disable=SC2086  # paths are words; listening ports are learnt first, so the tables are read twice
    awk -v files="$(echo $tables | wc -w)" '
        FNR == 1 { number++; next }
        number <= files { if ($4 == "0A") { split($2, own, ":"); listens[own[2]] = 1 }; next }
        $4 == "01" { split($2, own, ":"); split($3, peer, ":")
            count[(own[2] in listens) ? "in " own[2] " " peer[1] : "out " peer[2] " " peer[1]]++ }
        END { for (key in count) print key, count[key] }' $tables $tables
}

interfaces() { # NAME ADDRESS STATE SPEED PHYSICAL
    [ -d /sys/class/net ] || return 1
    for path in /sys/class/net/*; do
        [ -r "$path/address" ] || continue
        mac=- state=- speed=-
        read -r mac <"$path/address"
        read -r state <"$path/operstate"
        read -r speed <"$path/speed"
        [ -e "$path/device" ] && physical=yes || physical=no
        echo "${path##*/} ${mac:--} ${state:--} ${speed:--} $physical"
    done 2>/dev/null
}

addresses() {
    bounded 10 ip -o addr show
}

main() {
    nonce=$1
    if timeout -k 1 1 true 2>/dev/null; then
        limiter='kill'
    elif timeout 1 true 2>/dev/null; then
        limiter=plain
    else
        limiter=none
    fi
    exec 3>&1
    section facts facts
    section os-release os_release
    section cpuinfo cpuinfo
    section lscpu bounded 10 lscpu
    section meminfo meminfo
    section interfaces interfaces
    section addresses addresses
    section pci pci
    section numa numa
    section rdma rdma
    section lsblk lsblk_json
    section blocks blocks
    section mdstat mdstat
    section zpool bounded 10 zpool list -Hp -o name,size,alloc,free,health
    section listeners listeners
    section ss bounded 10 ss -Htulnp
    section connections connections
    # What may hang comes last, so that it costs nothing that was already said.
    section nvidia-smi bounded 30 nvidia-smi -q -x
    section nvidia-smi-list bounded 20 nvidia-smi -L
    section nvidia-smi-topo bounded 20 nvidia-smi topo -m
    section rocm-smi rocm
    section amd-smi bounded 30 amd-smi static --json
    section hl-smi gaudi
    section rocm-smi-pids bounded 20 rocm-smi --showpids --json
    section processes processes
    section servers servers
    section programs programs
    section units units
    section timers timers
    section crontabs crontabs
    section known-hosts known_hosts
    section docker bounded 15 docker ps --all --no-trunc --format '{{json .}}'
    section docker-inspect inspect
    section podman own_podman ps --all
    section nerdctl bounded 15 nerdctl ps --all --no-trunc --format '{{json .}}'
    section crictl bounded 15 crictl ps --all --output json
    section ctr ctr_each containers
    section docker-images docker_images
    section podman-images own_podman images
    section nerdctl-images bounded 15 nerdctl images --no-trunc --format '{{json .}}'
    section crictl-images bounded 15 crictl images --output json
    section ctr-images ctr_each images
    section mounts mounts
    search_end=$(($(date +%s) + ${STOCKTAKE_SEARCH_SECONDS:-60}))
    section pythons pythons
    search_end=$(($(date +%s) + ${STOCKTAKE_SEARCH_SECONDS:-60}))
    section files walk
    printf '@%s done 1\n' "$nonce"
}

digest() { # of standard input, in hex
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256
    else
        openssl dgst -sha256 -r
    fi | cut -d ' ' -f 1
}

veiled() { # standard input without the values of secrets, as far as their names tell
    tab=$(printf '\t')
    word='([Tt][Oo][Kk][Ee][Nn]|[Ss][Ee][Cc][Rr][Ee][Tt]|[Pp][Aa][Ss][Ss][Ww]([Oo][Rr])?[Dd]|[Kk][Ee][Yy]|[Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll][Ss]?|[Pp][Ww][Dd])'
sed -E -e "s/$word=[^][{}\"' ,$tab]+/\1=***/g" -e "s/(--?[A-Za-z_-]*)$word([ $tab]+)[^][{}\"' ,$tab]+/\1\2\4***/g" \
        -e 's|://[^/@" ]+:[^/@" ]*@|://***@|g'
}

bundle() {
    nonce=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n') || return
    # What the commands print may hold NUL, which no variable keeps and which bash would complain of.
    content=$({
        printf 'stocktake-bundle 1 %s %s\n' "$nonce" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
        main "$nonce" </dev/null | veiled
    } | tr -d '\000')
    case $content in
    *"@$nonce done 1") ;;
    *)
        echo 'the probe did not come to its end' >&2
        return 1
        ;;
    esac
    sum=$(printf '%s\n' "$content" | digest)
    [ ${#sum} -eq 64 ] || {
        echo 'no program here makes SHA-256 checksums: sha256sum, shasum or openssl' >&2
        return 1
    }
    printf '%s\nsha256 %s\n' "$content" "$sum"
}

if [ "${1:-}" = bundle ]; then
    bundle
    exit
fi
if [ -z "${STOCKTAKE_NONCE:-}" ]; then
    IFS= read -r STOCKTAKE_NONCE
    STOCKTAKE_NONCE=${STOCKTAKE_NONCE#STOCKTAKE_NONCE=}
fi
main "$STOCKTAKE_NONCE" </dev/null
