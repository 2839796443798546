"""Things that hang in free space, turned any way: seen before a picture, with no plane under them."""

__all__ = ["air"]

from collections.abc import Sequence

from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import Piece
from synth.randomize.resting import Site


@ARRANGEMENTS.register("air")
def air(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """All of them; what lies `face_up` only leans, for its back doesn't show what it is."""
    site.draft.in_space = True
    # A camera above any of them is then above all, and sees no face from behind.
    level = any(piece.asset.pose == "face_up" for piece in pieces)
    for piece in pieces:
        site.hang(piece, level=level)
    return ()
