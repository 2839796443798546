"""What `synth demo` works on: a photo of real coins that a dependency ships, with our own labels."""
