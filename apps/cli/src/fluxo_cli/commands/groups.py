"""Groups of commands that other files add to."""

import typer

entries_app = typer.Typer(
    no_args_is_help=True,
    help="Record, read and move entries; or run one process of the entries service.",
)
balances_app = typer.Typer(
    no_args_is_help=True,
    help="Read daily balances; or run one process of the balances service.",
)
dead_letters_app = typer.Typer(no_args_is_help=True, help="Events that could not be applied: look, mend, redrive.")
api_keys_app = typer.Typer(no_args_is_help=True, help="Keys for machines: make, list and revoke them.")
day_closes_app = typer.Typer(no_args_is_help=True, help="Days in which nothing is recorded any more: close, reopen.")
GROUPS = {
    "entries": entries_app,
    "balances": balances_app,
    "dead-letters": dead_letters_app,
    "api-keys": api_keys_app,
    "day-closes": day_closes_app,
}
