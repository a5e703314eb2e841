"""Shares of few observations, drawn towards what is known of everyone."""

import msgspec


class Share(msgspec.Struct, frozen=True):
    """How often something was observed in all, of one user; what is to be expected by everyone else; and how strongly.

    `strength` is how many observations the expectation is worth.
    """

    count: float
    total: float
    expected: float
    strength: float

    @property
    def shrunk(self) -> float:
        """The mean of the share once the counts are known, `(count + strength * expected) / (total + strength)`.

        That of a Dirichlet prior about multinomial counts; for two outcomes, of a beta prior about binomial ones
        (Gelman et al., Bayesian Data Analysis, 3rd edition, sections 2.4 and 3.4).
        """
        return (self.count + self.strength * self.expected) / (self.total + self.strength)
