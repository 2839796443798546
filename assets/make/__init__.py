"""The code that makes every model in `assets/meshes`: run `python -m assets.make` in the repository's root.

What flows in is nothing but names (each name is its own seed); what flows out is GLB and `assets.toml`, the same
bytes every time.

Frame: metres, right-handed, **z up**, and flat things lie in the XY plane with their face towards +Z. glTF would
have y up; these files are meant to be read raw, as `trimesh.load` reads them, with no conversion of axes. (A glTF
viewer therefore shows them tipped over by a quarter turn.)
"""
