"""The contract of plugins: the same hostile text for each, and for sinks the same failures.

In a test of your own:

    @pytest.mark.parametrize("case", cases(Path("sinks/chat.py")), ids=str)
    def test_it_keeps_the_contract(case):
        assert not case.run().problems

`votepipe check sinks/chat.py` shows the same as a table.
"""

from votepipe.testing.contract.cases import Case, Result, cases

__all__ = ["Case", "Result", "cases"]
