"""The subscriber kit on the local AWS, in the account of each subscriber that has a bus."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from votepipe.dev.local import sam
from votepipe.dev.local.ministack import REGION, MiniStack
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.project.subscribers import Subscriber

KIT = Path("examples/subscriber")  # below the checkout


def with_a_bus(
    subscribers: Iterable[Subscriber], say: Callable[[str], None]
) -> Iterator[Subscriber]:
    """The subscribers whose bus the local AWS can have; `say` names those that are left out."""
    buses: dict[str | None, str] = {}
    for each in subscribers:
        if each.bus is None:
            continue
        if each.region != REGION:
            say(f"  Left out '{each.name}': its bus is in {each.region}, and all here in {REGION}.")
        elif buses.setdefault(each.account, each.bus) != each.bus:
            say(f"  Left out '{each.name}': here, its account has the bus of another subscriber.")
        else:
            yield each


def deploy(subscriber: Subscriber, ministack: MiniStack, folder: Path, root: Path) -> Deployment:
    """Deploy the kit of the checkout at `root` to a subscriber's account.

    How it went is below `folder`.
    """
    account, bus = str(subscriber.account), str(subscriber.bus)
    kit, folder, env = root / KIT, folder / account, ministack.environment(account)
    found = Deployment(sam.stack_name("local", kit), LocalSession(ministack.endpoint, account))
    values = sam.parameters("local", kit) | {"BusName": bus.rpartition("event-bus/")[2]}
    sam.deploy(found, sam.build(folder, env, kit), folder, env, values, kit)
    return found
