#compdef netdcli
# zsh completion for netdcli: netdcli completion zsh > "${fpath[1]}/_netdcli"
# netdcli itself knows its words: it is asked with those before the cursor and answers one candidate a line, ":file" for a file name.
_netdcli() {
    local -a answers
    answers=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    if (( ${answers[(I):file]} )); then
        answers=("${(@)answers:#:file}")
        _files
    fi
    answers=("${(@)answers:#}")
    (( ${#answers} )) && compadd -- "${answers[@]}"
}
if [[ ${funcstack[1]} == _netdcli ]]; then
    _netdcli "$@"
else
    compdef _netdcli netdcli
fi
