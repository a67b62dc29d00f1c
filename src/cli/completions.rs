//! Completion scripts for shells: those of clap, mended where shells would offer too little.

use clap::Command;
use clap_complete::Shell;

/// The name that the scripts complete.
const NAME: &str = "lockfix";

/// The script for a shell.
pub fn script(shell: Shell, command: &mut Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, NAME, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Fish => for_fish(&script, command),
        // Of another shape than is known here, it does what clap made it do.
        Shell::Zsh => for_zsh(&script).unwrap_or(script),
        _ => script,
    }
}

/// In clap's script the first word is one of the paths, and the second the command: it offers nothing behind
/// `lockfix undo`. Here the first word is either, and what follows goes by what it was.
fn for_zsh(script: &str) -> Option<String> {
    let begin = "    _arguments \"${_arguments_options[@]}\" : \\\n";
    let end = format!("\"*::: :->{NAME}\" \\\n&& ret=0\n");
    let (head, rest) = script.split_once(begin)?;
    let (options, rest) = rest.split_once(&end)?;
    let options: String = options
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("'::paths") && !line.contains(":: :_lockfix_commands"))
        .collect();
    // The commands are the first of the two lists of what may follow; paths are what is none of them.
    let (commands, rest) = rest.split_once("        esac\n    ;;\nesac\n}\n\n")?;
    let commands = commands.replace("$line[2]", "$line[1]");
    Some(format!(
        "{head}    local -a options\n    options=( \\\n{options}    )\n\
         \x20   _arguments \"${{_arguments_options[@]}}\" : \"${{options[@]}}\" \\\n\
         \": :{{_{NAME}_commands; _files}}\" \\\n\
         {end}{commands}            (*)\n\
         _arguments \"${{_arguments_options[@]}}\" : \"${{options[@]}}\" \"*: :_files\" && ret=0\n;;\n\
         \x20       esac\n    ;;\nesac\n}}\n\n{rest}"
    ))
}

/// clap's script offers nothing behind an option that waits for its value, since a line that ends so is wrong, and
/// nothing behind a path, which it takes for a command; and it knows no values of arguments without a dash.
fn for_fish(script: &str, command: &Command) -> String {
    let parse = format!("argparse -s (__fish_{NAME}_global_optspecs) -- $cmd");
    let strict = format!("    {parse} 2>/dev/null\n    or return\n");
    let patient = format!(
        "    if not {parse} 2>/dev/null\n        set -e cmd[-1]\n        {parse} 2>/dev/null\n        or return\n    end\n"
    );
    let commands: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let known = format!(
        "    if set -q argv[1]; and contains -- $argv[1] help {}\n",
        commands.join(" ")
    );
    let mut out = script
        .replace(&strict, &patient)
        .replace("    if set -q argv[1]\n", &known);
    for sub in command.get_subcommands() {
        for argument in sub.get_positionals() {
            let values = argument.get_possible_values();
            let values: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
            if !values.is_empty() {
                out.push_str(&format!(
                    "complete -c {NAME} -n \"__fish_{NAME}_using_subcommand {}\" -f -a \"{}\"\n",
                    sub.get_name(),
                    values.join(" ")
                ));
            }
        }
    }
    out
}
