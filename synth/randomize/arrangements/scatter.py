"""Everything where it happens to fall: beside a neighbour, in touch with it, or across it where it is flat."""

__all__ = ["scatter"]

from collections.abc import Sequence

from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import Piece
from synth.randomize.resting import Site


@ARRANGEMENTS.register("scatter")
def scatter(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """One after the other; what finds no room is left out."""
    for piece in pieces:
        site.put(site.lay(piece))
    return ()
