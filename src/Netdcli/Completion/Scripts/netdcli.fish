# fish completion for netdcli: netdcli completion fish > ~/.config/fish/completions/netdcli.fish
# netdcli itself knows its words: it is asked with those before the cursor and answers one candidate a line, ":file" for a file name.
function __netdcli_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for answer in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        if test "$answer" = ":file"
            __fish_complete_path "$current"
        else
            echo $answer
        end
    end
end
complete -c netdcli -f -a '(__netdcli_complete)'
