# SPDX-License-Identifier: MIT
# Bash completion for quarry. Source it, or install it as /usr/share/bash-completion/completions/quarry.
# Written by hand; a test holds it against `quarry --help-all`. It asks no host and reads no key.

_quarry() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local client='--manifest --url --api-key-file --data-dir --json --help --help-all'
  local host='--manifest --listen --data-dir --plugin-dir --log-level --help --help-all'
  local statuses='queued downloading paused stalled seeding completed failed cancelled all'
  COMPREPLY=()

  # The value of an option.
  case $prev in
    --manifest | --from | --to | --api-key-file | --config) _quarry_files "$cur"; return ;;
    --data-dir | --plugin-dir) _quarry_folders "$cur"; return ;;
    --log-level) COMPREPLY=($(compgen -W 'debug info warning error' -- "$cur")); return ;;
    --priority) COMPREPLY=($(compgen -W 'low normal high very_high' -- "$cur")); return ;;
    --status) COMPREPLY=($(compgen -W "$statuses" -- "$cur")); return ;;
    --set | --prepare | --clock | --only | --seed | --timeout) return ;;
    --listen | --url | --title | --category | --indexer | --page | --page-size | --best) return ;;
  esac

  # The command, and below `plugin` and `storage` the second word of it.
  local command='' word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $command:$word in
      :serve | :check | :plugin | :storage | :search | :grab | :queue | :pause | :resume | :remove | :retry) command=$word ;;
      plugin:list | plugin:check) command="plugin $word" ;;
      storage:status | storage:migrate | storage:backup | storage:restore | storage:check | storage:copy)
        command="storage $word"
        ;;
    esac
  done

  local words=''
  case $command in
    '') words='serve check plugin storage search grab queue pause resume remove retry --help --help-all --version' ;;
    serve) words=$host ;;
    check) words="$host --json" ;;
    plugin) words='list check --help --help-all' ;;
    'plugin list') words='--plugin-dir --json --help --help-all' ;;
    'plugin check')
      words='--config --set --contract --prepare --clock --own-clock --many-hosts --only --seed --timeout --json --help --help-all'
      [[ $cur == -* ]] || { _quarry_files "$cur"; return; }
      ;;
    storage) words='status migrate backup restore check copy --help --help-all' ;;
    'storage status' | 'storage check') words='--manifest --plugin-dir --json --help --help-all' ;;
    'storage migrate') words='--manifest --plugin-dir --help --help-all' ;;
    'storage backup' | 'storage restore')
      words='--manifest --plugin-dir --help --help-all'
      [[ $cur == -* ]] || { _quarry_files "$cur"; return; }
      ;;
    'storage copy') words='--from --to --plugin-dir --help --help-all' ;;
    search) words=$client ;;
    grab) words="--best --title --category --priority --indexer $client" ;;
    queue) words="--watch --status --page --page-size $client" ;;
    pause | resume | retry) words="--all $client" ;;
    remove) words="--delete-files $client" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}

# Names may hold blanks, so they are read line by line.
_quarry_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$1"); }
_quarry_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$1"); }

complete -F _quarry quarry
