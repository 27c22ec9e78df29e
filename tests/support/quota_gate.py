"""An API that allows so many requests, as one vendor counts them."""

from dataclasses import dataclass, field

from pierre_mcp.testing import FakeClock, FakeRequest, Reply


@dataclass(slots=True)
class Gate:
    """An API with aligned windows, as one vendor has them; refusals say no time to come back."""

    clock: FakeClock
    limits: tuple[tuple[int, int], ...] = ((900, 100), (86_400, 1000))
    tells: bool = True
    used: dict[tuple[int, int], int] = field(default_factory=dict)
    refused: int = 0

    async def __call__(self, _: FakeRequest) -> Reply:
        now = int(self.clock().timestamp())
        counts = []
        for seconds, _limit in self.limits:
            key = (seconds, now // seconds)
            self.used[key] = self.used.get(key, 0) + 1
            counts.append(self.used[key])
        headers = {}
        if self.tells:
            headers = {
                "X-RateLimit-Limit": ",".join(str(limit) for _, limit in self.limits),
                "X-RateLimit-Usage": ",".join(map(str, counts)),
            }
        if any(count > limit for count, (_, limit) in zip(counts, self.limits, strict=True)):
            self.refused += 1
            return 429, {"message": "Rate Limit Exceeded"}, headers
        return 200, {"rows": sum(counts)}, headers
