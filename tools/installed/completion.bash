# Completion for darknet-mafat: commands, options, and files by what a command reads. All of it comes of the
# program's own --help, so that it is what this program takes. Files that come with it are offered, too.

# Offers files that end in one of these, and folders; "" is every file.
_darknet_mafat_files() { # SUFFIXES...
    local suffix
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
        compgen -d -- "$word"
        for suffix; do compgen -f -X "${suffix:+!*$suffix}" -- "$word"; done | while IFS= read -r file; do
            [ -d "$file" ] || printf '%s\n' "$file"
        done)
}

# Offers files of the share directory by their names alone, as the program finds them.
_darknet_mafat_shipped() { # SUFFIX
    local share file
    [[ $word != */* ]] || return
    share=$("$program" --version 2>/dev/null | sed -n 's/^share: //p')
    for file in "$share/cfg/$word"*"$1"; do
        [[ ! -e $file || " ${COMPREPLY[*]} " == *" ${file##*/} "* ]] || COMPREPLY+=("${file##*/}")
    done
}

_darknet_mafat_words() { # WORDS...
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "$word")
}

# Offers what stands for a word of the help, "[IMAGE]", or for the value of an option.
_darknet_mafat_value() { # NAME OPTION
    case $1${2-} in
        *CFG* | NEW.cfg*) _darknet_mafat_files .cfg; [[ $1 == NEW* ]] || _darknet_mafat_shipped .cfg ;;
        *DATA* | *-data) _darknet_mafat_files .data; _darknet_mafat_shipped .data ;;
        *WEIGHTS*) _darknet_mafat_files .weights; _darknet_mafat_shipped .weights ;;
        *IMAGE* | *-image) _darknet_mafat_files .jpg .jpeg .JPG .JPEG .png .PNG .bmp .ppm .pgm .tga .gif .psd ;;
        *FILE* | *NAME* | *FILM* | LIST) _darknet_mafat_files "" ;;
        LIMIT*) _darknet_mafat_words auto ;;
        CONFIG*) _darknet_mafat_words layers 1x1 ;;
    esac
}

# The rows of a help, "detector test DATA CFG WEIGHTS [IMAGE]" or "-svg FILE", one a line.
_darknet_mafat_rows() { # BEGINNING
    sed -nE "s/^  (  )?($1)/\2/p" | sed 's/  .*//'
}

# The options that can stand behind a command, or before there is one, one a line.
_darknet_mafat_options() { # COMMAND SUBCOMMAND
    if [[ -z $1 ]]; then
        sed '1,/^options/d' <<<"$help" | _darknet_mafat_rows '--?[a-z_]+'
    else
        "$program" "$1" ${2:+"$2"} --help | _darknet_mafat_rows '-[a-z_]+'
    fi
}

_darknet_mafat() {
    local program=$1 word=$2 help commands options option row args i plain=() first=1
    COMPREPLY=()
    help=$("$program" --help 2>/dev/null) || return
    commands=$(_darknet_mafat_rows '[a-z]' <<<"$help")
    options=$(_darknet_mafat_rows '-[a-z_]+' <<<"$help")
    [[ ${COMP_WORDS[1]} != mafat || $COMP_CWORD -le 1 ]] || first=2
    for ((i = first; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
            plain+=("${COMP_WORDS[i]}")
        elif option=$(grep -m 1 -e "^${COMP_WORDS[i]} " <<<"$options" 2>/dev/null) && ((++i == COMP_CWORD)); then
            _darknet_mafat_value "${option#* }" "${option% *}"
            return
        fi
    done
    [[ ${plain[0]-} =~ ^[a-z0-9]*$ ]] || return
    # Words are to be split below.
    # shellcheck disable=SC2046
    if [[ $word == -* ]]; then
        _darknet_mafat_words $(_darknet_mafat_options "${plain[0]-}" "${plain[1]-}" | cut -d ' ' -f 1 | sort -u)
    elif ((${#plain[@]} == 0)); then
        _darknet_mafat_words $(cut -d ' ' -f 1 <<<"$commands" | sort -u)
    elif row=$(grep -m 1 "^${plain[0]} [A-Z]" <<<"$commands") ||
        { ((${#plain[@]} > 1)) && row=$(grep -m 1 -F "${plain[0]} ${plain[1]} " <<<"$commands"); }; then
        read -ra args <<<"$row"
        _darknet_mafat_value "${args[${#plain[@]}]-}"
    elif ((${#plain[@]} == 1)); then
        _darknet_mafat_words $(sed -nE "s/^${plain[0]} ([a-z0-9]+).*/\1/p" <<<"$commands")
    fi
}

complete -F _darknet_mafat darknet-mafat
