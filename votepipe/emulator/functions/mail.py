"""SES as boto3 sees it: each mail is a message of the sink that sent it."""

import re
from collections.abc import Callable
from typing import Any

from votepipe.emulator.cloudformation.resources import ACCOUNT, REGION
from votepipe.emulator.functions.calls import Need, Operations, Parameters, Refused
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.emulator.simulation.simulation import Simulation

Posted = Callable[[Request], Answer]

_BUSY = {429: "TooManyRequestsException", 400: "BadRequestException"}


class Mail:
    """Takes mails; `posted` gets each as a request, and returns the receiver's answer."""

    def __init__(self, simulation: Simulation, sink: Callable[[], str], posted: Posted) -> None:
        self._simulation = simulation
        self._sink = sink
        self._posted = posted
        self.operations: Operations = {"SendEmail": self._send}

    def touches(self, operation: str, parameters: Parameters) -> list[Need]:
        """The action, and what it needs: the sender's identity and the configuration set.

        The identity is that of the address or of its domain.
        """
        place = f"arn:aws:ses:{REGION}:{ACCOUNT}"
        address = _address(parameters["FromEmailAddress"])
        context = (("ses:FromAddress", address),)
        of_domain = f"{place}:identity/{address.rpartition('@')[2]}"
        needed = [Need(f"ses:{operation}", f"{place}:identity/{address}", of_domain, context)]
        if name := parameters.get("ConfigurationSetName"):
            arn = f"{place}:configuration-set/{name}"
            needed.append(Need(f"ses:{operation}", arn, context=context))
        return needed

    def _send(self, given: Parameters) -> dict[str, Any]:
        headers, text = self._read(given)
        for recipient in given.get("Destination", {}).get("ToAddresses", []):
            _address(recipient)
        request = Request(
            method="MAIL",
            path=f"/{self._sink()}",
            headers={name.lower(): value for name, value in headers.items()},
            content=text.encode(),
        )
        answer = self._posted(request)
        if answer.missing or not 200 <= answer.status < 300:
            code = _BUSY.get(answer.status, "InternalServiceErrorException")
            raise Refused(code, "The mail was refused.", answer.status)
        return {"MessageId": self._simulation.random.uuid()}

    def _read(self, given: Parameters) -> tuple[dict[str, str], str]:
        """The headers and the text of a mail that SES is to build."""
        simple = given["Content"].get("Simple")
        if simple is None:
            raise self._simulation.refuse(
                f"The kit does not model mails of the form '{', '.join(given['Content'])}'. "
                "Send 'Simple' content."
            )
        headers = {
            "From": given["FromEmailAddress"],
            "To": ", ".join(given.get("Destination", {}).get("ToAddresses", [])),
            "Subject": simple["Subject"]["Data"],
            **{each["Name"]: each["Value"] for each in simple.get("Headers", ())},
        }
        body = simple["Body"]
        return headers, str(body.get("Text", body.get("Html", {})).get("Data", ""))


def _address(written: str) -> str:
    """The address in a text such as `Votes <votes@example.com>`, its domain in lower case.

    SES takes one, in ASCII.
    """
    found = re.fullmatch(r"(?:[^<>]*<)?([^\s@,;<>\"]+)@([a-zA-Z0-9.-]+)>?", written)
    if found is None or not written.isascii():
        raise Refused("BadRequestException", "Missing final '@domain'")
    return f"{found[1]}@{found[2].lower()}"
