"""``/swarmd/rebalance``: a plan first, then the moves, told as lines of JSON."""

from __future__ import annotations

from swarmd.api.operators.progress_lines import progress_lines
from swarmd.api.routing.resource import Noun, Route
from swarmd.core.errors import BadParameter
from swarmd.front.request import DockerRequest
from swarmd.manager.rebalancing.plan import USUAL
from swarmd.manager.rebalancing.rebalance import Rebalancer


class Rebalances(Noun):
    """The routes ``POST /swarmd/rebalance/plan?most=N`` and ``POST /swarmd/rebalance?plan=ID``."""

    def __init__(self, rebalancer: Rebalancer) -> None:
        super().__init__()
        self._rebalancer = rebalancer
        self.add("plan", POST=self.plan)

    def render(self, request: DockerRequest) -> int:
        """``/swarmd/rebalance`` itself."""
        return Route({b"POST": self.run}).render(request)

    async def plan(self, request: DockerRequest) -> None:
        """What would be moved; nothing is."""
        most = request.arg("most") or str(USUAL)
        if not (most.isascii() and most.isdigit() and len(most) < 6):
            raise BadParameter(f"most={most} is not a number of moves")
        request.reply_json(200, await self._rebalancer.plan(int(most)))

    def run(self, request: DockerRequest) -> None:
        """Reports as lines of JSON; who leaves ends it behind the group under way."""
        plan_id = request.arg("plan")
        if not plan_id:
            raise BadParameter("which plan? ?plan=ID, as POST /swarmd/rebalance/plan gave it")
        rebalance = self._rebalancer.run(plan_id)
        write = progress_lines(request)
        request.on_gone(rebalance.stop)
        rebalance.follow(write)
