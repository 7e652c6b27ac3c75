"""votepipe/dev/console/receiver.py"""

import json
from typing import Any

import pytest
import requests
from conftest_types import Console

from votepipe.dev.console.receiver import slack_objection
