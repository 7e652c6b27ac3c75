"""`votepipe cost`: what votes cost a month."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from votepipe.dev.commands import output_options
from votepipe.dev.cost import MILLION, PRICES, Cost, Prices, estimate
from votepipe.dev.cost.traffic import KINDS
from votepipe.project import Project


@click.command()
@click.option("--votes", type=click.IntRange(1), required=True, help="Votes a month.")
@click.option("--answers", type=click.IntRange(0), default=3, show_default=True,
              help="Writes of a vote after its first.")  # fmt: skip
@click.option("--sinks", help="Names with commas between; those on by default when not given.")
@click.option("--prices", type=click.Path(path_type=Path), default=PRICES, help="A file of prices.")
@output_options
def cost(votes: int, answers: int, sinks: str | None, prices: Path, as_json: bool) -> None:
    """Estimate what votes cost a month on AWS, by hop, from what the test kit counts."""
    on = [sink.name for sink in Project.read().sinks if sink.spec.enabled]
    chosen = sinks.split(",") if sinks else on
    priced = Prices.read(prices)
    found = estimate(chosen, answers, priced, votes)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
        return
    click.echo(f"{votes:,} votes a month of {answers + 1} writes; sinks {', '.join(chosen)}")
    click.echo(f"{priced.title}, without free tiers")
    for line in _lines(found, votes):
        click.echo(line)


def _lines(cost: Cost, votes: int) -> Iterator[str]:
    """By hop for a million votes, then by the month."""
    yield _row("USD for a million votes:", *(f"{kind} traffic" for kind in KINDS))
    for hop in sorted(cost.hops, key=_order):
        yield _row(f"  {hop}", *cost.hops[hop].values())
    yield _row("  together", *map(cost.total, KINDS))
    yield _row("  the origin's shape", cost.origin)
    yield "USD a month:"
    yield _row(f"  {votes:,} votes", *(cost.total(kind) * votes / MILLION for kind in KINDS))
    yield from (_row(f"  {name}", usd) for name, usd in cost.idle.items())
    yield _row("  idle, together", sum(cost.idle.values()))
    yield "beside it, in USD:"
    yield from (_row(f"  {name}", usd) for name, usd in cost.beside.items())


def _row(name: str, *figures: float | str) -> str:
    texts = (each if isinstance(each, str) else f"{each:.2f}" for each in figures)
    return f"{name:<52}" + "".join(f"{text:>16}" for text in texts)


def _order(hop: str) -> tuple[bool, str]:
    """What every vote passes first, then by sink."""
    return hop.split()[0] not in ("votes", "pipe", "enrichment", "bus"), hop
