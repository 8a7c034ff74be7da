# bash completion for netdcli: source <(netdcli completion bash)
# netdcli itself knows its words: it is asked with those before the cursor and answers one candidate a line, ":file" for a file name.
_netdcli() {
    # bash's own words are cut at ':' and '=' too, which would tear URLs apart.
    local line=${COMP_LINE:0:COMP_POINT} current answer
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[-1]}
    if [[ $current == -*=* ]]; then
        words[-1]=${current%%=*}
        current=${current#*=}
        words+=("$current")
    fi
    COMPREPLY=()
    while IFS= read -r answer; do
        if [[ $answer == ":file" ]]; then
            compopt -o filenames 2>/dev/null || true
            while IFS= read -r answer; do
                COMPREPLY+=("$answer")
            done < <(compgen -f -- "$current")
        else
            COMPREPLY+=("$answer")
        fi
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _netdcli netdcli
