"""What every HTML page of ours is made by: Jinja that escapes, and one look (`templates/base.css.j2`).

A page is a file that needs no network. `train`'s reports and `synth inspect` have their own templates beside this one.
"""

__all__ = ["page_environment"]

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def page_environment(*packages: str, templates: str = "templates") -> Environment:
    """Templates of the packages, the first that has one, and then the look that all pages share.

    Args:
        packages: By their import names.
        templates: Their folder in each.
    """
    own = [PackageLoader(package, templates) for package in packages]
    return Environment(
        loader=ChoiceLoader([*own, PackageLoader("synth.report")]),
        # File names and labels may hold anything, a tag too.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
